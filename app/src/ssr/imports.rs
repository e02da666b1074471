//! Imports: who is asking → one call of the library → the board, or the way back to it.

use pagerduty_connect::{
    Error, ImportError,
    imports::{FindRows, Import, ImportRow, ImportState, RowState},
};

use super::{asker::Asker, fields::Fields, lead};
use crate::{
    board::Board,
    boards::import::{
        AT_ONCE, PATH, Shown, TOLD, address, list, plan, report, run, tabs,
        tabs::{Tab, current},
        wait,
    },
    error::AppError,
};

/// Rows that changed last, while an import runs.
const NEWEST: usize = 20;
/// Rows that were not done, while it runs.
const FAILURES: u64 = 50;

pub async fn imports(query: &str) -> Result<Board, AppError> {
    let fields = Fields::parse(query);
    let asker = Asker::at(PATH.to_owned()).await?;
    let all = asker.connect.imports(&asker.session.user).await.map_err(plain)?;
    Ok(list::page(&asker, &fields, all))
}

pub async fn import(id: &str, query: &str) -> Result<Option<Board>, AppError> {
    let fields = Fields::parse(query);
    let asker = Asker::at(address(id)).await?;
    let import = match asker.connect.import(&asker.session.user, id).await {
        Ok(import) => import,
        Err(ImportError::Unknown) => return Ok(None),
        Err(error) => return Err(plain(error).into()),
    };
    let shown = Shown { asker: &asker, fields: &fields, import: &import };
    Ok(Some(match import.state {
        ImportState::Unreadable => wait::unreadable(&shown),
        ImportState::Planning => wait::planning(&shown),
        ImportState::Planned => {
            let share = super::state()?.import_share;
            let tabs = tabs::of_plan(&import);
            let rows = rows(&asker, &import, current(&tabs, &fields), &fields).await?;
            plan::page(&shown, share, &tabs, rows)
        }
        ImportState::Running | ImportState::Paused => {
            let failures = failures(&asker, &import).await?;
            let newest = newest(&asker, &import).await?;
            run::page(&shown, failures, newest)
        }
        ImportState::Done | ImportState::Cancelled => {
            let tabs = tabs::of_report(&import);
            let tab = current(&tabs, &fields);
            let rows = match tab.is_all() {
                true => worst_first(&asker, &import, &fields).await?,
                false => rows(&asker, &import, tab, &fields).await?,
            };
            report::page(&shown, &tabs, rows)
        }
    }))
}

async fn rows(asker: &Asker, import: &Import, tab: &Tab, fields: &Fields) -> Result<Vec<ImportRow>, Error> {
    let (action, state) = (tab.action, tab.state);
    find(
        asker,
        import,
        FindRows { action, state, offset: fields.offset_by(AT_ONCE), limit: AT_ONCE, ..FindRows::default() },
    )
    .await
}

async fn find(asker: &Asker, import: &Import, find: FindRows) -> Result<Vec<ImportRow>, Error> {
    asker.connect.import_rows(&asker.session.user, &import.id, find).await.map_err(plain)
}

/// All rows, those to be looked at first, first.
async fn worst_first(asker: &Asker, import: &Import, fields: &Fields) -> Result<Vec<ImportRow>, Error> {
    let (mut skip, mut found) = (fields.offset_by(AT_ONCE), Vec::new());
    for state in RowState::ALL {
        let has = import.tally.at(state);
        if skip >= has {
            skip -= has;
            continue;
        }
        let limit = AT_ONCE.saturating_sub(found.len().try_into().unwrap_or(AT_ONCE));
        if limit == 0 {
            break;
        }
        let which = FindRows { state: Some(state), offset: skip, limit, ..FindRows::default() };
        found.extend(find(asker, import, which).await?);
        skip = 0;
    }
    Ok(found)
}

async fn failures(asker: &Asker, import: &Import) -> Result<Vec<ImportRow>, Error> {
    let mut found = Vec::new();
    for state in [RowState::Failed, RowState::Exists] {
        let which = FindRows { state: Some(state), limit: FAILURES, ..FindRows::default() };
        found.extend(find(asker, import, which).await?);
    }
    Ok(found)
}

/// Those that came to something last, the newest first.
async fn newest(asker: &Asker, import: &Import) -> Result<Vec<ImportRow>, Error> {
    // A change each, and for what is made one more: its id is written down before the rest is done.
    let reach = i64::try_from(NEWEST).unwrap_or(i64::MAX) * 3;
    let after = Some((import.changes - reach).max(0));
    let which = FindRows { changed_after: after, limit: reach.unsigned_abs(), ..FindRows::default() };
    let mut rows = find(asker, import, which).await?;
    rows.retain(|row| super::live::word(row).is_some_and(|word| word != "failed"));
    rows.reverse();
    rows.truncate(NEWEST);
    Ok(rows)
}

pub async fn choose_rows(id: &str, rows: &[String], to: &str, return_to: &str) -> Result<(), AppError> {
    let choose = async || {
        let here = address(id);
        let fields =
            return_to.strip_prefix(&here).and_then(|rest| rest.strip_prefix('?')).unwrap_or_default();
        let fields = Fields::parse(fields).without(&TOLD);
        let place = |note: &str, rows: u64| {
            let rows = (rows > 0).then(|| rows.to_string());
            fields.with("note", Some(note)).with("rows", rows.as_deref()).address(&here)
        };
        let Some(asker) = asker(&here).await? else { return Ok(here) };
        let chosen: Vec<i64> = rows.iter().filter_map(|row| row.parse().ok()).take(MAX_CHOSEN).collect();
        if chosen.is_empty() {
            return Ok(place("none-chosen", 0));
        }
        let is_in = to == "in";
        match asker.connect.choose_rows(&asker.session.user, id, &chosen, is_in).await {
            Ok(0) => Ok(place("none-changed", 0)),
            Ok(rows) => Ok(place(if is_in { "taken-in" } else { "left-out" }, rows)),
            Err(error) => refused(error, id),
        }
    };
    lead(choose().await)
}

/// Rows chosen by one press: all that a page shows.
const MAX_CHOSEN: usize = AT_ONCE as usize;

pub async fn change_import(id: &str, to: &str) -> Result<(), AppError> {
    let change = async || {
        let here = address(id);
        let Some(asker) = asker(&here).await? else { return Ok(here) };
        let (connect, user) = (&asker.connect, &asker.session.user);
        let done = match to {
            "apply" => connect.apply_import(user, id).await.map(|()| here),
            "pause" => connect.pause_import(user, id).await.map(|()| here),
            "resume" => connect.resume_import(user, id).await.map(|()| here),
            "cancel" => connect.cancel_import(user, id).await.map(|()| here),
            "discard" => connect.cancel_import(user, id).await.map(|()| format!("{PATH}?note=discarded")),
            "again" => connect.import_failed_again(user, id).await.map(|id| address(&id)),
            "undo" => connect.undo_import(user, id).await.map(|id| address(&id)),
            _ => Ok(here),
        };
        done.or_else(|error| refused(error, id))
    };
    lead(change().await)
}

/// None when nobody is signed in any more: the page itself says so, and offers to come back.
async fn asker(here: &str) -> Result<Option<Asker>, Error> {
    match Asker::at(here.to_owned()).await {
        Ok(asker) => Ok(Some(asker)),
        Err(e) if e.is_reconnect_required() => Ok(None),
        Err(e) => Err(e),
    }
}

/// Where a person is told why it was not done.
fn refused(error: ImportError, id: &str) -> Result<String, Error> {
    let here = address(id);
    Ok(match error {
        ImportError::Connect(error) => return Err(error),
        ImportError::Busy(other) => format!("{here}?note=busy&other={other}"),
        ImportError::TooLate(_) => format!("{here}?note=too-late"),
        ImportError::StillEnding => format!("{here}?note=still-ending"),
        ImportError::Nothing => format!("{here}?note=nothing"),
        ImportError::TooMany => format!("{here}?note=too-many"),
        // Its page says that there is none.
        _ => here,
    })
}

/// Of what no person can have asked for.
fn plain(error: ImportError) -> Error {
    match error {
        ImportError::Connect(error) => error,
        _ => Error::Stopped,
    }
}
