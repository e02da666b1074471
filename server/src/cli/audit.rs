//! `pdconnect audit`: what happened to connections, and whether it still stands as it was written.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use pagerduty::error::printable;
use pagerduty_connect::{
    UserId, Vault, VaultError,
    audit::{AuditLine, BrokenAudit, CheckedAudit, check_audit_file},
};

use super::{Failure, say, vault};
use crate::config::{Config, Flags};

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct AuditFlags {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    /// Only what happened since then, in UTC: 2026-11-01, or 2026-11-01T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only of this person: PagerDuty's user ID, or ACCOUNT/USER
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// One JSON object a line, with hashes
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Print the whole log, one JSON object a line, the head last: a file that can be checked by itself.
    #[command(after_help = "\
Example:
  pdconnect audit export > audit-2026-11.jsonl

Next: keep it apart, with the key file of today; pdconnect audit verify FILE checks it at any time.")]
    Export(Flags),
    /// Tell whether every line stands as it was written: of the database, or of an exported file.
    ///
    /// A file is checked with VAULT_KEY_FILE alone, which must hold the key of the time it was exported.
    #[command(after_help = "\
Examples:
  pdconnect audit verify
  pdconnect audit verify audit-2026-11.jsonl

Next: where a line is told as broken, everything before it can be believed; compare with the last export.")]
    Verify {
        /// An exported file
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        flags: Flags,
    },
}

pub(super) async fn run(asked: AuditFlags) -> Result<(), Failure> {
    match asked.command {
        None => list(asked).await,
        Some(AuditCommand::Export(flags)) => export(flags).await,
        Some(AuditCommand::Verify { file: None, flags }) => verify(flags).await,
        Some(AuditCommand::Verify { file: Some(file), flags }) => verify_file(&file, flags),
    }
}

async fn list(AuditFlags { since, user, json, flags, .. }: AuditFlags) -> Result<(), Failure> {
    let since = since.as_deref().map(time).transpose()?;
    let wanted = |line: &AuditLine| {
        let is_theirs = |id: &str| {
            line.user == id
                || UserId::parse(&line.user).is_some_and(|user| {
                    let person = user.person();
                    [user.as_str(), person].contains(&id)
                        || person.rsplit('/').next() == Some(id)
                        || user.owner() == Some(id)
                })
        };
        since.is_none_or(|since| line.at >= since) && user.as_deref().is_none_or(is_theirs)
    };
    let vault = vault::at(flags).await?;
    let show = |line: &AuditLine| match (wanted(line), json) {
        (false, _) => Ok(()),
        (true, true) => say(&line.to_json()),
        (true, false) => {
            let at = Timestamp::from_second(line.at).map(|at| at.to_string()).unwrap_or_default();
            say(&printable(&format!("{at}  {:<16} {}  {}", line.event, line.user, line.detail)))
        }
    };
    let shown = each_line(&vault, i64::MAX, show).await;
    vault.close().await;
    shown
}

async fn export(flags: Flags) -> Result<(), Failure> {
    let vault = vault::at(flags).await?;
    let exported = async {
        // What is written from now on is of another head.
        let head = vault.export_audit_head().await.map_err(|e| e.to_string())?;
        let Some((lines, head)) = head else { return Ok(()) };
        each_line(&vault, lines, |line| say(&line.to_json())).await?;
        say(&head)
    };
    let exported = exported.await;
    vault.close().await;
    exported
}

/// Those up to number `last`.
async fn each_line(
    vault: &Vault,
    last: i64,
    show: impl Fn(&AuditLine) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut after = i64::MIN;
    loop {
        let lines = vault.audit_lines(after).await.map_err(|e| e.to_string())?;
        let Some(end) = lines.last() else { return Ok(()) };
        after = end.seq;
        lines.iter().filter(|line| line.seq <= last).try_for_each(&show)?;
        if after >= last {
            return Ok(());
        }
    }
}

async fn verify(flags: Flags) -> Result<(), Failure> {
    let vault = vault::at(flags).await?;
    let checked = vault.check_audit().await.map_err(|e| e.to_string());
    vault.close().await;
    told(checked?)
}

fn verify_file(file: &PathBuf, flags: Flags) -> Result<(), Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    let text = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let text = String::from_utf8_lossy(&text);
    let checked = check_audit_file(&text, &config.vault_key_file).map_err(|e| match e {
        VaultError::WrongKey { path, id } => format!(
            "VAULT_KEY_FILE: {} does not hold the key {id}, under which this was exported. Name the key file of that \
             time with --vault-key-file",
            path.display()
        ),
        e => format!("VAULT_KEY_FILE: {e}"),
    })?;
    told(checked)
}

fn told(checked: Result<CheckedAudit, BrokenAudit>) -> Result<(), Failure> {
    let CheckedAudit { lines, since } = checked.map_err(|broken| {
        format!(
            "the audit log does not stand as it was written: {broken}. Compare it with an earlier export, and look \
             into who can write to it"
        )
    })?;
    let since = since.and_then(|at| Timestamp::from_second(at).ok());
    match since {
        Some(since) => {
            say(&format!("All {lines} lines stand as they were written. The first is of {since}."))
        }
        None => say("There is no line yet."),
    }
}

/// A day begins at midnight in UTC.
fn time(text: &str) -> Result<i64, Failure> {
    let time = text.parse::<Timestamp>().ok();
    let day = || Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let time = time.or_else(day).map(Timestamp::as_second);
    time.ok_or_else(|| "--since: write a day, 2026-11-01, or a time, 2026-11-01T12:00:00Z".into())
}
