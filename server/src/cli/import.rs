//! `pdconnect import`: the same plan, run and report as in the browser.

use std::{
    fs,
    io::{self, Read as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use pagerduty::import::Kind;
use pagerduty_connect::imports::ImportError;

use super::{Failure, hand_out, say, who};
use crate::config::Flags;

mod asked;
mod json;
mod words;

use asked::Asked;

/// The file cannot be read, or the plan has rows that cannot be done, or rows failed.
const NOT_ALL: u8 = 2;
/// Somebody must agree to a scope, connect again, or free a licence.
const WAITS: u8 = 3;

/// Load users and services from CSV. Exit codes: 0 all done, 1 an error, 2 not all of it (see the report), 3 it waits
/// for a person.
#[derive(Debug, Subcommand)]
pub(super) enum ImportCommand {
    /// Load users
    #[command(after_help = "\
Examples:
  pdconnect import users people.csv --user bethany@acme.example
  pdconnect import users people.csv --apply

Next: without --apply nothing was written; pdconnect import apply ID carries the plan out.")]
    Users(LoadFlags),
    /// Load services
    #[command(after_help = "\
Example:
  pdconnect import services services.csv

Next: without --apply nothing was written; pdconnect import apply ID carries the plan out.")]
    Services(LoadFlags),
    /// Carry out a plan, or go on with an import that stands still
    #[command(after_help = "\
Example:
  pdconnect import apply ID

Next: pdconnect import report ID tells what became of every row. Cut short, run it again: nothing is made twice.")]
    Apply(OneFlags),
    /// Plan to take back what an import made; `apply` carries it out
    #[command(after_help = "\
Example:
  pdconnect import undo ID

Next: look at the plan, then pdconnect import apply with the id it prints.")]
    Undo(OneFlags),
    /// Print a plan, or a report, as CSV
    #[command(after_help = "\
Example:
  pdconnect import report ID > report.csv

Next: mend the rows that failed in your file, and load it again: rows that are done stay as they are.")]
    Report(OneFlags),
    /// List all imports, the newest first
    #[command(after_help = "\
Example:
  pdconnect import list --json

Next: pdconnect import report ID tells more about one.")]
    List(ListFlags),
    /// Print a file to begin with: users or services
    #[command(after_help = "\
Example:
  pdconnect import template users > people.csv

Next: put your rows in place of the two in it, then pdconnect import users people.csv shows what would be done.")]
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
                hand_out(it.connect.import_as_csv(&it.user, &id).await?.as_bytes())?;
                Ok(ExitCode::SUCCESS)
            })
            .await
        }
        ImportCommand::List(ListFlags { as_whom }) => {
            with(as_whom, Works::No, async |it| it.list().await).await
        }
        ImportCommand::Template { kind } => {
            hand_out(pagerduty::import::csv::template(kind).as_bytes())?;
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
    work: impl AsyncFnOnce(&Asked) -> Result<ExitCode, Stopped>,
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

/// Why it did not come to an end.
enum Stopped {
    Import(ImportError),
    /// It could not be told.
    Unsaid(Failure),
}

impl From<ImportError> for Stopped {
    fn from(why: ImportError) -> Self {
        Self::Import(why)
    }
}

impl From<Failure> for Stopped {
    fn from(why: Failure) -> Self {
        Self::Unsaid(why)
    }
}

fn in_words(stopped: Stopped) -> Failure {
    let error = match stopped {
        Stopped::Import(error) => error,
        Stopped::Unsaid(why) => return why,
    };
    match error {
        ImportError::Busy(other) => {
            format!("another import is under way. See it with: pdconnect import report {other}")
        }
        ImportError::Nothing => "there is nothing in it to be done".to_owned(),
        ImportError::Connect(e) if e.is_reconnect_required() => format!("{e}. Connect again, in the browser"),
        e => e.to_string(),
    }
}
