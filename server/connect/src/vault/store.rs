//! What a home for the vault must do. It keeps rows whose secrets are sealed
//! already, and makes each of these calls whole or not at all.
//!
//! Writes to a connection are fenced by its generation, which counts its refresh
//! tokens from a random start: whoever acts on an old one changes nothing. Leases run by the home's
//! own clock, so that machines need not agree on the time.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    VaultError, alerts::store::AlertStore, api::store::ApiStore, audit::store::AuditStore,
    census::CensusStore, imports::store::ImportStore,
};
use crate::{
    UserId,
    state::{Reason, Times, Trouble},
    token::Hash,
};

pub(super) type Outcome<T> = Result<T, VaultError>;

/// Sealed with the operator's key of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub key_id: String,
    pub bytes: Vec<u8>,
}

/// One of the operator's keys, as the database knows it.
#[derive(Clone, Debug)]
pub(super) struct KeyRow {
    pub id: String,
    /// A known text.
    pub sealed: Vec<u8>,
    /// Whether this is the one that seals.
    pub current: bool,
}

/// A value sealed with the operator's key, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub table: Table,
    pub row: Vec<u8>,
    pub sealed: Sealed,
}

/// Tables with a column sealed by the operator's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Attempt,
    Connection,
    Revocation,
    Import,
    Audit,
}

#[derive(Clone, Debug)]
pub(super) struct AttemptRow {
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

/// The parts of a connection that change with its generation.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub generation: i64,
    pub tokens: Vec<u8>,
    pub about: Vec<u8>,
    pub times: Times,
}

#[derive(Clone, Debug)]
pub(super) struct ConnectionRow {
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

/// Who said who the people are whose connections are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// PagerDuty.
    PagerDuty,
    /// A sandbox, in which anybody can be anybody.
    Sandbox,
}

impl Origin {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::PagerDuty => "pagerduty",
            Self::Sandbox => "sandbox",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
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

/// Tokens to revoke.
#[derive(Clone, Debug)]
pub(super) struct RevocationRow {
    pub id: [u8; 16],
    pub sealed: Sealed,
    pub created_at: i64,
    pub tries: i64,
}

/// Whether somebody is refreshing a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeaseState {
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
pub(super) trait Store:
    AlertStore + ApiStore + AuditStore + CensusStore + ImportStore + std::fmt::Debug + Send + Sync
{
    // ---- the operator's keys

    async fn keys(&self) -> Outcome<Vec<KeyRow>>;
    /// Adds a key unless it is there. A current one takes the place of the last.
    async fn add_key(&self, key: &KeyRow) -> Outcome<()>;
    /// Adds the first key, unless there is one.
    async fn add_first_key(&self, key: &KeyRow) -> Outcome<()>;
    /// Forgets a key; not while something is sealed with it, nor the current one.
    async fn drop_key(&self, id: &str) -> Outcome<bool>;
    /// Values that are sealed with another key than this.
    async fn sealed_otherwise(&self, current: &str, limit: i64) -> Outcome<Vec<Standing>>;
    /// Puts a value in the place of the same value sealed otherwise; not if it has changed since.
    async fn reseal(&self, old: &Standing, new: &Sealed) -> Outcome<()>;

    // ---- attempts

    /// Also forgets old attempts, and the content of those nobody came back for.
    async fn put_attempt(&self, attempt: &AttemptRow, forget_before: i64, blank_before: i64) -> Outcome<()>;
    /// Of any number of calls at once, exactly one gets [`Taken::Now`].
    async fn take_attempt(
        &self,
        id: &Hash,
        browser: Option<&Hash>,
        now: i64,
        too_late_before: i64,
    ) -> Outcome<Taken<Sealed>>;

    // ---- connections

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
    /// Everybody who has a connection, in the order of their ids, those after `after`.
    async fn users(&self, after: &str, limit: i64) -> Outcome<Vec<UserId>>;
    /// The connections of a user of the host application, the one made last first.
    async fn users_of(&self, owner: &str, limit: i64) -> Outcome<Vec<UserId>>;
    /// Connections whose refresh token ends before this, and that can still be renewed.
    async fn ending(&self, idle_before: i64, now: i64, limit: i64) -> Outcome<Vec<UserId>>;

    /// Forgets connections that only the person could mend, and whose access token
    /// ended before this.
    async fn forget_connections(&self, ended_before: i64) -> Outcome<u64>;

    // ---- sessions

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

    // ---- how the app is set up

    /// Whose people these are; none where nobody has said so.
    async fn origin(&self) -> Outcome<Option<Origin>>;
    /// Says so, unless it was said before.
    async fn mark(&self, origin: Origin) -> Outcome<()>;

    /// The last sign-in that failed by it; none once one went well.
    async fn sign_in_trouble(&self) -> Outcome<Option<SignInTrouble>>;
    async fn note_sign_in(&self, trouble: Option<&SignInTrouble>) -> Outcome<()>;

    // ---- tokens to revoke

    async fn put_revocation(&self, row: &RevocationRow, due_in: Duration) -> Outcome<()>;
    /// Takes some that are due; they are due again when `hold` has passed.
    async fn due_revocations(&self, limit: i64, hold: Duration) -> Outcome<Vec<RevocationRow>>;
    async fn postpone_revocation(&self, id: &[u8; 16], due_in: Duration) -> Outcome<()>;
    async fn remove_revocation(&self, id: &[u8; 16]) -> Outcome<()>;

    /// Whether it is known not to answer at the moment.
    fn is_down(&self) -> bool {
        false
    }

    /// Ends all connections to the database.
    async fn close(&self);
}
