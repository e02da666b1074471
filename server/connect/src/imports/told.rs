//! What is told of an import and of its rows.

use std::collections::BTreeMap;

use pagerduty::import::{Action, Kind, Outcome, Planned, Wanted};
use serde::{Deserialize, Serialize};

use super::states::{ImportState, RowState, WaitsFor};
use crate::vault::Count;

/// What is known of an import beside its rows. Sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportAbout {
    /// Users or services.
    pub kind: Kind,
    /// What the file is called.
    pub file: String,
    /// Who loaded it: their name and their address, as PagerDuty had them.
    pub by: (String, String),
    /// The columns of the file.
    pub header: Vec<String>,
    /// What is wrong with a file that cannot be read: line, column, sentence.
    pub mistakes: Vec<(u64, Option<String>, String)>,
    /// How many more there are.
    pub more: u64,
    /// The import whose failed rows these are, or that is to be undone.
    pub of: Option<String>,
    /// Whether it takes back what another made.
    pub undoes: bool,
    /// The scopes it takes to apply it, once it is planned.
    pub scopes: String,
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Its name in addresses.
    pub id: String,
    /// What it is at.
    pub state: ImportState,
    /// What it waits for a person to do.
    pub waits_for: Option<WaitsFor>,
    /// Seconds until it is tried again, since PagerDuty does not answer.
    pub retry_in: u64,
    /// What is known of it.
    pub about: ImportAbout,
    /// Unix seconds.
    pub created_at: i64,
    /// When it was applied.
    pub started_at: Option<i64>,
    /// When it was over.
    pub ended_at: Option<i64>,
    /// Counts what became of its rows.
    pub changes: i64,
    /// How many rows are at what.
    pub tally: Tally,
}

/// How many rows, and how many calls they take, by what is to be done and what they are at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(String, RowState), (u64, u64)>);

impl Tally {
    pub(super) fn of(counts: Vec<Count>) -> Self {
        let each = counts.into_iter().filter_map(|it| {
            let state = RowState::named(&it.state)?;
            Some(((it.action, state), (it.rows, it.calls)))
        });
        Self(each.collect())
    }

    fn sum(&self, fits: impl Fn(&str, RowState) -> bool) -> (u64, u64) {
        let fitting = self.0.iter().filter(|((action, state), _)| fits(action, *state));
        fitting.fold((0, 0), |(rows, calls), (_, more)| (rows + more.0, calls + more.1))
    }

    /// All rows.
    pub fn all(&self) -> u64 {
        self.sum(|_, _| true).0
    }

    /// Rows to be done so.
    pub fn planned(&self, action: Action) -> u64 {
        self.sum(|name, _| name == action.name()).0
    }

    /// Rows to be done so that are at that.
    pub fn at_planned(&self, action: Action, state: RowState) -> u64 {
        self.sum(|name, it| name == action.name() && it == state).0
    }

    /// Rows at that.
    pub fn at(&self, state: RowState) -> u64 {
        self.sum(|_, it| it == state).0
    }

    /// Rows that a person has not left out, and that something is to be done for, or was.
    pub fn to_do(&self) -> u64 {
        self.sum(|_, it| !matches!(it, RowState::Left | RowState::Excluded)).0
    }

    /// Of these, those that have come to something.
    pub fn done(&self) -> u64 {
        self.sum(|_, it| it.is_over()).0
    }

    /// Calls that are still to be made, at least.
    pub fn calls_left(&self) -> u64 {
        self.sum(|_, it| matches!(it, RowState::Pending | RowState::Sent)).1
    }
}

/// One row of an import.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// In the order of the file, from 1.
    pub number: i64,
    /// Where it stands in the file.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
    /// What tells it from others: an address or a name. The first cells of a row that says neither.
    pub key: String,
    /// How it is called.
    pub name: String,
    /// What it asks for, where that could be read.
    pub wanted: Option<Wanted>,
    /// What it comes to; none before it is planned.
    pub planned: Option<Planned>,
    /// What it is at.
    pub state: RowState,
    /// PagerDuty's id of what was made.
    pub remote_id: Option<String>,
    /// What became of it.
    pub outcome: Option<Outcome>,
    /// When it last changed: see [`Import::changes`].
    pub changed: i64,
}

/// Which rows; all in the order of the file when nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct FindRows {
    /// To be done so.
    pub action: Option<Action>,
    /// At that.
    pub state: Option<RowState>,
    /// Changed since, in the order of the changes.
    pub changed_after: Option<i64>,
    /// Rows before the first.
    pub offset: u64,
    /// At most.
    pub limit: u64,
}
