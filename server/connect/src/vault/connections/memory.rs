//! Connections in memory.

use std::time::Duration;

use async_trait::async_trait;
// Tests stop it and move it.
use tokio::time::Instant;

use super::store::*;
use crate::{
    UserId,
    state::{Reason, Times},
    token::Hash,
    vault::{
        memory::{Memory, Tables},
        sql::FIRST_HOLD,
        store::{Outcome, RevocationRow, Sealed, SessionRow},
    },
};

#[derive(Debug)]
pub(in crate::vault) struct Connection {
    pub(in crate::vault) row: ConnectionRow,
    sends: i64,
    lease: Option<(String, Instant)>,
    retry_at: Option<Instant>,
    paused_until: Option<Instant>,
}

impl Connection {
    fn new(data_key: &Sealed, content: &Content) -> Self {
        let row = ConnectionRow {
            data_key: data_key.clone(),
            content: content.clone(),
            reason: None,
            trouble: None,
            lease: LeaseState::Free,
            failures: 0,
            retry_in: Duration::ZERO,
            calls_in: Duration::ZERO,
        };
        Self { row, sends: 0, lease: None, retry_at: None, paused_until: None }
    }

    fn lease_state(&self) -> LeaseState {
        match self.lease {
            None => LeaseState::Free,
            Some((_, until)) if until > Instant::now() => LeaseState::Held,
            Some(_) => LeaseState::RanOut,
        }
    }

    fn is_leased_to(&self, owner: &str) -> bool {
        self.lease.as_ref().is_some_and(|(holder, _)| holder == owner)
    }

    fn retry_in(&self) -> Duration {
        self.retry_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()))
    }
}

impl Tables {
    pub(in crate::vault) fn of_generation(
        &mut self,
        user: &UserId,
        generation: i64,
    ) -> Option<&mut Connection> {
        self.connections.get_mut(user.as_str()).filter(|c| c.row.content.generation == generation)
    }

    /// Connections that only their people can mend.
    pub(in crate::vault) fn broken(&self) -> impl Iterator<Item = (String, i64, Reason)> {
        let broken = |(user, c): (&String, &Connection)| {
            c.row.reason.map(|why| (user.clone(), c.row.content.generation, why))
        };
        self.connections.iter().filter_map(broken)
    }

    pub(in crate::vault) fn has_connection(&self, user: &str) -> bool {
        self.connections.contains_key(user)
    }
}

#[async_trait]
impl ConnectionStore for Memory {
    async fn connection(&self, user: &UserId) -> Outcome<Option<ConnectionRow>> {
        let tables = self.tables();
        Ok(tables.connections.get(user.as_str()).map(|c| ConnectionRow {
            lease: c.lease_state(),
            retry_in: c.retry_in(),
            calls_in: c
                .paused_until
                .map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now())),
            ..c.row.clone()
        }))
    }

    async fn put_connection(
        &self,
        user: &UserId,
        (data_key, content): (&Sealed, &Content),
        replaces: Option<i64>,
        session: Option<&SessionRow>,
        old_session: Option<&Hash>,
        leftover: Option<&RevocationRow>,
    ) -> Outcome<bool> {
        let mut tables = self.tables();
        let there = tables.connections.get(user.as_str()).map(|c| c.row.content.generation);
        if there != replaces {
            return Ok(false);
        }
        tables.connections.insert(user.as_str().to_owned(), Connection::new(data_key, content));
        if let Some(old) = old_session {
            tables.sessions.remove(old);
        }
        if let Some(session) = session {
            tables.sessions.insert(session.id, session.clone());
        }
        if let Some(row) = leftover {
            tables.keep(row, Duration::ZERO);
        }
        Ok(true)
    }

    async fn lease(&self, user: &UserId, generation: i64, owner: &str, time: Duration) -> Outcome<Lease> {
        let mut tables = self.tables();
        let Some(c) = tables.of_generation(user, generation).filter(|c| c.row.reason.is_none()) else {
            return Ok(Lease::Moved);
        };
        if c.lease_state() == LeaseState::Held && !c.is_leased_to(owner) {
            return Ok(Lease::Held);
        }
        let pause = c.retry_in();
        if !pause.is_zero() {
            return Ok(Lease::NotYet(pause));
        }
        c.lease = Some((owner.to_owned(), Instant::now() + time));
        c.sends += 1;
        Ok(Lease::Taken { sends_before: c.sends - 1 })
    }

    async fn release(&self, user: &UserId, generation: i64, owner: &str, failure: &Failure) -> Outcome<()> {
        let mut tables = self.tables();
        if let Some(c) = tables.of_generation(user, generation).filter(|c| c.is_leased_to(owner)) {
            c.lease = None;
            c.retry_at = Some(Instant::now() + failure.pause);
            c.row.failures += 1;
            c.row.trouble = Some((failure.trouble, failure.at));
            c.sends -= i64::from(!failure.ambiguous);
        }
        Ok(())
    }

    async fn advance(&self, user: &UserId, next: &Content) -> Outcome<bool> {
        let mut tables = self.tables();
        let Some(c) = tables.of_generation(user, next.generation - 1) else { return Ok(false) };
        // When the person agreed, and until when that holds, a refresh does not change.
        let agreed = c.row.content.times;
        let times =
            Times { connected_at: agreed.connected_at, window_until: agreed.window_until, ..next.times };
        *c = Connection::new(&c.row.data_key, &Content { times, ..next.clone() });
        Ok(true)
    }

    async fn give_up(
        &self,
        user: &UserId,
        generation: i64,
        owner: Option<&str>,
        why: Reason,
        end_sessions: bool,
    ) -> Outcome<bool> {
        let mut tables = self.tables();
        let still =
            |c: &&mut Connection| c.row.reason.is_none() && owner.is_none_or(|owner| c.is_leased_to(owner));
        let Some(c) = tables.of_generation(user, generation).filter(still) else {
            return Ok(false);
        };
        c.row.reason = Some(why);
        c.lease = None;
        if end_sessions {
            let of_user = |s: &&mut SessionRow| s.user == *user && s.ended.is_none();
            tables.sessions.values_mut().filter(of_user).for_each(|s| s.ended = Some(why));
        }
        Ok(true)
    }

    async fn rewrite_about(&self, user: &UserId, generation: i64, about: &[u8]) -> Outcome<bool> {
        let mut tables = self.tables();
        let Some(c) = tables.of_generation(user, generation) else { return Ok(false) };
        c.row.content.about = about.to_vec();
        Ok(true)
    }

    async fn remove(
        &self,
        user: &UserId,
        generation: i64,
        leftover: Option<&RevocationRow>,
    ) -> Outcome<bool> {
        let mut tables = self.tables();
        if tables.of_generation(user, generation).is_none() {
            return Ok(false);
        }
        tables.connections.remove(user.as_str());
        tables.sessions.retain(|_, s| s.user != *user);
        if let Some(row) = leftover {
            tables.keep(row, FIRST_HOLD);
        }
        Ok(true)
    }

    async fn pause(&self, user: &UserId, time: Duration) -> Outcome<()> {
        if let Some(c) = self.tables().connections.get_mut(user.as_str()) {
            let until = Instant::now() + time;
            c.paused_until = Some(c.paused_until.map_or(until, |other| other.max(until)));
        }
        Ok(())
    }

    async fn users(&self, is_broken: Option<bool>, after: &str, limit: i64) -> Outcome<Vec<UserId>> {
        let tables = self.tables();
        let fits = |c: &Connection| is_broken.is_none_or(|is| is == c.row.reason.is_some());
        let users = tables.connections.iter().filter(|(user, c)| user.as_str() > after && fits(c));
        let users = users.map(|(user, _)| UserId::from_row(user.clone()));
        Ok(users.take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn users_of(&self, owner: &str, after: &str, limit: i64) -> Outcome<Vec<UserId>> {
        let tables = self.tables();
        let users = tables.connections.keys().filter(|user| user.as_str() > after);
        let users =
            users.map(|user| UserId::from_row(user.clone())).filter(|user| user.owner() == Some(owner));
        Ok(users.take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn newest_of(&self, owner: &str, limit: i64) -> Outcome<Vec<UserId>> {
        let tables = self.tables();
        let all = tables.connections.iter().map(|(user, c)| (UserId::from_row(user.clone()), c));
        let mut found: Vec<_> = all.filter(|(user, _)| user.owner() == Some(owner)).collect();
        found.sort_by_key(|(user, c)| (std::cmp::Reverse(c.row.content.times.connected_at), user.clone()));
        Ok(found.into_iter().map(|(user, _)| user).take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn ending(&self, idle_before: i64, now: i64, limit: i64) -> Outcome<Vec<UserId>> {
        let tables = self.tables();
        let due = |c: &&Connection| {
            let times = c.row.content.times;
            c.row.reason.is_none()
                && times.idle_until < idle_before
                && times.idle_until < times.window_until
                && times.window_until > now
        };
        let mut ending: Vec<_> = tables.connections.iter().filter(|(_, c)| due(c)).collect();
        ending.sort_by_key(|(_, c)| c.row.content.times.idle_until);
        let limit = usize::try_from(limit).unwrap_or(0);
        Ok(ending.into_iter().take(limit).map(|(user, _)| UserId::from_row(user.clone())).collect())
    }

    async fn forget_connections(&self, ended_before: i64) -> Outcome<u64> {
        let mut tables = self.tables();
        let is_past =
            |c: &Connection| c.row.reason.is_some() && c.row.content.times.access_until < ended_before;
        let past: Vec<String> =
            tables.connections.iter().filter(|(_, c)| is_past(c)).map(|(user, _)| user.clone()).collect();
        for user in &past {
            tables.connections.remove(user);
            tables.sessions.retain(|_, s| s.user.as_str() != user);
        }
        Ok(past.len() as u64)
    }
}
