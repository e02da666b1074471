//! What can go wrong for an app that connects its users.

use std::time::Duration;

use pagerduty::{Region, Scopes};

use crate::{Deleted, LocalPath, Reason, Trouble, VaultError, link::LinkRefused};

/// Why connecting, reading or disconnecting did not work.
///
/// For the person behind the browser, each variant is a different page; for the
/// operator, [`Error::is_operators`] tells whose turn it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The callback came without what it needs, with a parameter twice, or too long.
    #[error("the callback is malformed: {0}")]
    Malformed(&'static str),
    /// Nobody started this attempt in this browser (RFC 6749 §10.12).
    #[error("the callback does not belong to an attempt of this browser")]
    StateMismatch,
    /// Another user of the host application began the attempt.
    #[error("the attempt was begun by another user")]
    OtherUser,
    /// The link by which somebody was to be connected does not work.
    #[error("the link does not work: {0:?}")]
    Link(LinkRefused),
    /// The attempt of somebody who came by a link failed; the application that made the link is to hear it.
    #[error("the attempt of a link failed: {why}")]
    Returned {
        /// Where to send them, with [`Error::code`] as `error`.
        to: LocalPath,
        /// Why it failed.
        why: Box<Self>,
    },
    /// The attempt was started too long ago.
    #[error("the attempt is older than ten minutes")]
    Expired,
    /// The attempt was used before.
    #[error("the attempt was used before")]
    AlreadyUsed,
    /// The callback names another authorization server, or none (RFC 9207 §2.4).
    #[error("the callback names another issuer")]
    WrongIssuer,
    /// The person pressed Cancel.
    #[error("consent was denied")]
    Denied {
        /// PagerDuty's own words.
        said: Option<String>,
    },
    /// PagerDuty ended the attempt with another error (RFC 6749 §4.1.2.1).
    #[error("PagerDuty refused the authorization: {error}")]
    Refused {
        /// The error code.
        error: String,
        /// PagerDuty's own words.
        said: Option<String>,
    },
    /// The app is not installed in the person's account: a public Scoped app works there only once an admin has.
    #[error("the app is not installed in this PagerDuty account")]
    NotInstalled {
        /// PagerDuty's own words.
        said: Option<String>,
    },
    /// The token is good, but the API host of the account's region does not take it; the other region's does.
    #[error("the API of the other region takes the token: {}", right.name())]
    WrongRegion {
        /// Whose API host takes it.
        right: Region,
    },
    /// PagerDuty did not take the code: too late, or used.
    #[error("PagerDuty did not take the code")]
    CodeRefused,
    /// PagerDuty does not know this app's id or secret.
    #[error("PagerDuty does not accept this app's client id and secret")]
    Misconfigured,
    /// The grant lacks a scope without which nothing works.
    #[error("PagerDuty did not grant {missing}")]
    MissingScopes {
        /// What is lacking.
        missing: Scopes,
    },
    /// PagerDuty refused the person's own data though the scope is there.
    #[error("PagerDuty does not let this person use the API")]
    NoPermission,
    /// PagerDuty could not be reached, or is in trouble.
    #[error("PagerDuty does not answer as it should: {0}")]
    PagerDuty(#[source] pagerduty::Error),
    /// The ID token did not pass.
    #[error("PagerDuty's statement of who signed in did not pass: {0}")]
    IdToken(pagerduty::IdTokenError),
    /// Everybody would have been meant.
    #[error("a filter that means everybody deletes nobody; say whose connections shall go")]
    EmptyFilter,
    /// Of all that were to be disconnected, some are; the others are as they were.
    #[error("{} are disconnected, and of {} of them PagerDuty has not heard yet; then {why}: the others are as they were", done.deleted, done.not_revoked)]
    Unfinished {
        /// What became of those that are.
        done: Deleted,
        /// What came in between.
        why: Box<Self>,
    },
    /// There is no connection of this person.
    #[error("there is no connection")]
    NotConnected,
    /// The connection has ended; only the person can mend it, by connecting again.
    #[error("the connection has ended ({})", .0.code())]
    NeedsReconnect(Reason),
    /// New tokens are needed and could not be fetched; nothing is lost, later they may be.
    #[error("new tokens cannot be fetched now ({}); try again in {} s", trouble.code(), wait.as_secs())]
    Later {
        /// What is in the way.
        trouble: Trouble,
        /// When it is worth trying again.
        wait: Duration,
    },
    /// PagerDuty's API answered with an error.
    #[error("PagerDuty's API: {0}")]
    Api(#[source] pagerduty::Error),
    /// What is stored about this person does not open: it was altered, moved or put back.
    #[error("what is stored does not open: it was altered, moved or put back")]
    Tampered,
    /// The database or the key. The cause is in the log.
    #[error("the vault does not answer")]
    Vault,
    /// The task that did the work was stopped half-way.
    #[error("the work was stopped half-way")]
    Stopped,
}

impl Error {
    /// The one finding about the set-up that comes by way of the browser: whoever visits can make it up.
    pub(crate) const NOT_INSTALLED: &str = "not-installed";

    /// A short, stable word: for logs, tests and pages.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::StateMismatch => "state-mismatch",
            Self::OtherUser => "other-user",
            Self::Link(LinkRefused::Unknown) => "link-unknown",
            Self::Link(LinkRefused::Expired) => "link-expired",
            Self::Link(LinkRefused::Used) => "link-used",
            Self::Returned { why, .. } => why.code(),
            Self::Expired => "expired",
            Self::AlreadyUsed => "already-used",
            Self::WrongIssuer => "wrong-issuer",
            Self::Denied { .. } => "denied",
            Self::Refused { .. } => "refused",
            Self::NotInstalled { .. } => Self::NOT_INSTALLED,
            Self::WrongRegion { .. } => "wrong-region",
            Self::CodeRefused => "code-refused",
            Self::Misconfigured => "misconfigured",
            Self::MissingScopes { .. } => "missing-permission",
            Self::NoPermission => "no-permission",
            Self::PagerDuty(_) => "pagerduty-down",
            Self::IdToken(_) => "identity-refused",
            Self::EmptyFilter => "empty-filter",
            Self::Unfinished { .. } => "unfinished",
            Self::NotConnected => "signed-out",
            Self::NeedsReconnect(reason) => reason.code(),
            Self::Later { .. } => "later",
            Self::Api(_) => "api",
            Self::Tampered => "reconnect",
            Self::Vault | Self::Stopped => "unavailable",
        }
    }

    /// Whether only the operator can mend it.
    pub fn is_operators(&self) -> bool {
        match self {
            Self::Returned { why, .. } | Self::Unfinished { why, .. } => why.is_operators(),
            _ => matches!(self, Self::Misconfigured | Self::WrongRegion { .. } | Self::Vault),
        }
    }

    /// Whether it lies in how the app is set up, here or at PagerDuty: nobody can sign in until that is mended. With
    /// what is lacking or wrong.
    pub(crate) fn of_setup(&self) -> Option<String> {
        match self {
            Self::Returned { why, .. } => why.of_setup(),
            Self::Misconfigured | Self::NotInstalled { .. } => Some(String::new()),
            Self::MissingScopes { missing } => Some(missing.to_string()),
            Self::WrongRegion { right } => Some(right.code().to_owned()),
            _ => None,
        }
    }

    /// Whether the way on is to connect again.
    pub fn is_reconnect_required(&self) -> bool {
        matches!(self, Self::NotConnected | Self::NeedsReconnect(_) | Self::Tampered)
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        if matches!(error, VaultError::Unsealable) {
            tracing::error!(target: "security", event = "vault.refused", cause = %error);
            return Self::Tampered;
        }
        tracing::error!(event = "vault.failed", cause = %error);
        Self::Vault
    }
}

/// Sorts an error of the exchange into what it means for the person.
pub(crate) fn of_exchange(error: pagerduty::Error) -> Error {
    match error {
        pagerduty::Error::IdToken(why) => Error::IdToken(why),
        e if e.is_invalid_client() => Error::Misconfigured,
        e if e.is_invalid_grant() => Error::CodeRefused,
        e => Error::PagerDuty(e),
    }
}

/// Sorts an error that PagerDuty sent the browser back with (RFC 6749 §4.1.2.1). That an app is not installed is
/// documented in words only: it is known by `unauthorized_client`, or by what is said.
pub(crate) fn of_authorize(error: String, said: Option<String>) -> Error {
    let speaks_of_installing = said.as_deref().is_some_and(|it| it.to_lowercase().contains("install"));
    match &*error {
        "unauthorized_client" => Error::NotInstalled { said },
        "access_denied" if speaks_of_installing => Error::NotInstalled { said },
        "access_denied" => Error::Denied { said },
        _ => Error::Refused { error, said },
    }
}

/// Sorts an error of the first API call.
pub(crate) fn of_api(error: pagerduty::Error) -> Error {
    match error {
        pagerduty::Error::MissingScope { required } => {
            Error::MissingScopes { missing: Scopes::parse(&required) }
        }
        pagerduty::Error::WrongRegion { right } => Error::WrongRegion { right },
        pagerduty::Error::Unauthorized | pagerduty::Error::Status { status: 402 | 403, .. } => {
            Error::NoPermission
        }
        e => Error::PagerDuty(e),
    }
}
