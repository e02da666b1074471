//! Imports in words.

use pagerduty::import::Action;
use pagerduty_connect::imports::{Import, ImportRow, ImportState, RowState, WaitsFor};

use super::{NOT_ALL, WAITS};

/// One line of progress.
pub(super) fn bar(import: &Import) -> String {
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

/// Why there is neither a plan nor an end, and how a script hears of it.
pub(super) fn hindrance(import: &Import) -> Option<(String, u8)> {
    if import.state == ImportState::Unreadable {
        return Some((unreadable(import), NOT_ALL));
    }
    let said = match import.waits_for.as_ref()? {
        WaitsFor::Scopes(scopes) => format!(
            "It needs {scopes}. Open it in the browser, where PagerDuty asks you for that: /import/{}",
            import.id
        ),
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
    Some((said, WAITS))
}

fn unreadable(import: &Import) -> String {
    let place = |line: &u64, column: &Option<String>| match (line, column) {
        // It is about the file, or about what PagerDuty says.
        (0, _) => String::new(),
        (line, None) => format!("line {line}: "),
        (line, Some(column)) => format!("line {line}, {column}: "),
    };
    let mistakes = import.about.mistakes.iter();
    let mut said: String =
        mistakes.map(|(line, column, said)| format!("{}{said}\n", place(line, column))).collect();
    if import.about.more > 0 {
        said += &format!("and {} more\n", import.about.more);
    }
    said + "\nThe file was not used. Correct it, and load it again."
}

pub(super) fn planned(row: &ImportRow, action: Action) -> String {
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
