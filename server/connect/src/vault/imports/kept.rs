//! Imports and their rows out of a home, still sealed; and what is asked of a home about them.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{
    about_place, name, open, place,
    store::{ImportRow, LineRow},
    theirs,
};
use crate::{
    UserId,
    vault::{Key, VaultError},
};

/// An import with the key to what is sealed of it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(super) key: Key,
    pub(super) row: ImportRow,
}

/// One row of it, still sealed.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    key: Key,
    import: String,
    row: LineRow,
}

/// A row to be kept, or planned anew.
pub(crate) struct NewLine<'a, R, P> {
    pub number: i64,
    pub action: &'a str,
    pub state: &'a str,
    pub calls: i64,
    pub row: Option<&'a R>,
    pub plan: Option<&'a P>,
}

/// How many rows are to be done so, and are so far; with the calls they take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub action: String,
    pub state: String,
    pub rows: u64,
    pub calls: u64,
}

/// Which rows; all in the order of the file when nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Find<'a> {
    pub action: &'a str,
    pub state: &'a str,
    /// Those that changed since, in the order of their changes.
    pub changed_after: Option<i64>,
    pub offset: u64,
    pub limit: u64,
}

/// What became of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark<'a, O> {
    pub number: i64,
    pub state: &'a str,
    pub remote_id: Option<&'a str>,
    pub outcome: Option<&'a O>,
    pub in_vain: bool,
}

impl Kept {
    pub(crate) fn id(&self) -> &str {
        &self.row.id
    }

    pub(crate) fn user(&self) -> &UserId {
        &self.row.user
    }

    pub(crate) fn state(&self) -> &str {
        &self.row.state
    }

    pub(crate) fn why(&self) -> Option<&str> {
        self.row.why.as_deref()
    }

    /// When it was made, started and ended.
    pub(crate) fn times(&self) -> (i64, Option<i64>, Option<i64>) {
        (self.row.created_at, self.row.started_at, self.row.ended_at)
    }

    pub(crate) fn changes(&self) -> i64 {
        self.row.changes
    }

    /// Whether somebody works on it at this moment.
    pub(crate) fn is_held(&self) -> bool {
        self.row.is_held
    }

    pub(crate) fn retry_in(&self) -> Duration {
        self.row.retry_in
    }

    pub(crate) fn about<T: DeserializeOwned>(&self) -> Result<T, VaultError> {
        open(&self.key, about_place(&theirs(&self.row.id, &self.row.user)), &self.row.about)
    }

    pub(super) fn line(&self, row: LineRow) -> Line {
        Line { key: self.key.clone(), import: self.row.id.clone(), row }
    }
}

impl Line {
    pub(crate) fn number(&self) -> i64 {
        self.row.number
    }

    pub(crate) fn state(&self) -> &str {
        &self.row.state
    }

    pub(crate) fn tries(&self) -> i64 {
        self.row.tries
    }

    pub(crate) fn remote_id(&self) -> Option<&str> {
        self.row.remote_id.as_deref()
    }

    pub(crate) fn changed(&self) -> i64 {
        self.row.changed
    }

    pub(crate) fn row<T: DeserializeOwned>(&self) -> Result<T, VaultError> {
        open(&self.key, place("row_sealed", &self.name()), &self.row.row)
    }

    pub(crate) fn plan<T: DeserializeOwned>(&self) -> Result<Option<T>, VaultError> {
        let plan = self.row.plan.as_ref();
        plan.map(|plan| open(&self.key, place("plan_sealed", &self.name()), plan)).transpose()
    }

    pub(crate) fn outcome<T: DeserializeOwned>(&self) -> Result<Option<T>, VaultError> {
        let outcome = self.row.outcome.as_ref();
        outcome.map(|it| open(&self.key, place("outcome_sealed", &self.name()), it)).transpose()
    }

    fn name(&self) -> String {
        name(&self.import, self.row.number)
    }
}
