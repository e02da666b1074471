//! What a home does for imports. Rows change only through whoever holds the import's lease, and every change is
//! counted, so that those who watch learn what is new.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    UserId,
    vault::{
        imports::{Count, Find},
        store::{Outcome, Sealed},
    },
};

/// An import, without its rows.
#[derive(Clone, Debug)]
pub(in crate::vault) struct ImportRow {
    pub id: String,
    pub user: UserId,
    pub data_key: Sealed,
    pub state: String,
    pub why: Option<String>,
    pub about: Vec<u8>,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub changes: i64,
    /// Until it is tried again.
    pub retry_in: Duration,
    /// Whether somebody holds its lease.
    pub is_held: bool,
}

/// One row of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::vault) struct LineRow {
    pub number: i64,
    pub action: String,
    pub state: String,
    pub calls: i64,
    pub tries: i64,
    pub remote_id: Option<String>,
    pub changed: i64,
    pub row: Vec<u8>,
    pub plan: Option<Vec<u8>>,
    pub outcome: Option<Vec<u8>>,
}

/// What became of asking for an import to change its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    Done,
    /// It is in no state to, or not theirs, or not there.
    No,
    /// Another import of theirs is under way.
    Busy,
}

/// What became of a row. Fenced: it counts only from whoever holds the lease.
#[derive(Clone, Copy, Debug)]
pub(in crate::vault) struct Marked<'a> {
    pub number: i64,
    pub state: &'a str,
    /// What was made; stays when none is told.
    pub remote_id: Option<&'a str>,
    pub outcome: Option<&'a [u8]>,
    /// Whether it was tried in vain.
    pub in_vain: bool,
}

#[async_trait]
pub(in crate::vault) trait ImportStore {
    /// Keeps an import with its rows; not when its person has `most` already that are not over, or as many in all.
    async fn put_import(&self, import: &ImportRow, rows: &[LineRow], most: i64) -> Outcome<bool>;
    async fn import(&self, id: &str) -> Outcome<Option<ImportRow>>;
    /// The newest first.
    async fn imports_of(&self, user: &UserId, limit: i64) -> Outcome<Vec<ImportRow>>;
    async fn tally(&self, id: &str) -> Outcome<Vec<Count>>;
    async fn lines(&self, id: &str, find: Find<'_>) -> Outcome<Vec<LineRow>>;
    /// Changes the state where it is one of `from`. What it waited for is forgotten.
    async fn move_import(&self, id: &str, user: &UserId, from: &[&str], to: &str, at: i64) -> Outcome<Moved>;
    /// Moves rows between two states that a person chooses between, while the import is planned or stands still.
    async fn choose_lines(
        &self,
        id: &str,
        user: &UserId,
        numbers: &[i64],
        from: &str,
        to: &str,
    ) -> Outcome<u64>;

    /// Takes one that is to be worked on (`planning` or `running`, waits for nobody) and that nobody else holds.
    async fn lease_import(&self, owner: &str, time: Duration) -> Outcome<Option<ImportRow>>;
    /// Holds it longer; tells how it stands. None when somebody else has it.
    async fn renew_import(&self, id: &str, owner: &str, time: Duration) -> Outcome<Option<ImportRow>>;
    /// Gives it back: to go on after `retry`, or when a person has done what it waits for.
    async fn release_import(&self, id: &str, owner: &str, why: Option<&str>, retry: Duration) -> Outcome<()>;
    /// Ends what its holder does with it.
    async fn finish_import(
        &self,
        id: &str,
        owner: &str,
        to: &str,
        about: &[u8],
        at: Option<i64>,
    ) -> Outcome<bool>;
    /// The plans of rows: number, action, state, calls and the plan itself.
    async fn plan_lines(&self, id: &str, owner: &str, plans: &[LineRow]) -> Outcome<bool>;
    /// Takes rows that wait, in order, and writes down that they are about to be sent; none once it is not running.
    async fn claim_lines(&self, id: &str, owner: &str, limit: i64) -> Outcome<Vec<LineRow>>;
    /// False when somebody else holds it by now.
    async fn mark_line(&self, id: &str, owner: &str, marked: Marked<'_>) -> Outcome<bool>;

    /// Those that wait for a person to do something.
    async fn waiting_imports(&self, limit: i64) -> Outcome<Vec<ImportRow>>;
    /// It may go on, if it still waits for that.
    async fn wake_import(&self, id: &str, why: &str) -> Outcome<()>;
    /// Forgets those that ended, or were applied and never ended, and those never applied, before these times.
    async fn forget_imports(&self, over_before: i64, made_before: i64) -> Outcome<u64>;
}
