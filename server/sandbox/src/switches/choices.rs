//! The switches that have more than two positions.

use serde::{Deserialize, Serialize};

/// Which of PagerDuty's two kinds of app the seeded one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// Scopes such as `services.read`; secret and PKCE both required.
    Scoped,
    /// Scopes `read` and `write`; PKCE optional.
    Classic,
}

/// Whether a redirect URL must be the registered one to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedirectMatching {
    /// Byte for byte.
    Exact,
    /// A loopback URL may differ in its port (RFC 8252 §7.3).
    LoopbackAnyPort,
}

/// The issuer that discovery, the callback and the id_token name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Issuer {
    /// The sandbox's own address followed by `/global/oauth/anonymous`.
    Own,
    /// `https://app.pagerduty.com/global/oauth/anonymous`, as real tokens carry.
    App,
    /// `https://identity.pagerduty.com/global/oauth/anonymous`, as PagerDuty's page says.
    Identity,
}

/// What a Scoped app gets that sends no `code_challenge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingPkce {
    /// A redirect with `error=invalid_request` (RFC 7636 §4.4.1).
    InvalidRequest,
    /// Nothing: an app registered before PKCE was demanded.
    Allowed,
}

/// What is granted when `scope` is left out of the authorize request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OmittedScope {
    /// All scopes configured on the app.
    AllConfigured,
    /// `openid` alone.
    OpenidOnly,
    /// A redirect with `error=invalid_scope` (RFC 6749 §3.3).
    InvalidScope,
}

/// Whether an admin has installed the app in the account that somebody signs in to, as a public Scoped app needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Installed {
    Yes,
    /// No: after sign-in, a redirect with `error=unauthorized_client` (RFC 6749 §4.1.2.1).
    UnauthorizedClient,
    /// No: a redirect with `error=access_denied`, whose description says why.
    AccessDenied,
    /// No: a page that says so, and no redirect.
    Page,
}

/// What is granted when some of the scopes asked for are not configured on the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MixedScopes {
    /// Those that are, and `openid`.
    Intersection,
    /// `openid` alone.
    OpenidOnly,
}

/// The `iss` parameter of a successful callback (RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssOnCallback {
    Normal,
    Absent,
    /// The right value, twice.
    Duplicated,
    Literal(String),
}

/// The `state` parameter of a successful callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateOnCallback {
    Normal,
    Absent,
    Literal(String),
}

/// What becomes of a refresh token that has been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// It is dead at once.
    Strict,
    /// It may be used again for so many seconds.
    Grace(u64),
    /// It is dead, and using it again revokes every refresh token of the same consent (RFC 9700 §4.14.2). Access
    /// tokens live on until they end.
    ReuseRevokesFamily,
}

/// What the `sub` claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    UserId,
    Email,
}

/// One way to spoil every id_token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    None,
    /// `alg: none` and no signature.
    AlgNone,
    /// Signed by HMAC with the public key (PEM) as the secret.
    Hs256WithPublicKey,
    /// Rightly signed, but the `kid` is in no JWKS.
    WrongKid,
    BadSignature,
    /// `https://issuer.example/oauth`.
    WrongIssuer,
    /// Only the API in `aud`.
    AudWithoutClient,
    /// `https://api.elsewhere.example` instead of the API, beside the client.
    AudForeignApi,
    /// Expired an hour ago.
    Expired,
    /// Valid from an hour ahead.
    NotYetValid,
    WrongNonce,
    /// Another client in `azp`.
    WrongAzp,
    /// Neither `user_id` nor `sub`.
    NoUserId,
    /// Not a JWT at all.
    Garbage,
    /// No `id_token` in the answer.
    Missing,
}

/// How far revoking one token reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReach {
    /// A refresh token takes everything of its consent with it, an access token only itself.
    RefreshReachesFamily,
    OnlyTheToken,
    /// Either takes everything of its consent with it.
    AlwaysFamily,
}

/// The body of a 401 from the REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnauthorizedBody {
    /// Code 2006, “Authentication failed”.
    Json,
    /// Nothing, as `text/html`.
    EmptyHtml,
}

/// What becomes of a `limit` that is too high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitOver100 {
    /// It counts as 100.
    Clamp,
    /// The request is refused (400).
    Refuse,
}
