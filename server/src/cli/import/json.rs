//! Imports for scripts.

use pagerduty::import::Action;
use pagerduty_connect::imports::{Import, ImportRow, RowState, WaitsFor};
use serde_json::{Value, json};

pub(super) fn summary(import: &Import) -> Value {
    let states: serde_json::Map<String, Value> =
        RowState::ALL.into_iter().map(|it| (it.name().to_owned(), import.tally.at(it).into())).collect();
    let actions: serde_json::Map<String, Value> =
        Action::ALL.into_iter().map(|it| (it.name().to_owned(), import.tally.planned(it).into())).collect();
    // What is about no line has none.
    let place = |line: &u64| Some(*line).filter(|line| *line > 0);
    let mistakes = import
        .about
        .mistakes
        .iter()
        .map(|(line, column, said)| json!({ "line": place(line), "column": column, "said": said }));
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

pub(super) fn in_json(row: &ImportRow) -> Value {
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
