//! What became of it all: the failures first, and what can be done about them.

use leptos::prelude::*;
use pagerduty::import::Kind;
use pagerduty_connect::imports::{Import, ImportRow, ImportState, RowState};

use super::{
    AT_ONCE, Shown, TOLD, act, acts, address, download, row, tabs,
    tabs::{Tab, current},
};
use crate::{
    board::Board,
    boards::parts,
    ssr::{
        fields::{counted, grouped},
        live, moment,
    },
    ui::fact::fact,
};

pub(crate) fn page(shown: &Shown<'_>, tabs: &[Tab], rows: Vec<ImportRow>) -> Board {
    let import = shown.import;
    let title = match (import.state, import.about.undoes, import.started_at) {
        (ImportState::Cancelled, _, None) => "Discarded",
        (ImportState::Cancelled, ..) => "Cancelled",
        (_, true, _) => "Undone",
        _ if not_done(import) > 0 => "Done in part",
        _ => "Done",
    };
    let said = sentence(import);
    let content = view! {
        {tabs::view(import, tabs, shown.fields)}
        <section class="card plan" aria-label="What became of it">
            <p class="lead">{said.clone()}</p>
            <dl class="facts">
                {import.started_at.map(|at| fact("Applied", moment(at)))} {took(import).map(|took| fact("Took", took))}
                {fact("By", format!("{}, {}", import.about.by.0, import.about.by.1))}
            </dl>
            {ways(import)}
        </section>
        {list(shown, tabs, rows)}
    };
    shown.board(title, &said, content.into_any())
}

fn not_done(import: &Import) -> u64 {
    import.tally.at(RowState::Failed) + import.tally.at(RowState::Exists)
}

/// "12 rows were done: 10 made, 2 changed. 1 was not."
fn sentence(import: &Import) -> String {
    if import.started_at.is_none() {
        return "It was discarded before it was applied. Nothing was sent to PagerDuty.".to_owned();
    }
    let came: Vec<(u64, &str)> = live::figures(import)
        .into_iter()
        .zip(live::COUNTED)
        .filter(|((word, count), _)| *word != "failed" && *count > 0)
        .map(|((_, count), (.., name))| (count, name))
        .collect();
    let done = came.iter().map(|(count, _)| count).sum();
    let what = came.iter().map(|(count, name)| format!("{} {}", grouped(*count), name.to_lowercase()));
    let mut said = match came.is_empty() {
        true => "No row was done.".to_owned(),
        false => format!(
            "{} done: {}.",
            counted(done, "row was", "rows were"),
            what.collect::<Vec<_>>().join(", ")
        ),
    };
    if not_done(import) > 0 {
        said += &format!(" {} not, or not wholly: see why below.", counted(not_done(import), "was", "were"));
    }
    let rest = import.tally.at(RowState::Pending) + import.tally.at(RowState::Sent);
    if rest > 0 {
        said += &format!(" {} not sent, since it was cancelled.", counted(rest, "row was", "rows were"));
    }
    said
}

fn took(import: &Import) -> Option<String> {
    let seconds = import.ended_at?.checked_sub(import.started_at?)?.max(0).unsigned_abs();
    Some(match seconds {
        0 => "Less than a second".to_owned(),
        1..120 => counted(seconds, "second", "seconds").into_owned(),
        _ => format!("{} minutes", live::clock(seconds)),
    })
}

fn ways(import: &Import) -> AnyView {
    let again = not_done(import) + import.tally.at(RowState::Pending) + import.tally.at(RowState::Sent);
    let again = (again > 0 && import.started_at.is_some()).then(|| {
        act(
            "again",
            if import.about.undoes { "Try the rest again" } else { "Try the failed rows again" },
            "button",
        )
    });
    let made = import.tally.at(RowState::Created) + import.tally.at(RowState::Probably);
    let undo = (made > 0 && !import.about.undoes).then(|| act("undo", "Undo…", "button button-quiet"));
    let buttons = view! {
        {again}
        {download(format!("{}/report.csv", address(&import.id)), "Download report")}
        {undo}
    };
    acts(import, buttons.into_any())
}

fn list(shown: &Shown<'_>, tabs: &[Tab], rows: Vec<ImportRow>) -> AnyView {
    let (import, fields) = (shown.import, shown.fields.without(&TOLD));
    let (here, total) = (address(&import.id), current(tabs, &fields).rows);
    if rows.is_empty() && fields.page() > 1 {
        return parts::beyond(&here, &fields);
    }
    if rows.is_empty() {
        return parts::empty("No such row", "None of the rows came to this.");
    }
    let who = if import.about.kind == Kind::Users { "User" } else { "Service" };
    let more = fields.offset_by(AT_ONCE).saturating_add(AT_ONCE) < total;
    let rows = rows.into_iter().map(|it| row::reported(it, import.state)).collect();
    view! {
        {parts::table("Rows", &["Line", "Outcome", who, "What"], rows)}
        {parts::pager_by(AT_ONCE, &here, &fields, more, Some(total))}
    }
    .into_any()
}
