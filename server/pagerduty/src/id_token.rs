//! Checking PagerDuty's signed statement of who signed in (OpenID Connect Core §3.1.3.7).

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde::Deserialize;
use tokio::sync::RwLock;

use crate::{
    Endpoints, Error, IdToken, Region,
    http::{Http, MAX_TOKEN_BYTES, TOKEN_TIMEOUT},
    observe::span,
};

/// Where the identity host publishes its keys.
pub(crate) const KEYS: &str = "/global/oauth/anonymous/jwks";

/// How far two clocks may differ.
const LEEWAY: Duration = Duration::from_secs(60);
/// A key that PagerDuty has withdrawn is believed for no longer than this.
const KEYS_FOR_SECS: i64 = 24 * 3600;

/// Who signed in, as PagerDuty's signature vouches for it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The account's id. With `user_id`, the only key a person is known by:
    /// an e-mail address can change hands.
    pub account_id: String,
    /// The person's id in that account.
    pub user_id: String,
    /// `acme` of `acme.pagerduty.com`.
    pub subdomain: String,
    /// Where the account lives, read from the signed audience.
    pub region: Region,
    /// PagerDuty's name for the consent this grant stands on, where it says one.
    pub delegation_id: Option<String>,
}

/// Why an ID token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// The token answer had none.
    #[error("PagerDuty sent no ID token")]
    Missing,
    /// Not a JWT, or its claims do not read.
    #[error("the ID token cannot be read")]
    Malformed,
    /// Not RS256: `none` and symmetric algorithms are refused.
    #[error("the ID token is signed with an algorithm that is not accepted")]
    Algorithm,
    /// Signed with a key PagerDuty does not publish.
    #[error("the ID token's key is unknown")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the ID token's signature does not fit")]
    Signature,
    /// Issued by somebody else.
    #[error("the ID token names another issuer")]
    Issuer,
    /// Made for another app, or for no PagerDuty region.
    #[error("the ID token is meant for somebody else")]
    Audience,
    /// Expired, or not valid yet.
    #[error("the ID token is out of date")]
    Time,
    /// Belongs to another sign-in.
    #[error("the ID token belongs to another sign-in")]
    Nonce,
}

/// Checks ID tokens against the keys PagerDuty publishes.
#[derive(Debug)]
pub struct IdTokens {
    http: Http,
    keys_url: String,
    issuers: [String; 3],
    client_id: String,
    keys: RwLock<Published>,
}

/// PagerDuty's keys, as they were published last.
#[derive(Debug)]
struct Published {
    keys: JwkSet,
    /// In Unix seconds, by the caller's clock.
    read_at: i64,
}

#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    azp: Option<String>,
    account_id: String,
    user_id: String,
    #[serde(default)]
    subdomain: String,
    #[serde(default)]
    delegation_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

impl IdTokens {
    /// Keys come from the identity host, and from nowhere else.
    pub fn new(http: Http, endpoints: &Endpoints, client_id: &str) -> Self {
        Self {
            http,
            keys_url: endpoints.at_identity(KEYS),
            issuers: endpoints.issuers(),
            client_id: client_id.to_owned(),
            keys: RwLock::new(Published { keys: JwkSet { keys: Vec::new() }, read_at: 0 }),
        }
    }

    /// Whether `issuer` is one a token or a callback may name.
    pub fn knows_issuer(&self, issuer: &str) -> bool {
        self.issuers.iter().any(|known| known == issuer)
    }

    /// Checks signature, issuer, audience, times (in Unix seconds) and nonce, in this order.
    pub async fn verify(&self, token: &IdToken, nonce: &str, now: i64) -> Result<Identity, Error> {
        let header = jsonwebtoken::decode_header(token.expose()).map_err(|_| IdTokenError::Malformed)?;
        if header.alg != Algorithm::RS256 {
            return Err(IdTokenError::Algorithm.into());
        }
        let key = self.key(header.kid.as_deref().unwrap_or_default(), now).await?;

        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&self.issuers);
        rules.set_audience(&[&self.client_id]);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        // Times are checked below, by the caller's clock.
        rules.validate_exp = false;
        let claims: Claims =
            jsonwebtoken::decode(token.expose(), &key, &rules).map_err(|e| refusal(&e))?.claims;

        let leeway = LEEWAY.as_secs() as i64;
        if claims.exp < now - leeway || claims.nbf.is_some_and(|nbf| nbf > now + leeway) {
            return Err(IdTokenError::Time.into());
        }
        // PagerDuty is not known to repeat the nonce; where it does, it must be ours.
        // PKCE binds the code to this sign-in either way.
        if claims.nonce.is_some_and(|n| n != nonce) {
            return Err(IdTokenError::Nonce.into());
        }
        if claims.azp.is_some_and(|azp| azp != self.client_id) {
            return Err(IdTokenError::Audience.into());
        }
        let mut regions = claims.aud.iter().filter_map(Region::from_audience);
        let (Some(region), None) = (regions.next(), regions.next()) else {
            return Err(IdTokenError::Audience.into());
        };
        Ok(Identity {
            account_id: claims.account_id,
            user_id: claims.user_id,
            subdomain: claims.subdomain,
            region,
            delegation_id: claims.delegation_id,
        })
    }

    /// The key of that id. PagerDuty may change its keys at any time: an unknown
    /// id is looked up once more before it is refused.
    async fn key(&self, kid: &str, now: i64) -> Result<DecodingKey, Error> {
        let known = self.keys.read().await;
        if let Some(jwk) = known.keys.find(kid).filter(|_| now - known.read_at < KEYS_FOR_SECS) {
            return DecodingKey::from_jwk(jwk).map_err(|_| IdTokenError::UnknownKey.into());
        }
        drop(known);
        let (span, request) = (span("GET", KEYS, None), self.http.get(&self.keys_url));
        let answer = self.http.send(span, request, TOKEN_TIMEOUT, MAX_TOKEN_BYTES).await?;
        if !answer.status.is_success() {
            return Err(crate::api::status_error(&answer));
        }
        let fresh: JwkSet = serde_json::from_slice(&answer.body)
            .map_err(|_| Error::Unreadable("PagerDuty's published keys".into()))?;
        let key = fresh.find(kid).and_then(|jwk| DecodingKey::from_jwk(jwk).ok());
        *self.keys.write().await = Published { keys: fresh, read_at: now };
        key.ok_or_else(|| IdTokenError::UnknownKey.into())
    }
}

fn refusal(error: &jsonwebtoken::errors::Error) -> IdTokenError {
    use jsonwebtoken::errors::ErrorKind as K;
    match error.kind() {
        K::InvalidIssuer => IdTokenError::Issuer,
        K::InvalidAudience => IdTokenError::Audience,
        K::InvalidSignature => IdTokenError::Signature,
        K::InvalidAlgorithm => IdTokenError::Algorithm,
        _ => IdTokenError::Malformed,
    }
}
