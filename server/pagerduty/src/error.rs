//! What can go wrong between this program and PagerDuty, for programmers.

use std::time::Duration;

use crate::Region;

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
        /// What the call needs, space separated; empty where nobody can tell.
        required: String,
    },
    /// The token is unknown, expired or revoked, or of the other region.
    #[error("PagerDuty does not accept the token (401)")]
    Unauthorized,
    /// Too many requests.
    #[error("PagerDuty asks to slow down (429)")]
    RateLimited {
        /// How long nothing will go out: what PagerDuty asks for, within the bounds of [`crate::rate`]. Of a token
        /// endpoint, what it asks for, where it says.
        wait: Option<Duration>,
    },
    /// The token is good, but for the account's other region.
    #[error("the token belongs to the service region {}", right.name())]
    WrongRegion {
        /// Where it is accepted.
        right: Region,
    },
    /// A list goes on where PagerDuty does not: it can be narrowed, by a date, a name or a team.
    #[error("PagerDuty lists no more than the first {reachable}: narrow the search")]
    BeyondReach {
        /// How many can be listed.
        reachable: u64,
    },
    /// More at once than PagerDuty changes; nothing was sent.
    #[error("at most {most} can be changed at once")]
    TooMany {
        /// How many can be.
        most: usize,
    },
    /// Any other status; see [`Error::is_permission`], [`Error::is_plan`], [`Error::is_not_found`],
    /// [`Error::invalid_input`].
    #[error("PagerDuty answered {status}: {message}{}", listed(details))]
    Status {
        /// HTTP status.
        status: u16,
        /// PagerDuty's own error code, where given.
        code: Option<u32>,
        /// PagerDuty's message; at most 200 printable characters.
        message: String,
        /// What is wrong in detail, a sentence each; at most 20 of them.
        details: Vec<String>,
        /// Whether the status says that nothing was done: a 503 of the token endpoint, and no other.
        nothing_done: bool,
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
    /// What kind it is, for a log: nothing of what PagerDuty or anybody else wrote.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::TooLarge { .. } => "too-large",
            Self::Redirected(_) => "redirected",
            Self::OAuth { .. } => "oauth",
            Self::MissingScope { .. } => "missing-scope",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited { .. } => "rate-limited",
            Self::WrongRegion { .. } => "wrong-region",
            Self::BeyondReach { .. } => "beyond-reach",
            Self::TooMany { .. } => "too-many",
            Self::Status { status: 500.., .. } => "status-5xx",
            Self::Status { .. } => "status-4xx",
            Self::Unreadable(_) => "unreadable",
            Self::IdToken(_) => "id-token",
            Self::Address(_) => "address",
            Self::Setup(_) => "setup",
        }
    }

    /// Whether trying again later may help, with nothing changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::RateLimited { .. }
            | Self::TooLarge { .. }
            | Self::Redirected(_) => true,
            Self::Unreadable(_) => true,
            Self::Status { .. } if self.is_locked() => true,
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
            Self::Status { nothing_done: true, .. } | Self::OAuth { status: 503, .. } => false,
            // How far a request got that took too long is not told, nor which machine on the way says so.
            Self::Status { status, .. } | Self::OAuth { status, .. } => *status >= 500 || *status == 408,
            _ => false,
        }
    }

    /// Whether the person's role does not allow it, however good the token.
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Status { status: 403, .. })
    }

    /// Whether the account's plan does not include it.
    pub fn is_plan(&self) -> bool {
        matches!(self, Self::Status { status: 402, .. })
    }

    /// Whether there is nothing of that name or id.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }

    /// What PagerDuty found wrong with what was sent, a sentence each.
    pub fn invalid_input(&self) -> Option<&[String]> {
        match self {
            Self::Status { status: 400 | 422, details, .. } => Some(details),
            _ => None,
        }
    }

    /// Whether an incident that was to be ended was over already.
    pub fn is_already_resolved(&self) -> bool {
        matches!(self, Self::Status { status: 400, code: Some(1001), .. })
    }

    /// Whether another write held PagerDuty's lock on the account: nothing was done, and the same may work at once.
    /// It comes as code 2001, like everything that will never work.
    pub fn is_locked(&self) -> bool {
        let locked = |text: &String| text.contains("could not be locked");
        matches!(self, Self::Status { status: 400, code: Some(2001), details, .. } if details.iter().any(locked))
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

fn listed(details: &[String]) -> String {
    if details.is_empty() { String::new() } else { format!(" ({})", details.join("; ")) }
}

/// At most 200 printable characters of what somebody else wrote.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, code: Option<u32>, detail: &str) -> Error {
        let (message, details) = ("No".to_owned(), vec![detail.to_owned()]);
        Error::Status { status, code, message, details, nothing_done: false }
    }

    #[test]
    fn what_may_have_been_done_is_told_from_what_was_not() {
        for (error, ambiguous) in [
            (status(500, None, ""), true),
            (status(502, None, ""), true),
            (status(503, None, ""), true),
            (status(408, Some(2016), ""), true),
            (status(408, None, ""), true),
            (status(400, Some(2001), "account could not be locked"), false),
            (Error::RateLimited { wait: None }, false),
            (Error::Unreachable { why: String::new(), sent: true }, true),
            (Error::Unreachable { why: String::new(), sent: false }, false),
        ] {
            assert_eq!(error.is_ambiguous(), ambiguous, "{error:?}");
            assert!(error.is_transient(), "{error:?}");
        }
        assert!(!status(400, Some(2001), "Name has already been taken").is_transient());
        assert!(!status(403, Some(2010), "").is_transient());
    }

    #[test]
    fn an_error_says_every_detail() {
        assert_eq!(
            status(400, Some(2001), "Name is taken").to_string(),
            "PagerDuty answered 400: No (Name is taken)"
        );
    }
}
