//! `pdconnect import`: the same plan, run and report as in the browser.

use std::{
    fs,
    io::{self, IsTerminal, Read as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Subcommand};
use pagerduty::import::{Action, Kind};
use pagerduty_connect::{
    Connect, UserId,
    imports::{FindRows, Import, ImportError, ImportRow, ImportState, RowState, WaitsFor},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Failure, who};
use crate::config::Flags;

/// The file cannot be read, or the plan has rows that cannot be done, or rows failed.
const NOT_ALL: u8 = 2;
/// Somebody must agree to a scope, connect again, or free a licence.
const WAITS: u8 = 3;
/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(200);
/// Rows of a plan that are printed.
const SHOWN: u64 = 50;

/// Load users and services from CSV. Exit codes: 0 all done, 1 an error, 2 not all of it (see the report), 3 it waits
/// for a person.
#[derive(Debug, Subcommand)]
pub(super) enum ImportCommand {
    /// Load users
    Users(LoadFlags),
    /// Load services
    Services(LoadFlags),
    /// Carry out a plan, or go on with an import that stands still
    Apply(OneFlags),
    /// Plan to take back what an import made; `apply` carries it out
    Undo(OneFlags),
    /// Print a plan, or a report, as CSV
    Report(OneFlags),
    /// List all imports, the newest first
    List(ListFlags),
    /// Print a file to begin with: users or services
    Template {
        /// users or services
        #[arg(value_parser = kind)]
        kind: Kind,
    },
}

#[derive(Args, Debug)]
pub(super) struct LoadFlags {
    /// A CSV file, or - for standard input
    file: PathBuf,
    /// Print the plan, and write nothing to PagerDuty (what happens without --apply)
    #[arg(long, conflicts_with = "apply")]
    plan_only: bool,
    /// Carry the plan out at once
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    as_whom: AsWhom,
}

#[derive(Args, Debug)]
pub(super) struct OneFlags {
    /// The import's id
    id: String,
    #[command(flatten)]
    as_whom: AsWhom,
}

#[derive(Args, Debug)]
pub(super) struct ListFlags {
    #[command(flatten)]
    as_whom: AsWhom,
}

#[derive(Args, Debug)]
struct AsWhom {
    /// As whom: an e-mail address or a user ID of PagerDuty. Not needed where one person is connected
    #[arg(long, value_name = "WHO")]
    user: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

fn kind(name: &str) -> Result<Kind, String> {
    Kind::named(name).ok_or_else(|| "it is users or services".to_owned())
}

pub(super) async fn run(command: ImportCommand) -> Result<ExitCode, Failure> {
    match command {
        ImportCommand::Users(flags) => load(Kind::Users, flags).await,
        ImportCommand::Services(flags) => load(Kind::Services, flags).await,
        ImportCommand::Apply(OneFlags { id, as_whom }) => {
            with(as_whom, Works::Yes, async |it| it.apply(&id).await).await
        }
        ImportCommand::Undo(OneFlags { id, as_whom }) => {
            with(as_whom, Works::Yes, async |it| {
                let new = it.connect.undo_import(&it.user, &id).await?;
                it.show_plan(&new).await
            })
            .await
        }
        ImportCommand::Report(OneFlags { id, as_whom }) => {
            with(as_whom, Works::No, async |it| {
                say(it.connect.import_as_csv(&it.user, &id).await?.trim_end());
                Ok(ExitCode::SUCCESS)
            })
            .await
        }
        ImportCommand::List(ListFlags { as_whom }) => {
            with(as_whom, Works::No, async |it| it.list().await).await
        }
        ImportCommand::Template { kind } => {
            say(pagerduty::import::csv::template(kind).trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn load(kind: Kind, load: LoadFlags) -> Result<ExitCode, Failure> {
    let LoadFlags { file, apply, as_whom, .. } = load;
    let bytes = read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let name = file.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    with(as_whom, Works::Yes, async |it| {
        let id = it.connect.begin_import(&it.user, kind, &name, bytes.clone()).await?;
        match apply {
            false => it.show_plan(&id).await,
            true => it.apply(&id).await,
        }
    })
    .await
}

fn read(file: &PathBuf) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(pagerduty::import::table::MAX_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let source: Box<dyn io::Read> = match file.to_str() {
        Some("-") => Box::new(io::stdin()),
        _ => Box::new(fs::File::open(file)?),
    };
    // One more than is taken: the reader says that it is too much.
    source.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether this process works on imports while somebody waits for one.
#[derive(PartialEq)]
enum Works {
    Yes,
    No,
}

async fn with(
    as_whom: AsWhom,
    works: Works,
    work: impl AsyncFnOnce(&Asked) -> Result<ExitCode, ImportError>,
) -> Result<ExitCode, Failure> {
    let AsWhom { user, json, flags } = as_whom;
    let (config, connect) = who::connect(flags).await?;
    let done = async {
        let user = who::one(&connect, user.as_deref()).await?;
        let asked = Asked { connect: connect.clone(), user, json };
        let working = (works == Works::Yes).then(|| {
            let (connect, options) = (connect.clone(), config.imports);
            tokio::spawn(async move { connect.work_on_imports(options).await })
        });
        let done = work(&asked).await.map_err(in_words);
        connect.wind_down();
        if let Some(working) = working {
            _ = working.await;
        }
        done
    };
    let done = done.await;
    connect.settle().await;
    connect.vault().close().await;
    done
}

fn in_words(error: ImportError) -> Failure {
    match error {
        ImportError::Busy(other) => {
            format!("another import is under way. See it with: pdconnect import report {other}")
        }
        ImportError::Nothing => "there is nothing in it to be done".to_owned(),
        ImportError::Connect(e) if e.is_reconnect_required() => format!("{e}. Connect again, in the browser"),
        e => e.to_string(),
    }
}

/// What others wrote may stand in it: nothing of it steers the terminal.
fn say(text: &str) {
    let plain: String = text.chars().map(|it| if it.is_control() && it != '\n' { ' ' } else { it }).collect();
    super::say(&plain);
}

struct Asked {
    connect: Connect,
    user: UserId,
    json: bool,
}

impl Asked {
    async fn apply(&self, id: &str) -> Result<ExitCode, ImportError> {
        let import = self.until(id, |it| it.state != ImportState::Planning).await?;
        match import.state {
            ImportState::Planned => self.connect.apply_import(&self.user, id).await?,
            ImportState::Running | ImportState::Paused => self.connect.resume_import(&self.user, id).await?,
            _ => {}
        }
        let import = self.until(id, |it| it.state != ImportState::Running).await?;
        self.show_end(&import).await
    }

    /// Waits until it is so, or until it waits for a person. Shows how far it is.
    async fn until(&self, id: &str, is_so: impl Fn(&Import) -> bool) -> Result<Import, ImportError> {
        let shows = io::stderr().is_terminal() && !self.json;
        loop {
            let import = self.connect.import(&self.user, id).await?;
            if shows {
                _ = write!(io::stderr(), "\r\x1b[K{}", bar(&import));
            }
            if is_so(&import) || import.waits_for.is_some() {
                if shows {
                    _ = write!(io::stderr(), "\r\x1b[K");
                }
                return Ok(import);
            }
            sleep(LOOK).await;
        }
    }

    async fn show_plan(&self, id: &str) -> Result<ExitCode, ImportError> {
        let import = self.until(id, |it| it.state != ImportState::Planning).await?;
        if self.json {
            return self.show_json(&import).await;
        }
        if let Some(code) = hindered(&import) {
            return Ok(code);
        }
        let mut left = SHOWN;
        for action in [Action::Conflict, Action::Create, Action::Update, Action::Delete] {
            let find = FindRows { action: Some(action), limit: left, ..FindRows::default() };
            for row in self.connect.import_rows(&self.user, id, find).await? {
                say(&planned(&row, action));
                left -= 1;
            }
        }
        let count = |action| import.tally.planned(action);
        say(&format!(
            "\n{} to create, {} to update, {} to remove, {} unchanged, {} in conflict. Nothing was written.",
            count(Action::Create),
            count(Action::Update),
            count(Action::Delete),
            count(Action::Unchanged),
            count(Action::Conflict),
        ));
        say(&format!("All rows:  pdconnect import report {id}\nApply it:  pdconnect import apply {id}"));
        Ok(if count(Action::Conflict) > 0 { ExitCode::from(NOT_ALL) } else { ExitCode::SUCCESS })
    }

    async fn show_end(&self, import: &Import) -> Result<ExitCode, ImportError> {
        if self.json {
            return self.show_json(import).await;
        }
        if let Some(code) = hindered(import) {
            return Ok(code);
        }
        for state in [RowState::Failed, RowState::Exists] {
            let find = FindRows { state: Some(state), limit: SHOWN, ..FindRows::default() };
            for row in self.connect.import_rows(&self.user, &import.id, find).await? {
                let problems = row.outcome.iter().flat_map(|it| &it.problems);
                let said: Vec<String> = problems.map(|it| format!("{} {}", it.said, it.remedy)).collect();
                say(&format!("line {}  {}  {}", row.line, row.key, said.join(" ")));
            }
        }
        let at = |state| import.tally.at(state);
        say(&format!(
            "{}: {} made, {} changed, {} removed, {} failed, {} made by somebody else meanwhile.",
            import.state.name(),
            at(RowState::Created) + at(RowState::Probably),
            at(RowState::Updated),
            at(RowState::Deleted) + at(RowState::Gone),
            at(RowState::Failed),
            at(RowState::Exists),
        ));
        say(&format!(
            "All rows:   pdconnect import report {0}\nTake back:  pdconnect import undo {0}",
            import.id
        ));
        Ok(code(import))
    }

    async fn list(&self) -> Result<ExitCode, ImportError> {
        let all = self.connect.imports(&self.user).await?;
        if self.json {
            say(&Value::from(all.iter().map(summary).collect::<Vec<_>>()).to_string());
            return Ok(ExitCode::SUCCESS);
        }
        for it in &all {
            let what = if it.about.undoes { "undo" } else { it.about.kind.name() };
            say(&format!(
                "{}  {what:<8}  {:<10}  {} rows  {}",
                it.id,
                it.state.name(),
                it.tally.all(),
                it.about.file
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn show_json(&self, import: &Import) -> Result<ExitCode, ImportError> {
        let mut rows = Vec::new();
        loop {
            let offset = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            let find = FindRows { offset, limit: 500, ..FindRows::default() };
            let some = self.connect.import_rows(&self.user, &import.id, find).await?;
            if some.is_empty() {
                break;
            }
            rows.extend(some.iter().map(in_json));
        }
        let mut told = summary(import);
        if let Value::Object(fields) = &mut told {
            fields.insert("rows".to_owned(), rows.into());
        }
        say(&told.to_string());
        Ok(code(import))
    }
}

/// One line of progress.
fn bar(import: &Import) -> String {
    const WIDTH: u64 = 30;
    let (done, all) = (import.tally.done(), import.tally.to_do().max(1));
    let full = usize::try_from(done.min(all) * WIDTH / all).unwrap_or(0);
    let failed = import.tally.at(RowState::Failed);
    match import.state {
        ImportState::Planning => "Looking your account up …".to_owned(),
        _ if import.retry_in > 0 => format!("PagerDuty does not answer; again in {} s", import.retry_in),
        _ => format!("[{:<30}] {done} of {all}, {failed} failed", "#".repeat(full)),
    }
}

/// Why there is neither a plan nor an end.
fn hindered(import: &Import) -> Option<ExitCode> {
    if import.state == ImportState::Unreadable {
        for (line, column, sentence) in &import.about.mistakes {
            let column = column.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
            say(&format!("line {line}{column}: {sentence}"));
        }
        if import.about.more > 0 {
            say(&format!("and {} more", import.about.more));
        }
        say("\nThe file was not used. Correct it, and load it again.");
        return Some(ExitCode::from(NOT_ALL));
    }
    let said = match import.waits_for.as_ref()? {
        WaitsFor::Scopes(scopes) => {
            format!(
                "It needs {scopes}. Open it in the browser, where PagerDuty asks you for that: /import/{}",
                import.id
            )
        }
        WaitsFor::Connect => {
            "The connection is over. Connect again, in the browser; then it goes on.".to_owned()
        }
        WaitsFor::Licence => format!(
            "PagerDuty has no licence left. Free one or add some, then: pdconnect import apply {}",
            import.id
        ),
        WaitsFor::Refused(said) => {
            format!("{said} When that is mended: pdconnect import apply {}", import.id)
        }
        WaitsFor::Altered => "What is stored of it does not open. Load the file again.".to_owned(),
    };
    say(&said);
    Some(ExitCode::from(WAITS))
}

fn code(import: &Import) -> ExitCode {
    let at = |state| import.tally.at(state);
    let lost = at(RowState::Failed) + at(RowState::Exists) + import.tally.planned(Action::Conflict);
    match import.state {
        _ if import.waits_for.is_some() => ExitCode::from(WAITS),
        ImportState::Unreadable | ImportState::Cancelled | ImportState::Paused => ExitCode::from(NOT_ALL),
        _ if lost > 0 => ExitCode::from(NOT_ALL),
        _ => ExitCode::SUCCESS,
    }
}

fn planned(row: &ImportRow, action: Action) -> String {
    let plan = row.planned.as_ref();
    let words: Vec<String> = match action {
        Action::Conflict => plan.map(|it| it.why.clone()).unwrap_or_default(),
        _ => plan.map(|it| it.changes_in_words()).unwrap_or_default().into_iter().map(in_words_of).collect(),
    };
    format!("line {:<5} {:<9} {}  {}", row.line, action.name(), row.key, words.join("; "))
}

fn in_words_of((field, before, after): (String, String, String)) -> String {
    if before.is_empty() { format!("{field}: {after}") } else { format!("{field}: {before} → {after}") }
}

fn summary(import: &Import) -> Value {
    let states: serde_json::Map<String, Value> =
        RowState::ALL.into_iter().map(|it| (it.name().to_owned(), import.tally.at(it).into())).collect();
    let actions: serde_json::Map<String, Value> =
        Action::ALL.into_iter().map(|it| (it.name().to_owned(), import.tally.planned(it).into())).collect();
    let mistakes = import
        .about
        .mistakes
        .iter()
        .map(|(line, column, said)| json!({ "line": line, "column": column, "said": said }));
    json!({
        "id": import.id,
        "kind": import.about.kind.name(),
        "file": import.about.file,
        "undoes": import.about.undoes,
        "state": import.state.name(),
        "waits_for": import.waits_for.as_ref().map(|it| match it {
            WaitsFor::Scopes(scopes) => scopes.to_string(),
            WaitsFor::Connect => "connect".to_owned(),
            WaitsFor::Licence => "licence".to_owned(),
            WaitsFor::Refused(said) => said.clone(),
            WaitsFor::Altered => "altered".to_owned(),
        }),
        "planned": actions,
        "rows_at": states,
        "scopes": import.about.scopes,
        "mistakes": mistakes.collect::<Vec<_>>(),
    })
}

fn in_json(row: &ImportRow) -> Value {
    json!({
        "line": row.line,
        "key": row.key,
        "name": row.name,
        "action": row.planned.as_ref().map(|it| it.action.name()),
        "why": row.planned.as_ref().map(|it| it.why.clone()),
        "changes": row.planned.as_ref().map(|it| it.changes_in_words()),
        "state": row.state.name(),
        "id": row.remote_id,
        "problems": row.outcome.as_ref().map(|it| it.said().collect::<Vec<_>>()),
    })
}
