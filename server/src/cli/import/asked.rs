//! An import under way, and what is shown of it.

use std::{
    io::{self, IsTerminal, Write as _},
    process::ExitCode,
    time::Duration,
};

use pagerduty::import::Action;
use pagerduty_connect::{
    Connect, UserId,
    imports::{FindRows, Import, ImportError, ImportState, RowState},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    NOT_ALL, Stopped, WAITS,
    json::{in_json, summary},
    say,
    words::{bar, hindrance, planned},
};

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(200);
/// Rows of a plan that are printed.
const SHOWN: u64 = 50;

/// What was asked for, and by whom.
pub(super) struct Asked {
    pub connect: Connect,
    pub user: UserId,
    pub json: bool,
}

impl Asked {
    pub(super) async fn apply(&self, id: &str) -> Result<ExitCode, Stopped> {
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

    pub(super) async fn show_plan(&self, id: &str) -> Result<ExitCode, Stopped> {
        let import = self.until(id, |it| it.state != ImportState::Planning).await?;
        if self.json {
            return self.show_json(&import).await;
        }
        if let Some((said, code)) = hindrance(&import) {
            say(&said)?;
            return Ok(ExitCode::from(code));
        }
        let mut left = SHOWN;
        for action in [Action::Conflict, Action::Create, Action::Update, Action::Delete] {
            let find = FindRows { action: Some(action), limit: left, ..FindRows::default() };
            for row in self.connect.import_rows(&self.user, id, find).await? {
                say(&planned(&row, action))?;
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
        ))?;
        say(&format!("All rows:  pdconnect import report {id}\nApply it:  pdconnect import apply {id}"))?;
        Ok(if count(Action::Conflict) > 0 { ExitCode::from(NOT_ALL) } else { ExitCode::SUCCESS })
    }

    async fn show_end(&self, import: &Import) -> Result<ExitCode, Stopped> {
        if self.json {
            return self.show_json(import).await;
        }
        if let Some((said, code)) = hindrance(import) {
            say(&said)?;
            return Ok(ExitCode::from(code));
        }
        for state in [RowState::Failed, RowState::Exists] {
            let find = FindRows { state: Some(state), limit: SHOWN, ..FindRows::default() };
            for row in self.connect.import_rows(&self.user, &import.id, find).await? {
                let problems = row.outcome.iter().flat_map(|it| &it.problems);
                let said: Vec<String> = problems.map(|it| format!("{} {}", it.said, it.remedy)).collect();
                say(&format!("line {}  {}  {}", row.line, row.key, said.join(" ")))?;
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
        ))?;
        say(&format!(
            "All rows:   pdconnect import report {0}\nTake back:  pdconnect import undo {0}",
            import.id
        ))?;
        Ok(code(import))
    }

    pub(super) async fn list(&self) -> Result<ExitCode, Stopped> {
        let all = self.connect.imports(&self.user).await?;
        if self.json {
            say(&json!({ "imports": all.iter().map(summary).collect::<Vec<_>>() }).to_string())?;
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
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn show_json(&self, import: &Import) -> Result<ExitCode, Stopped> {
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
        say(&told.to_string())?;
        Ok(code(import))
    }
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
