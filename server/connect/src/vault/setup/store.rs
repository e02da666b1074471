//! What a home knows of how the app is set up.

use async_trait::async_trait;

use crate::vault::store::Outcome;

/// Who said who the people are whose connections are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// PagerDuty.
    PagerDuty,
    /// A sandbox, in which anybody can be anybody.
    Sandbox,
}

impl Origin {
    pub(in crate::vault) fn code(self) -> &'static str {
        match self {
            Self::PagerDuty => "pagerduty",
            Self::Sandbox => "sandbox",
        }
    }

    pub(in crate::vault) fn from_code(code: &str) -> Option<Self> {
        [Self::PagerDuty, Self::Sandbox].into_iter().find(|it| it.code() == code)
    }
}

/// A sign-in that failed by how the app is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignInTrouble {
    /// [`crate::Error::code`]
    pub code: String,
    /// Names of scopes, or of a region.
    pub detail: String,
    pub at: i64,
}

#[async_trait]
pub(in crate::vault) trait SetupStore {
    /// Whose people these are; none where nobody has said so.
    async fn origin(&self) -> Outcome<Option<Origin>>;
    /// Says so, unless it was said before.
    async fn mark(&self, origin: Origin) -> Outcome<()>;
    /// The last sign-in that failed by it; none once one went well.
    async fn sign_in_trouble(&self) -> Outcome<Option<SignInTrouble>>;
    async fn note_sign_in(&self, trouble: Option<&SignInTrouble>) -> Outcome<()>;
}
