//! What a home does for connections.
//!
//! Writes are fenced by the generation, which counts refresh tokens from a random start: whoever acts on an old one
//! changes nothing.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    UserId,
    state::{Reason, Times, Trouble},
    token::Hash,
    vault::store::{Outcome, RevocationRow, Sealed, SessionRow},
};

/// The parts of a connection that change with its generation.
#[derive(Clone, Debug)]
pub(in crate::vault) struct Content {
    pub generation: i64,
    pub tokens: Vec<u8>,
    pub about: Vec<u8>,
    pub times: Times,
}

#[derive(Clone, Debug)]
pub(in crate::vault) struct ConnectionRow {
    pub data_key: Sealed,
    pub content: Content,
    pub reason: Option<Reason>,
    pub trouble: Option<(Trouble, i64)>,
    pub lease: LeaseState,
    /// Tries to refresh in a row that brought nothing.
    pub failures: i64,
    /// Until then nobody should try.
    pub retry_in: Duration,
    /// Until then PagerDuty wants no call for this person.
    pub calls_in: Duration,
}

/// Whether somebody is refreshing a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vault) enum LeaseState {
    Free,
    Held,
    /// Its holder may still come with an answer, or is dead.
    RanOut,
}

/// What asking for a lease came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lease {
    /// It is the asker's. So often the refresh token may have been redeemed before.
    Taken {
        /// Redemptions whose end is not known.
        sends_before: i64,
    },
    /// Somebody else's.
    Held,
    /// Nobody's, but the last try failed: not before this has passed.
    NotYet(Duration),
    /// The connection is of another generation, is broken, or is gone.
    Moved,
}

/// A try to refresh that brought nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub trouble: Trouble,
    pub at: i64,
    /// Until the next try.
    pub pause: Duration,
    /// Whether the refresh token may be spent all the same.
    pub ambiguous: bool,
}

#[async_trait]
pub(in crate::vault) trait ConnectionStore {
    async fn connection(&self, user: &UserId) -> Outcome<Option<ConnectionRow>>;
    /// Stores a new grant, with its first session where it begins one, in place of
    /// generation `replaces` (none: there must be no connection), ends the browser's
    /// old session, and keeps what the old grant leaves to revoke. False when the
    /// connection is of another generation by now.
    async fn put_connection(
        &self,
        user: &UserId,
        row: (&Sealed, &Content),
        replaces: Option<i64>,
        session: Option<&SessionRow>,
        old_session: Option<&Hash>,
        leftover: Option<&RevocationRow>,
    ) -> Outcome<bool>;
    /// Asks for the right to redeem this generation's refresh token, and writes
    /// down that it is about to be.
    async fn lease(&self, user: &UserId, generation: i64, owner: &str, time: Duration) -> Outcome<Lease>;
    /// Gives a lease back, after a failure.
    async fn release(&self, user: &UserId, generation: i64, owner: &str, failure: &Failure) -> Outcome<()>;
    /// Puts the next generation in the place of the one before it.
    async fn advance(&self, user: &UserId, next: &Content) -> Outcome<bool>;
    /// The connection can only be mended by the person. Who has learnt it under a
    /// lease says whose: it counts while nobody else has taken one since. Also ends
    /// its sessions, if so asked.
    async fn give_up(
        &self,
        user: &UserId,
        generation: i64,
        owner: Option<&str>,
        why: Reason,
        end_sessions: bool,
    ) -> Outcome<bool>;
    /// Replaces what is known about the person.
    async fn rewrite_about(&self, user: &UserId, generation: i64, about: &[u8]) -> Outcome<bool>;
    /// Wipes a connection and its sessions, and keeps what is to be revoked.
    async fn remove(&self, user: &UserId, generation: i64, leftover: Option<&RevocationRow>)
    -> Outcome<bool>;
    /// No replica calls for this person for so long; a longer pause stays.
    async fn pause(&self, user: &UserId, time: Duration) -> Outcome<()>;
    /// Everybody who has a connection, or has one that only they can mend, or one that they need not; in the order of
    /// their ids, those after `after`.
    async fn users(&self, is_broken: Option<bool>, after: &str, limit: i64) -> Outcome<Vec<UserId>>;
    /// The connections of a user of the host application, in the same order.
    async fn users_of(&self, owner: &str, after: &str, limit: i64) -> Outcome<Vec<UserId>>;
    /// The same, the one made last first.
    async fn newest_of(&self, owner: &str, limit: i64) -> Outcome<Vec<UserId>>;
    /// Connections whose refresh token ends before this, and that can still be renewed.
    async fn ending(&self, idle_before: i64, now: i64, limit: i64) -> Outcome<Vec<UserId>>;
    /// Forgets connections that only the person could mend, and whose access token
    /// ended before this.
    async fn forget_connections(&self, ended_before: i64) -> Outcome<u64>;
}
