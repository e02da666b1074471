//! How far an import is, as its page says it and as the server goes on telling it while the page is looked at.

use pagerduty_connect::{
    Import,
    imports::{ImportRow, ImportState, RowState, WaitsFor},
};

/// What is counted while it runs: by its word, the states of rows it stands for, its colour, and its name for people.
pub(crate) const COUNTED: [(&str, &[RowState], &str, &str); 4] = [
    ("created", &[RowState::Created, RowState::Probably], "good", "Made"),
    ("updated", &[RowState::Updated], "change", "Changed"),
    ("deleted", &[RowState::Deleted, RowState::Gone], "change", "Removed"),
    ("failed", &[RowState::Failed, RowState::Exists], "bad", "Not done"),
];

/// What it is at, and what it waits for: where that changes, its page is another.
pub fn stage(import: &Import) -> String {
    let why = match &import.waits_for {
        Some(WaitsFor::Scopes(_)) => "-scopes",
        Some(WaitsFor::Connect) => "-connect",
        Some(WaitsFor::Licence) => "-licence",
        Some(WaitsFor::Refused(_)) => "-refused",
        Some(WaitsFor::Altered) => "-altered",
        None if import.retry_in > 0 => "-later",
        None => "",
    };
    format!("{}{why}", import.state.name())
}

/// Where it is told what goes on from here; empty when nothing does.
pub(crate) fn address(import: &Import) -> String {
    let goes_on = import.state.is_under_way() || import.state == ImportState::Planning;
    if !goes_on {
        return String::new();
    }
    format!("/import/{}/events?at={}&after={}", import.id, stage(import), import.changes)
}

/// How many rows have come to what, by their words.
pub fn figures(import: &Import) -> [(&'static str, u64); 4] {
    COUNTED.map(|(word, states, ..)| (word, states.iter().map(|it| import.tally.at(*it)).sum()))
}

/// The word under which a row is counted; none while it has come to nothing.
pub fn word(row: &ImportRow) -> Option<&'static str> {
    let counted = COUNTED.iter().find(|(_, states, ..)| states.contains(&row.state));
    counted.map(|(word, ..)| *word)
}

/// What became of a row, in one line: what it is called, and why it was not done.
pub fn line(row: &ImportRow) -> String {
    let why = row.outcome.as_ref().and_then(|it| it.problems.first());
    let told = match why {
        Some(problem) => format!("{}: {}", row.name, problem.said),
        None => row.name.clone(),
    };
    told.chars().take(MOST_CHARS).map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// Longer names and reasons are cut.
const MOST_CHARS: usize = 160;

/// Rows in so many seconds: "8 a second".
pub fn rate(rows: u64, millis: u64) -> Option<String> {
    let tenths = (rows * 10_000).checked_div(millis).filter(|it| *it > 0)?;
    Some(if tenths < 100 { format!("{}.{}", tenths / 10, tenths % 10) } else { (tenths / 10).to_string() })
}

/// How long `rows` take at that rate, as a clock shows it: `2:05`.
pub fn left(rows: u64, done: u64, millis: u64) -> Option<String> {
    let seconds = rows.saturating_mul(millis).checked_div(done * 1_000)?;
    Some(clock(seconds))
}

/// `2:05`, `1:00:00`
pub(crate) fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_times_are_told_shortly() {
        assert_eq!((rate(15, 10_000).as_deref(), rate(148, 10_000).as_deref()), (Some("1.5"), Some("14")));
        assert_eq!((rate(0, 10_000), rate(5, 0)), (None, None));
        assert_eq!(
            (left(100, 10, 10_000).as_deref(), left(7_200, 1, 500).as_deref()),
            (Some("1:40"), Some("1:00:00"))
        );
        assert_eq!(left(10, 0, 1_000), None);
    }
}
