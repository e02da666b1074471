//! Who a connection belongs to.

use std::fmt;

/// A person, by the two ids PagerDuty's signature vouches for: account and user.
/// Never an e-mail address, which can change hands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    pub(crate) fn new(account_id: &str, user_id: &str) -> Self {
        Self(format!("{account_id}/{user_id}"))
    }

    pub(crate) fn from_row(text: String) -> Self {
        Self(text)
    }

    /// `PACCOUNT/PUSER`
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
