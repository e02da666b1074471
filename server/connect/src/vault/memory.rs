//! The vault in memory, for tests and for trying things out: gone with the process.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
// Tests stop it and move it.
use tokio::time::Instant;

use super::{
    alerts::memory::Alerts, api::memory::Apis, audit::memory::Audit, census::Census,
    imports::memory::Imports, sql::FIRST_HOLD, store::*,
};
use crate::{
    UserId,
    state::{Reason, Times},
    token::Hash,
};

#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Tables>);

#[derive(Debug, Default)]
pub(super) struct Tables {
    keys: Vec<KeyRow>,
    attempts: HashMap<Hash, Attempt>,
    connections: BTreeMap<String, Connection>,
    sessions: HashMap<Hash, SessionRow>,
    revocations: HashMap<[u8; 16], (RevocationRow, Instant)>,
    pub(super) apis: Apis,
    sign_in_trouble: Option<SignInTrouble>,
    origin: Option<Origin>,
    pub(super) imports: Imports,
    pub(super) audit: Audit,
    pub(super) alerts: Alerts,
}

#[derive(Debug)]
struct Attempt {
    row: AttemptRow,
    used: bool,
}

#[derive(Debug)]
struct Connection {
    row: ConnectionRow,
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

impl Memory {
    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    pub(super) fn census(&self) -> Census {
        let mut connections: BTreeMap<Option<&str>, i64> = BTreeMap::new();
        for connection in self.connections.values() {
            *connections.entry(connection.row.reason.map(Reason::code)).or_default() += 1;
        }
        let sessions = self.sessions.values().filter(|session| session.ended.is_none()).count();
        Census {
            connections: connections.into_iter().map(|(why, many)| (why.map(str::to_owned), many)).collect(),
            sessions: i64::try_from(sessions).unwrap_or(i64::MAX),
            imports: self.imports.census(),
            audit_lines: self.audit.lines(),
        }
    }

    fn of_generation(&mut self, user: &UserId, generation: i64) -> Option<&mut Connection> {
        self.connections.get_mut(user.as_str()).filter(|c| c.row.content.generation == generation)
    }

    /// Connections that only their people can mend.
    pub(super) fn broken(&self) -> impl Iterator<Item = (String, i64, Reason)> {
        let broken = |(user, c): (&String, &Connection)| {
            c.row.reason.map(|why| (user.clone(), c.row.content.generation, why))
        };
        self.connections.iter().filter_map(broken)
    }

    pub(super) fn has_connection(&self, user: &str) -> bool {
        self.connections.contains_key(user)
    }

    fn keep(&mut self, row: &RevocationRow, due_in: Duration) {
        self.revocations.insert(row.id, (row.clone(), Instant::now() + due_in));
    }
}

#[async_trait]
impl Store for Memory {
    async fn keys(&self) -> Outcome<Vec<KeyRow>> {
        Ok(self.tables().keys.clone())
    }

    async fn add_key(&self, key: &KeyRow) -> Outcome<()> {
        let mut tables = self.tables();
        if key.current {
            tables.keys.iter_mut().for_each(|known| known.current = false);
        }
        match tables.keys.iter_mut().find(|known| known.id == key.id) {
            Some(known) => known.current = key.current,
            None => tables.keys.push(key.clone()),
        }
        Ok(())
    }

    async fn add_first_key(&self, key: &KeyRow) -> Outcome<()> {
        let mut tables = self.tables();
        if tables.keys.is_empty() {
            tables.keys.push(key.clone());
        }
        Ok(())
    }

    async fn drop_key(&self, id: &str) -> Outcome<bool> {
        let mut tables = self.tables();
        let needed = tables.attempts.values().any(|a| a.row.sealed.key_id == id)
            || tables.connections.values().any(|c| c.row.data_key.key_id == id)
            || tables.revocations.values().any(|(r, _)| r.sealed.key_id == id)
            || tables.imports.is_sealed_with(id)
            || tables.audit.data_key().is_some_and(|key| key.key_id == id);
        let before = tables.keys.len();
        if !needed {
            tables.keys.retain(|key| key.id != id || key.current);
        }
        Ok(tables.keys.len() < before)
    }

    async fn sealed_otherwise(&self, current: &str, limit: i64) -> Outcome<Vec<Standing>> {
        let tables = self.tables();
        let of =
            |table, row: &[u8], sealed: &Sealed| Standing { table, row: row.into(), sealed: sealed.clone() };
        let attempts = tables.attempts.values().map(|a| of(Table::Attempt, &a.row.id, &a.row.sealed));
        let connections =
            tables.connections.iter().map(|(id, c)| of(Table::Connection, id.as_bytes(), &c.row.data_key));
        let revocations = tables.revocations.values().map(|(r, _)| of(Table::Revocation, &r.id, &r.sealed));
        let imports = tables.imports.data_keys().map(|(id, key)| of(Table::Import, id.as_bytes(), key));
        let audit = tables.audit.data_key().map(|key| of(Table::Audit, b"audit", key));
        let others = attempts
            .chain(connections)
            .chain(revocations)
            .chain(imports)
            .chain(audit)
            .filter(|s| s.sealed.key_id != current);
        Ok(others.take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn reseal(&self, old: &Standing, new: &Sealed) -> Outcome<()> {
        let mut tables = self.tables();
        let place = match old.table {
            Table::Attempt => tables
                .attempts
                .values_mut()
                .find(|a| a.row.id.as_slice() == old.row)
                .map(|a| &mut a.row.sealed),
            Table::Connection => tables
                .connections
                .iter_mut()
                .find(|(id, _)| id.as_bytes() == old.row)
                .map(|(_, c)| &mut c.row.data_key),
            Table::Revocation => tables
                .revocations
                .values_mut()
                .find(|(r, _)| r.id.as_slice() == old.row)
                .map(|(r, _)| &mut r.sealed),
            Table::Import => tables.imports.data_key_mut(&old.row),
            Table::Audit => tables.audit.data_key_mut(),
        };
        if let Some(sealed) = place.filter(|sealed| **sealed == old.sealed) {
            *sealed = new.clone();
        }
        Ok(())
    }

    async fn put_attempt(&self, attempt: &AttemptRow, forget_before: i64, blank_before: i64) -> Outcome<()> {
        let mut tables = self.tables();
        tables.attempts.retain(|_, a| a.row.started_at >= forget_before);
        for old in tables.attempts.values_mut().filter(|a| a.row.started_at < blank_before) {
            old.row.sealed.bytes.clear();
        }
        tables.attempts.insert(attempt.id, Attempt { row: attempt.clone(), used: false });
        Ok(())
    }

    async fn take_attempt(
        &self,
        id: &Hash,
        browser: Option<&Hash>,
        _now: i64,
        too_late_before: i64,
    ) -> Outcome<Taken<Sealed>> {
        let mut tables = self.tables();
        Ok(match tables.attempts.get_mut(id) {
            None => Taken::Unknown,
            Some(attempt) if attempt.row.started_at < too_late_before => Taken::TooLate,
            Some(attempt) if attempt.used => Taken::Before,
            Some(attempt) if browser.is_none_or(|b| attempt.row.browser != *b) => Taken::OtherBrowser,
            Some(attempt) => {
                attempt.used = true;
                let bytes = std::mem::take(&mut attempt.row.sealed.bytes);
                Taken::Now(Sealed { key_id: attempt.row.sealed.key_id.clone(), bytes })
            }
        })
    }

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

    async fn users(&self, after: &str, limit: i64) -> Outcome<Vec<UserId>> {
        let tables = self.tables();
        let mut users: Vec<&String> =
            tables.connections.keys().filter(|user| user.as_str() > after).collect();
        users.sort();
        let limit = usize::try_from(limit).unwrap_or(0);
        Ok(users.into_iter().take(limit).map(|user| UserId::from_row(user.clone())).collect())
    }

    async fn users_of(&self, owner: &str, limit: i64) -> Outcome<Vec<UserId>> {
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

    async fn origin(&self) -> Outcome<Option<Origin>> {
        Ok(self.tables().origin)
    }

    async fn mark(&self, origin: Origin) -> Outcome<()> {
        self.tables().origin.get_or_insert(origin);
        Ok(())
    }

    async fn sign_in_trouble(&self) -> Outcome<Option<SignInTrouble>> {
        Ok(self.tables().sign_in_trouble.clone())
    }

    async fn note_sign_in(&self, trouble: Option<&SignInTrouble>) -> Outcome<()> {
        self.tables().sign_in_trouble = trouble.cloned();
        Ok(())
    }

    async fn put_revocation(&self, row: &RevocationRow, due_in: Duration) -> Outcome<()> {
        self.tables().keep(row, due_in);
        Ok(())
    }

    async fn due_revocations(&self, limit: i64, hold: Duration) -> Outcome<Vec<RevocationRow>> {
        let mut tables = self.tables();
        let now = Instant::now();
        let mut due: Vec<_> = tables.revocations.values_mut().filter(|(_, at)| *at <= now).collect();
        due.sort_by_key(|(_, at)| *at);
        let taken = due.into_iter().take(usize::try_from(limit).unwrap_or(0)).map(|(row, at)| {
            *at = now + hold;
            row.tries += 1;
            row.clone()
        });
        Ok(taken.collect())
    }

    async fn postpone_revocation(&self, id: &[u8; 16], due_in: Duration) -> Outcome<()> {
        if let Some((_, at)) = self.tables().revocations.get_mut(id) {
            *at = Instant::now() + due_in;
        }
        Ok(())
    }

    async fn remove_revocation(&self, id: &[u8; 16]) -> Outcome<()> {
        self.tables().revocations.remove(id);
        Ok(())
    }

    async fn close(&self) {}
}
