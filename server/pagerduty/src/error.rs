//! What can go wrong between this program and PagerDuty, for programmers.

use std::time::Duration;

/// An error of a call to PagerDuty. Carries no URL, token or answer body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer: connection refused, reset, or over the time limit.
    #[error("PagerDuty could not be reached: {why}")]
    Unreachable {
        /// What happened.
        why: String,
        /// Whether PagerDuty may have got the request, and acted on it.
        sent: bool,
    },
    /// The answer passed the size limit.
    #[error("PagerDuty's answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// PagerDuty's endpoints never redirect; something else answered.
    #[error("PagerDuty's address answered with a redirect ({0}), which is never followed")]
    Redirected(u16),
    /// An OAuth error answer (RFC 6749 §5.2).
    #[error("PagerDuty refused: {error} (status {status})")]
    OAuth {
        /// HTTP status.
        status: u16,
        /// The error code: `invalid_grant`, `invalid_client` …
        error: String,
        /// What PagerDuty adds in words; at most 200 printable characters.
        description: Option<String>,
    },
    /// The call was refused because the token lacks a scope.
    #[error("the token lacks the scope “{required}”")]
    MissingScope {
        /// What the call needs, space separated.
        required: String,
    },
    /// The token is unknown, expired or revoked, or of the other region.
    #[error("PagerDuty does not accept the token (401)")]
    Unauthorized,
    /// Too many requests.
    #[error("PagerDuty asks to slow down (429)")]
    RateLimited {
        /// How long PagerDuty asks to wait, where it says.
        wait: Option<Duration>,
    },
    /// Any other status.
    #[error("PagerDuty answered {status}: {message}")]
    Status {
        /// HTTP status.
        status: u16,
        /// PagerDuty's own error code, where given.
        code: Option<u32>,
        /// PagerDuty's message; at most 200 printable characters.
        message: String,
    },
    /// A 200 that does not read as what was asked for.
    #[error("PagerDuty's answer could not be read: {0}")]
    Unreadable(String),
    /// The ID token failed a check.
    #[error(transparent)]
    IdToken(#[from] crate::id_token::IdTokenError),
    /// The program was set up with something that is not an address.
    #[error("not a usable address: {0}")]
    Address(String),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not start: {0}")]
    Setup(String),
}

impl Error {
    /// Whether trying again later may help, with nothing changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::TooLarge { .. }
            | Self::Redirected(_) => true,
            Self::Unreadable(_) => true,
            Self::Status { status, .. } | Self::OAuth { status, .. } => *status >= 500 || *status == 408,
            _ => false,
        }
    }

    /// Whether PagerDuty may have done what it was asked to, although the answer
    /// is not one: it was lost on the way, or cannot be read.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::Unreachable { sent, .. } => *sent,
            Self::TooLarge { .. } | Self::Unreadable(_) => true,
            Self::Status { status, .. } | Self::OAuth { status, .. } => *status >= 500 && *status != 503,
            _ => false,
        }
    }

    /// Whether PagerDuty does not know this app's id and secret: the operator's to mend.
    pub fn is_invalid_client(&self) -> bool {
        matches!(self, Self::OAuth { error, .. } if error == "invalid_client" || error == "unauthorized_client")
    }

    /// Whether the code or refresh token is spent, expired or revoked.
    pub fn is_invalid_grant(&self) -> bool {
        matches!(self, Self::OAuth { error, .. } if error == "invalid_grant")
    }
}

/// At most 200 printable characters of what somebody else wrote.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
