//! Sessions in memory.

use async_trait::async_trait;

use super::store::{SessionRow, SessionStore};
use crate::{
    UserId,
    state::Reason,
    token::Hash,
    vault::{memory::Memory, store::Outcome},
};

#[async_trait]
impl SessionStore for Memory {
    async fn session(&self, id: &Hash) -> Outcome<Option<SessionRow>> {
        Ok(self.tables().sessions.get(id).cloned())
    }

    async fn sessions_of(&self, user: &UserId) -> Outcome<Vec<SessionRow>> {
        let tables = self.tables();
        let live = tables.sessions.values().filter(|s| s.user == *user && s.ended.is_none());
        let mut live: Vec<SessionRow> = live.cloned().collect();
        live.sort_by_key(|s| std::cmp::Reverse((s.seen_at, s.started_at)));
        Ok(live)
    }

    async fn touch_session(&self, id: &Hash, now: i64) -> Outcome<()> {
        if let Some(session) = self.tables().sessions.get_mut(id) {
            session.seen_at = session.seen_at.max(now);
        }
        Ok(())
    }

    async fn remove_session(&self, id: &Hash) -> Outcome<()> {
        self.tables().sessions.remove(id);
        Ok(())
    }

    async fn remove_other_sessions(&self, user: &UserId, but: &Hash) -> Outcome<u64> {
        let mut tables = self.tables();
        let before = tables.sessions.len();
        tables.sessions.retain(|id, s| s.user != *user || id == but || s.ended.is_some());
        Ok((before - tables.sessions.len()) as u64)
    }

    async fn end_sessions(&self, user: &UserId, generation: i64, why: Reason) -> Outcome<u64> {
        let mut tables = self.tables();
        if tables.of_generation(user, generation).is_none() {
            return Ok(0);
        }
        let live = tables.sessions.values_mut().filter(|s| s.user == *user && s.ended.is_none());
        Ok(live.map(|s| s.ended = Some(why)).count() as u64)
    }

    async fn forget_sessions(&self, started_before: i64, seen_before: i64) -> Outcome<()> {
        self.tables().sessions.retain(|_, s| s.started_at >= started_before && s.seen_at >= seen_before);
        Ok(())
    }
}
