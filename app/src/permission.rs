//! One thing the app may do at PagerDuty.

use serde::{Deserialize, Serialize};

/// A scope and what it means to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// As PagerDuty names it: `users.read`.
    pub scope: String,
    /// What it allows: "See people's names, e-mail addresses and roles".
    pub words: String,
    /// Whether it can change anything in the account.
    pub writes: bool,
}
