//! What a home does for sessions.

use async_trait::async_trait;

use crate::{UserId, state::Reason, token::Hash, vault::store::Outcome};

#[derive(Clone, Debug)]
pub(crate) struct SessionRow {
    pub id: Hash,
    pub user: UserId,
    /// "Chrome on Linux"
    pub browser: String,
    pub started_at: i64,
    pub seen_at: i64,
    /// Why it no longer counts.
    pub ended: Option<Reason>,
}

#[async_trait]
pub(in crate::vault) trait SessionStore {
    async fn session(&self, id: &Hash) -> Outcome<Option<SessionRow>>;
    async fn sessions_of(&self, user: &UserId) -> Outcome<Vec<SessionRow>>;
    async fn touch_session(&self, id: &Hash, now: i64) -> Outcome<()>;
    async fn remove_session(&self, id: &Hash) -> Outcome<()>;
    /// How many were ended.
    async fn remove_other_sessions(&self, user: &UserId, but: &Hash) -> Outcome<u64>;
    /// Ends all sessions of a person whose connection still is of this generation.
    async fn end_sessions(&self, user: &UserId, generation: i64, why: Reason) -> Outcome<u64>;
    /// Forgets sessions begun or seen too long ago.
    async fn forget_sessions(&self, started_before: i64, seen_before: i64) -> Outcome<()>;
}
