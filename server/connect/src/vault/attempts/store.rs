//! What a home does for attempts under way.

use async_trait::async_trait;

use crate::{
    token::Hash,
    vault::store::{Outcome, Sealed},
};

#[derive(Clone, Debug)]
pub(in crate::vault) struct AttemptRow {
    pub id: Hash,
    pub browser: Hash,
    pub sealed: Sealed,
    pub started_at: i64,
}

/// What taking an attempt came to.
#[derive(Debug)]
pub(crate) enum Taken<T> {
    /// It was waiting, and now it is used: what was remembered with it.
    Now(T),
    /// It was used before.
    Before,
    /// It waited too long.
    TooLate,
    /// Another browser started it.
    OtherBrowser,
    /// Nobody started it, or long ago.
    Unknown,
}

#[async_trait]
pub(in crate::vault) trait AttemptStore {
    /// Also forgets old attempts, and the content of those nobody came back for. Where it is begun by a link, uses that
    /// up: of any number of calls at once, exactly one is told true.
    async fn put_attempt(
        &self,
        attempt: &AttemptRow,
        link: Option<&Hash>,
        forget_before: i64,
        blank_before: i64,
    ) -> Outcome<bool>;
    /// Of any number of calls at once, exactly one gets [`Taken::Now`].
    async fn take_attempt(
        &self,
        id: &Hash,
        browser: Option<&Hash>,
        now: i64,
        too_late_before: i64,
    ) -> Outcome<Taken<Sealed>>;
}
