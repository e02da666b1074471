//! How a connection stands, and its clocks.

use pagerduty::Scopes;

use crate::About;

/// A connection, as a page shows it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Whose it is and what it may do.
    pub about: About,
    /// Whether it works.
    pub state: State,
    /// When what ends.
    pub times: Times,
    /// What went wrong at the last try to refresh, and when; none when it went well.
    pub trouble: Option<(Trouble, i64)>,
}

impl Connection {
    /// Whether only the person can mend it.
    pub fn is_broken(&self) -> bool {
        matches!(self.state, State::NeedsReconnect(_))
    }
}

/// Whether a connection works. One that was ended is not there at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It works.
    Connected,
    /// New tokens are being fetched at this moment.
    Refreshing,
    /// Only the person can mend it, by connecting again. What is left of the
    /// access token's life can still be used, but for [`Reason::Revoked`].
    NeedsReconnect(Reason),
}

/// Why a person must connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// PagerDuty no longer honours the grant: the person or an admin ended it there.
    Revoked,
    /// PagerDuty had replaced the refresh token, but its answer never came.
    ReplyLost,
    /// It was not used for as long as a refresh token lives.
    Idle,
    /// PagerDuty lets nobody refresh beyond this long after consent.
    WindowOver,
    /// PagerDuty gave no refresh token: when the access token ends, so does it all.
    NoRefreshToken,
}

impl Reason {
    /// Whether what is left of the access token's life is over as well.
    pub(crate) fn ends_access(self) -> bool {
        self == Self::Revoked
    }
}

/// What went wrong at the last try to refresh. Each passes, or is the operator's to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No answer: no connection, or none in time.
    Unreachable,
    /// PagerDuty asks to slow down.
    RateLimited,
    /// PagerDuty answered with an error that has nothing to do with this connection.
    InTrouble,
    /// The answer made no sense.
    Unreadable,
    /// PagerDuty does not accept this app's id and secret.
    Misconfigured,
}

/// The clocks of a connection, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When the person agreed.
    pub connected_at: i64,
    /// When the tokens in use were issued.
    pub refreshed_at: i64,
    /// When the access token ends.
    pub access_until: i64,
    /// When the refresh token ends, unless it is used before.
    pub idle_until: i64,
    /// When PagerDuty wants consent anew, however busy the connection was.
    pub window_until: i64,
}

const DAY: i64 = 24 * 3600;

impl Times {
    /// PagerDuty states these lives in words only: a refresh token lives 30 days
    /// and can be renewed for a year; of apps with Classic scopes 210 days and 3 years.
    pub(crate) fn of_grant(granted: &Scopes, now: i64, expires_in: i64) -> Self {
        let (_, window) = lives(granted);
        let start = Self {
            connected_at: now,
            refreshed_at: now,
            access_until: now,
            idle_until: now,
            window_until: now + window,
        };
        start.refreshed(granted, now, expires_in)
    }

    /// The same connection with new tokens.
    pub(crate) fn refreshed(self, granted: &Scopes, now: i64, expires_in: i64) -> Self {
        let (idle, _) = lives(granted);
        Self {
            refreshed_at: now,
            access_until: now + expires_in,
            idle_until: (now + idle).min(self.window_until),
            ..self
        }
    }
}

/// How long a refresh token lives, and for how long it can be renewed.
fn lives(granted: &Scopes) -> (i64, i64) {
    let classic = granted.iter().any(|scope| scope == "read" || scope == "write");
    if classic { (210 * DAY, 3 * 365 * DAY) } else { (30 * DAY, 365 * DAY) }
}

/// A word for each variant, for the database and for logs.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// A short, stable word.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub(crate) fn from_code(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(Reason {
    Revoked = "revoked",
    ReplyLost = "reply-lost",
    Idle = "idle",
    WindowOver = "window-over",
    NoRefreshToken = "no-refresh-token",
});
words!(Trouble {
    Unreachable = "unreachable",
    RateLimited = "rate-limited",
    InTrouble = "in-trouble",
    Unreadable = "unreadable",
    Misconfigured = "misconfigured",
});

impl Trouble {
    pub(crate) fn of(error: &pagerduty::Error) -> Self {
        match error {
            pagerduty::Error::Unreachable { .. } => Self::Unreachable,
            pagerduty::Error::RateLimited { .. } => Self::RateLimited,
            e if e.is_invalid_client() => Self::Misconfigured,
            pagerduty::Error::Unreadable(_) | pagerduty::Error::TooLarge { .. } => Self::Unreadable,
            _ => Self::InTrouble,
        }
    }
}
