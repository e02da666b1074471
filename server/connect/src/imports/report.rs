//! Plans and reports as CSV: every row as it stood in the file, with what it comes to, or came to.

use pagerduty::{
    Retry,
    import::{
        Action, Kind, Planned, csv, export,
        run::{End, Problem},
    },
};

use super::{Import, ImportError, ImportRow, ImportState, RowState};
use crate::{Connect, Error, UserId};

/// Beside the file's own columns.
const PLANNED: [&str; 4] = ["import_line", "import_plan", "import_changes", "import_why"];
const REPORTED: [&str; 6] =
    ["import_line", "import_outcome", "import_id", "import_link", "import_reason", "import_remedy"];

impl Connect {
    /// The whole of it as CSV: a plan before it is applied, a report from then on.
    pub async fn import_as_csv(&self, user: &UserId, id: &str) -> Result<String, ImportError> {
        let kept = self.theirs(user, id).await?;
        let import = self.told(&kept).await?;
        let is_plan = matches!(import.state, ImportState::Planning | ImportState::Planned);
        let added: &[&str] = if is_plan { &PLANNED } else { &REPORTED };
        // A report that was loaded again has such columns already.
        let own: Vec<bool> = import.about.header.iter().map(|name| !csv::is_of_a_report(name)).collect();
        let of_file = |cells: &[String]| {
            cells.iter().zip(&own).filter(|(_, is)| **is).map(|(cell, _)| cell.clone()).collect::<Vec<_>>()
        };
        let added = added.iter().map(|it| (*it).to_owned());
        let mut text = csv::line(of_file(&import.about.header).into_iter().chain(added));
        for row in self.all_rows(&kept).await? {
            let told = if is_plan { planned(&row) } else { reported(&row, &import) };
            text.push_str(&csv::line(of_file(&row.cells).into_iter().chain(told)));
        }
        Ok(text)
    }
}

impl Connect {
    /// All users or services of the account, as a file that loads again as “unchanged”.
    pub async fn export(&self, user: &UserId, kind: Kind) -> Result<String, Error> {
        let client = self.client();
        self.call(user, |identity| async move {
            export::export(&identity.api(client).retry(Retry::patient()), kind).await
        })
        .await
    }
}

fn planned(row: &ImportRow) -> Vec<String> {
    let action = row.planned.as_ref().map_or("", |it| it.action.name());
    let action = if row.state == RowState::Excluded { "left out" } else { action };
    let (changes, why) = row.planned.as_ref().map(|it| (changes(it), it.why.join(" "))).unwrap_or_default();
    vec![row.line.to_string(), action.to_owned(), changes, why]
}

fn reported(row: &ImportRow, import: &Import) -> Vec<String> {
    let outcome = row.outcome.as_ref();
    let said: Vec<&Problem> = outcome.map(|it| it.said().collect()).unwrap_or_default();
    let join = |of: fn(&Problem) -> &str| said.iter().map(|it| of(it)).collect::<Vec<_>>().join(" ");
    let plan = row.planned.as_ref();
    let reason = match said.as_slice() {
        [] => plan.map(|it| it.why.join(" ")).unwrap_or_default(),
        _ => join(|it| &it.said),
    };
    let url = outcome.and_then(|it| it.url.clone()).or_else(|| plan.and_then(|it| it.url.clone()));
    let id = row.remote_id.clone().or_else(|| plan.and_then(|it| it.id.clone()));
    let remedy = join(|it| &it.remedy);
    vec![
        row.line.to_string(),
        row.outcome_words(import.state).to_owned(),
        id.unwrap_or_default(),
        url.unwrap_or_default(),
        reason,
        remedy,
    ]
}

/// Field by field: `role: observer → user; team: + Mobile`.
fn changes(planned: &Planned) -> String {
    planned
        .changes_in_words()
        .into_iter()
        .map(|(field, before, after)| {
            if before.is_empty() {
                format!("{field}: {after}")
            } else {
                format!("{field}: {before} → {after}")
            }
        })
        .collect::<Vec<_>>()
        .join("; ")
}

impl ImportRow {
    /// What it came to, in a word or two.
    pub fn outcome_words(&self, import: ImportState) -> &'static str {
        let action = self.planned.as_ref().map(|it| it.action);
        match (self.state, action) {
            (RowState::Failed, _) if self.outcome.as_ref().is_some_and(|it| it.end != End::Failed) => {
                "done in part"
            }
            (RowState::Failed, _) => "failed",
            (RowState::Exists, _) => "made by somebody else",
            (RowState::Sent, _) if import == ImportState::Cancelled => "not known: cancelled",
            (RowState::Sent, _) => "under way",
            (RowState::Pending, _) if import == ImportState::Cancelled => "not done: cancelled",
            (RowState::Pending, _) => "waits",
            (RowState::Excluded, _) => "left out",
            (RowState::Left, Some(Action::Conflict)) => "not done: conflict",
            (RowState::Left, _) => "unchanged",
            (RowState::Created, _) => "made",
            (RowState::Probably, _) => "made, most likely",
            (RowState::Updated, _) => "changed",
            (RowState::Deleted, _) => "removed",
            (RowState::Gone, _) => "was gone",
        }
    }
}
