//! One row: what it is about, what is to become of it, and what became of it.

use leptos::prelude::*;
use pagerduty::import::{Action, Planned, run::Problem};
use pagerduty_connect::imports::{ImportRow, ImportState, RowState};

use crate::{boards::parts, ssr::fields::grouped};

/// Fields that a new one is shown with; the file has the rest.
const MOST_FIELDS: usize = 12;

/// As planned.
pub(super) fn planned(row: ImportRow, can_choose: bool, undoes: bool) -> AnyView {
    let is_out = row.state == RowState::Excluded;
    let writes = row.planned.as_ref().is_some_and(|it| it.action.writes());
    let label = format!("Choose line {}, {}", row.line, row.key);
    let choose = writes.then(
        || view! { <input type="checkbox" name="rows[]" value=row.number.to_string() aria-label=label /> },
    );
    let (kind, words) = action(&row);
    let url = row.planned.as_ref().and_then(|it| it.url.clone());
    let why = row.planned.as_ref().map(|it| it.why.clone()).unwrap_or_default();
    view! {
        <tr class=is_out.then_some("row-out")>
            {can_choose.then(|| view! { <td class="row-choose">{choose}</td> })}
            <td class="row-line" data-label="Line">{grouped(row.line)}</td>
            <td>{parts::state(kind, words)}</td>
            <th scope="row">{who(row.name, row.key, url)}</th>
            <td class="row-changes">
                {row.planned.as_ref().filter(|_| !undoes).and_then(diff)}
                {why.into_iter().map(|why| view! { <p class="row-why">{why}</p> }.into_any()).collect::<Vec<_>>()}
            </td>
        </tr>
    }
    .into_any()
}

fn action(row: &ImportRow) -> (&'static str, &'static str) {
    if row.state == RowState::Excluded {
        return ("out", "Left out");
    }
    match row.planned.as_ref().map(|it| it.action) {
        Some(Action::Create) => ("good", "Create"),
        Some(Action::Update) => ("change", "Update"),
        Some(Action::Unchanged) => ("still", "Unchanged"),
        Some(Action::Conflict) => ("bad", "Conflict"),
        Some(Action::Delete) => ("warning", "Remove"),
        None => ("still", "Not planned"),
    }
}

fn who(name: String, key: String, url: Option<String>) -> AnyView {
    let more = (key != name).then(|| view! { <p class="quiet row-more">{key}</p> }.into_any());
    view! {
        {parts::outward(name, url.as_deref())}
        {more}
    }
    .into_any()
}

/// Field by field: what is there, and what it becomes.
fn diff(planned: &Planned) -> Option<AnyView> {
    let changes = planned.changes_in_words();
    if changes.is_empty() {
        return None;
    }
    let more = changes.len().saturating_sub(MOST_FIELDS);
    let change = |(field, before, after): (String, String, String)| {
        let is_new = before.is_empty();
        let after = if after.is_empty() { "nothing".to_owned() } else { after };
        let before = (!is_new).then(|| {
            view! {
                <del>{before}</del>
                <span aria-hidden="true">" → "</span>
            }
            .into_any()
        });
        // Beside what was added there is nothing it takes the place of.
        let after = match after.strip_prefix("+ ") {
            Some(added) => view! { <ins class="diff-added">{added.to_owned()}</ins> }.into_any(),
            None if is_new && planned.action == Action::Create => view! { <span>{after}</span> }.into_any(),
            None => view! { <ins>{after}</ins> }.into_any(),
        };
        view! {
            <div>
                <dt>{field}</dt>
                <dd>{before} {after}</dd>
            </div>
        }
        .into_any()
    };
    let shown = changes.into_iter().filter(|(field, ..)| planned.action != Action::Create || field != "name");
    let view = view! {
        <dl class="diff">{shown.take(MOST_FIELDS).map(change).collect::<Vec<_>>()}</dl>
        {(more > 0).then(|| view! { <p class="quiet row-more">{format!("and {more} more")}</p> })}
    };
    Some(view.into_any())
}

/// As it has come to be.
pub(super) fn reported(row: ImportRow, import: ImportState) -> AnyView {
    let words = row.outcome_words(import);
    let kind = colour(&row);
    let planned = row.planned.as_ref();
    let url =
        row.outcome.as_ref().and_then(|it| it.url.clone()).or_else(|| planned.and_then(|it| it.url.clone()));
    let is_left = row.outcome.as_ref().is_none_or(|it| it.said().next().is_none());
    let why = planned.map(|it| it.why.clone()).filter(|_| is_left).unwrap_or_default();
    let said: Vec<_> = row.outcome.iter().flat_map(|it| it.said().cloned()).map(problem).collect();
    let shows =
        matches!(row.state, RowState::Created | RowState::Probably | RowState::Updated | RowState::Failed);
    let changes = planned.filter(|_| shows).and_then(diff);
    view! {
        <tr class=(kind == "bad").then_some("row-failed")>
            <td class="row-line" data-label="Line">{grouped(row.line)}</td>
            <td>
                <span class="state" data-state=kind>
                    {words}
                </span>
            </td>
            <th scope="row">{who(row.name, row.key, url)}</th>
            <td class="row-changes">
                {said}
                {why.into_iter().map(|why| view! { <p class="row-why">{why}</p> }.into_any()).collect::<Vec<_>>()}
                {changes}
            </td>
        </tr>
    }
    .into_any()
}

/// Why it was not done, and what to do about it.
pub(super) fn problem(problem: Problem) -> AnyView {
    view! {
        <p class="row-why">{problem.said}</p>
        <p class="row-remedy">{problem.remedy}</p>
    }
    .into_any()
}

fn colour(row: &ImportRow) -> &'static str {
    let is_conflict = row.planned.as_ref().is_some_and(|it| it.action == Action::Conflict);
    match row.state {
        RowState::Failed | RowState::Exists => "bad",
        RowState::Left if is_conflict => "bad",
        RowState::Created | RowState::Probably => "good",
        RowState::Updated | RowState::Deleted => "change",
        RowState::Sent => "warning",
        RowState::Excluded => "out",
        RowState::Pending | RowState::Left | RowState::Gone => "still",
    }
}
