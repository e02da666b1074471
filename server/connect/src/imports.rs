//! Loading users and services from CSV: planned, looked at by a person, carried out in the background, reported,
//! undone.
//!
//! ```text
//! begin → planning → planned → apply → running ⇄ paused → done
//!       ↘ unreadable                       ↘ cancelled
//! ```
//!
//! Everything stands in the database before it happens: a row is `sent` before its first byte goes out, so that
//! whoever finds it after a crash looks before asking again. An import is worked on by whichever process holds its
//! lease ([`Connect::work_on_imports`]); when that dies, another takes it over.

use pagerduty::import::{Action, Kind, Mistake, Planned, Table, Wanted};
use serde::{Deserialize, Serialize};

use crate::{
    Connect, Error, Event, UserId,
    vault::{Find, Kept, Line, Moved, NewLine},
};

mod states;
mod told;

mod job;
mod planning;
mod running;

mod after;
mod report;

pub use job::ImportOptions;
pub(crate) use job::Importing;
pub use states::{ImportState, RowState, WaitsFor};
pub use told::{FindRows, Import, ImportAbout, ImportRow, Tally};

/// Imports kept for one person.
const MOST: i64 = 100;
/// Rows that are read at once when all are.
const AT_ONCE: u64 = 500;
/// A plan that nobody applied is forgotten after so long: what is in PagerDuty has changed since.
const PLAN_SECS: i64 = 7 * 24 * 3600;

/// A row as the journal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Written {
    line: u64,
    cells: Vec<String>,
    wanted: Option<Wanted>,
    /// Column and sentence.
    mistakes: Vec<(Option<String>, String)>,
}

/// Why an import did not do what a person asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// There is none of that name, or it is somebody else's.
    #[error("there is no such import")]
    Unknown,
    /// Another one of theirs is under way.
    #[error("another import is under way: {0}")]
    Busy(String),
    /// It is at something at which that cannot be done.
    #[error("it is {} by now; look at it again", .0.name())]
    TooLate(ImportState),
    /// Too many are kept, and none of them is over.
    #[error("there are {MOST} imports that are not over")]
    TooMany,
    /// It has been ended, and its last rows are still coming to something.
    #[error("its last rows are still under way; try again in a few seconds")]
    StillEnding,
    /// There is no row to do it with.
    #[error("there is no such row")]
    Nothing,
    /// The database, or the connection.
    #[error(transparent)]
    Connect(#[from] Error),
}

impl From<crate::VaultError> for ImportError {
    fn from(error: crate::VaultError) -> Self {
        Self::Connect(error.into())
    }
}

impl Connect {
    /// Reads a file and keeps what is in it, to be planned in the background. A file that cannot be read is kept, too,
    /// with what is wrong with it. Gives the import's id.
    pub async fn begin_import(
        &self,
        user: &UserId,
        kind: Kind,
        file: &str,
        bytes: Vec<u8>,
    ) -> Result<String, ImportError> {
        let read = tokio::task::spawn_blocking(move || Table::read(kind, &bytes)).await;
        let mut about = self.import_about(user, kind, file).await?;
        let id = match read.map_err(|_| Error::Stopped)? {
            Err(unreadable) => {
                let told = |it: Mistake| (it.line, it.column, it.said);
                about.mistakes = unreadable.mistakes.into_iter().map(told).collect();
                about.more = unreadable.more;
                self.keep_import(user, ImportState::Unreadable, &about, &[]).await?
            }
            Ok(table) => {
                about.header = table.header;
                let written: Vec<Written> = table.rows.into_iter().map(Written::of).collect();
                self.keep_import(user, ImportState::Planning, &about, &written).await?
            }
        };
        self.tell_import(user, &id, "import.begun", None).await;
        Ok(id)
    }

    async fn import_about(&self, user: &UserId, kind: Kind, file: &str) -> Result<ImportAbout, ImportError> {
        let connection = self.connection(user).await?.ok_or(Error::NotConnected)?;
        let by = connection.about.user;
        let file: String = file.chars().filter(|it| !it.is_control()).take(200).collect();
        Ok(ImportAbout {
            kind,
            file,
            by: (by.name, by.email),
            header: Vec::new(),
            mistakes: Vec::new(),
            more: 0,
            of: None,
            undoes: false,
            scopes: String::new(),
        })
    }

    async fn keep_import(
        &self,
        user: &UserId,
        state: ImportState,
        about: &ImportAbout,
        rows: &[Written],
    ) -> Result<String, ImportError> {
        let line = |(row, number)| NewLine::<_, Planned> {
            number,
            action: "",
            state: RowState::Pending.name(),
            calls: 0,
            row: Some(row),
            plan: None,
        };
        let lines: Vec<_> = rows.iter().zip(1..).map(line).collect();
        let id = self.vault().put_import(user, state.name(), about, &lines, (self.now(), MOST)).await?;
        self.importing().wake();
        id.ok_or(ImportError::TooMany)
    }

    /// Everything a person has loaded, the newest first.
    pub async fn imports(&self, user: &UserId) -> Result<Vec<Import>, ImportError> {
        let mut imports = Vec::new();
        for kept in self.vault().imports_of(user, MOST).await? {
            imports.push(self.told(&kept).await?);
        }
        Ok(imports)
    }

    /// One of theirs.
    pub async fn import(&self, user: &UserId, id: &str) -> Result<Import, ImportError> {
        let kept = self.theirs(user, id).await?;
        self.told(&kept).await
    }

    /// Some of its rows.
    pub async fn import_rows(
        &self,
        user: &UserId,
        id: &str,
        find: FindRows,
    ) -> Result<Vec<ImportRow>, ImportError> {
        let kept = self.theirs(user, id).await?;
        self.rows_of(&kept, find).await
    }

    async fn rows_of(&self, kept: &Kept, find: FindRows) -> Result<Vec<ImportRow>, ImportError> {
        let find = Find {
            action: find.action.map_or("", Action::name),
            state: find.state.map_or("", RowState::name),
            changed_after: find.changed_after,
            offset: find.offset,
            limit: find.limit,
        };
        let lines = self.vault().lines(kept, find).await?;
        lines.iter().map(|line| read(line).map_err(ImportError::from)).collect()
    }

    async fn all_rows(&self, kept: &Kept) -> Result<Vec<ImportRow>, ImportError> {
        let mut rows = Vec::new();
        loop {
            let offset = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            let some = self.rows_of(kept, FindRows { offset, limit: AT_ONCE, ..FindRows::default() }).await?;
            if some.is_empty() {
                return Ok(rows);
            }
            rows.extend(some);
        }
    }

    /// Leaves rows out, or takes them in again. Says how many.
    pub async fn choose_rows(
        &self,
        user: &UserId,
        id: &str,
        rows: &[i64],
        is_in: bool,
    ) -> Result<u64, ImportError> {
        let (from, to) = match is_in {
            true => (RowState::Excluded, RowState::Pending),
            false => (RowState::Pending, RowState::Excluded),
        };
        self.theirs(user, id).await?;
        Ok(self.vault().choose_lines(id, user, rows, from.name(), to.name()).await?)
    }

    /// Carries out a plan, in the background.
    pub async fn apply_import(&self, user: &UserId, id: &str) -> Result<(), ImportError> {
        use ImportState::{Planned, Running};
        let import = self.import(user, id).await?;
        if import.state == Planned && import.tally.at(RowState::Pending) == 0 {
            return Err(ImportError::Nothing);
        }
        self.move_import(user, id, &[Planned], Running, "import.applied").await?;
        self.importing().wake();
        Ok(())
    }

    /// Sends no more rows until it is told to go on.
    pub async fn pause_import(&self, user: &UserId, id: &str) -> Result<(), ImportError> {
        self.move_import(user, id, &[ImportState::Running], ImportState::Paused, "import.paused").await
    }

    /// Goes on; also with what it waited for a person to do.
    pub async fn resume_import(&self, user: &UserId, id: &str) -> Result<(), ImportError> {
        use ImportState::{Paused, Running};
        self.move_import(user, id, &[Paused, Running], Running, "import.resumed").await?;
        self.importing().wake();
        Ok(())
    }

    /// Ends it: what was done stays, what was not is not done.
    pub async fn cancel_import(&self, user: &UserId, id: &str) -> Result<(), ImportError> {
        use ImportState::{Cancelled, Paused, Planned, Planning, Running};
        self.move_import(user, id, &[Planning, Planned, Running, Paused], Cancelled, "import.cancelled").await
    }

    async fn move_import(
        &self,
        user: &UserId,
        id: &str,
        from: &[ImportState],
        to: ImportState,
        event: &'static str,
    ) -> Result<(), ImportError> {
        let names: Vec<&str> = from.iter().map(|it| it.name()).collect();
        match self.vault().move_import(id, user, &names, to.name(), self.now()).await? {
            Moved::Done => {
                self.tell_import(user, id, event, None).await;
                Ok(())
            }
            Moved::No => Err(ImportError::TooLate(self.import(user, id).await?.state)),
            Moved::Busy => {
                let all = self.vault().imports_of(user, MOST).await?;
                let is_other = |it: &&Kept| ImportState::named(it.state()).is_under_way() && it.id() != id;
                let other = all.iter().find(is_other);
                Err(ImportError::Busy(other.map(|it| it.id().to_owned()).unwrap_or_default()))
            }
        }
    }

    /// One line for the whole of it; of its rows there is the journal.
    async fn tell_import(&self, user: &UserId, id: &str, what: &'static str, of: Option<&str>) {
        tracing::info!(target: "security", event = what, user = %user, import = %id);
        let (user, import, of) = (user.clone(), id.to_owned(), of.map(str::to_owned));
        self.tell(Event::Import { user, import, what, of, rows: Vec::new() }).await;
    }

    async fn theirs(&self, user: &UserId, id: &str) -> Result<Kept, ImportError> {
        let kept = self.vault().import(id).await?;
        kept.filter(|kept| kept.user() == user).ok_or(ImportError::Unknown)
    }

    async fn told(&self, kept: &Kept) -> Result<Import, ImportError> {
        let (created_at, started_at, ended_at) = kept.times();
        Ok(Import {
            id: kept.id().to_owned(),
            state: ImportState::named(kept.state()),
            waits_for: kept.why().map(WaitsFor::read),
            retry_in: kept.retry_in().as_secs(),
            about: kept.about()?,
            created_at,
            started_at,
            ended_at,
            changes: kept.changes(),
            tally: Tally::of(self.vault().tally(kept.id()).await?),
        })
    }

    /// Forgets what is older than an operator wants to keep it.
    pub(crate) async fn forget_imports(&self, keep_secs: i64) {
        let now = self.now();
        match self.vault().forget_imports(now - keep_secs, now - PLAN_SECS).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(event = "imports.forgotten", forgotten),
            Err(e) => tracing::warn!(event = "sweep.imports", cause = %e),
        }
    }
}

impl Written {
    fn of(record: pagerduty::import::Record) -> Self {
        let (wanted, mistakes) = match record.wanted {
            Ok(wanted) => (Some(wanted), Vec::new()),
            Err(mistakes) => (None, mistakes.into_iter().map(|it| (it.column, it.said)).collect()),
        };
        Self { line: record.line, cells: record.cells, wanted, mistakes }
    }

    fn of_row(row: ImportRow) -> Self {
        Self { line: row.line, cells: row.cells, wanted: row.wanted, mistakes: Vec::new() }
    }
}

/// Opens a row.
fn read(line: &Line) -> Result<ImportRow, crate::VaultError> {
    let Written { line: at, cells, wanted, .. } = line.row()?;
    let first = || cells.iter().find(|it| !it.is_empty()).cloned().unwrap_or_default();
    let (key, name) = match &wanted {
        Some(Wanted::User(user)) => (user.email.clone(), user.name.clone()),
        Some(Wanted::Service(service)) => (service.name.clone(), service.name.clone()),
        None => (first(), first()),
    };
    Ok(ImportRow {
        number: line.number(),
        line: at,
        key,
        name,
        wanted,
        planned: line.plan()?,
        state: RowState::named(line.state()).unwrap_or(RowState::Left),
        remote_id: line.remote_id().map(str::to_owned),
        outcome: line.outcome()?,
        changed: line.changed(),
        cells,
    })
}
