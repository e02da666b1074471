//! Where files are loaded, and everything that was.

use leptos::prelude::*;
use pagerduty::import::Kind;
use pagerduty_connect::imports::{Import, ImportState};

use super::{PATH, TOLD, address, bar, form, notes, things};
use crate::{
    board::Board,
    boards::parts,
    ssr::{
        ago,
        asker::Asker,
        fields::{Fields, ON_A_PAGE, grouped},
        live, moment,
    },
    ui::icon::Icon,
};

const COLUMNS: [&str; 5] = ["State", "File", "Rows", "By", "When"];

pub(crate) fn page(asker: &Asker, fields: &Fields, all: Vec<Import>) -> Board {
    let lead = "Load users and services from a file: you see what would be done before anything is, watch it being \
                done, and can take it back.";
    let note = notes::of(fields);
    let aloud = note.as_ref().map(|note| note.sentence.clone()).unwrap_or_default();
    let hindrance = notes::hindrance(asker, fields);
    let content = view! {
        {note.map(notes::Note::view)}
        {hindrance}
        {under_way(&all)}
        <div class="load">{form::of(Kind::Users)} {form::of(Kind::Services)}</div>
        {history(asker, fields, &all)}
    };
    parts::board("Import", lead, &aloud, content.into_any())
}

fn under_way(all: &[Import]) -> Option<AnyView> {
    let import = all.iter().find(|it| it.state.is_under_way())?;
    let (done, to_do) = (import.tally.done(), import.tally.to_do());
    let (_, words) = state(import);
    let view = view! {
        <section class="card under-way" aria-labelledby="under-way">
            <h2 id="under-way">
                {import.about.file.clone()} ": " {words}
            </h2>
            {bar(import, None)}
            <p>{format!("{} of {} done", grouped(done), grouped(to_do))}</p>
            <a class="link-onward" href=address(&import.id)>
                "Watch it"
                <Icon name="#arrow" />
            </a>
        </section>
    };
    Some(view.into_any())
}

fn history(asker: &Asker, fields: &Fields, all: &[Import]) -> AnyView {
    if all.is_empty() {
        return parts::empty(
            "Nothing was loaded yet",
            "What you load is listed here, with what became of it.",
        );
    }
    let (offset, size) = (usize::try_from(fields.offset()).unwrap_or(usize::MAX), ON_A_PAGE as usize);
    let rows: Vec<AnyView> = all.iter().skip(offset).take(size).map(|it| past(it, asker.now())).collect();
    if rows.is_empty() {
        return parts::beyond(PATH, fields);
    }
    let more = all.len() > offset.saturating_add(size);
    let total = u64::try_from(all.len()).ok();
    view! {
        <h2>"What was loaded"</h2>
        {parts::table("What was loaded", &COLUMNS, rows)}
        {parts::pager(PATH, &fields.without(&TOLD), more, total)}
    }
    .into_any()
}

fn past(import: &Import, now: i64) -> AnyView {
    let (kind, words) = state(import);
    let about = &import.about;
    view! {
        <tr>
            <td>{parts::state(kind, words)}</td>
            <th scope="row">
                <a href=address(&import.id)>{about.file.clone()}</a>
                {about.undoes.then(|| view! { <span class="tag">"Undo"</span> })}
                {(about.of.is_some() && !about.undoes).then(|| view! { <span class="tag">"Again"</span> })}
            </th>
            <td data-label="Rows">{counts(import)}</td>
            <td data-label="By">{about.by.0.clone()}</td>
            <td data-label="When">
                <time title=moment(import.created_at)>{ago(import.created_at, now)}</time>
            </td>
        </tr>
    }
    .into_any()
}

/// How it is, in a colour and a word.
pub(super) fn state(import: &Import) -> (&'static str, &'static str) {
    let not_done = live::figures(import).iter().any(|(word, count)| *word == "failed" && *count > 0);
    match import.state {
        ImportState::Unreadable => ("bad", "Unreadable"),
        ImportState::Planning | ImportState::Running if import.waits_for.is_some() => {
            ("warning", "Waits for you")
        }
        ImportState::Planning => ("still", "Being planned"),
        ImportState::Planned => ("change", "Planned"),
        ImportState::Running => ("change", "Under way"),
        ImportState::Paused => ("warning", "Paused"),
        ImportState::Done if not_done => ("warning", "Done in part"),
        ImportState::Done => ("good", "Done"),
        ImportState::Cancelled if import.started_at.is_none() => ("still", "Discarded"),
        ImportState::Cancelled => ("still", "Cancelled"),
    }
}

/// "40 users: 30 made, 2 not done"
fn counts(import: &Import) -> String {
    let all = import.tally.all();
    let came: Vec<String> = live::figures(import)
        .into_iter()
        .zip(live::COUNTED)
        .filter(|((_, count), _)| *count > 0)
        .map(|((_, count), (.., name))| format!("{} {}", grouped(count), name.to_lowercase()))
        .collect();
    let all = if all > 0 { things(import.about.kind, all) } else { import.about.kind.name().to_owned() };
    if came.is_empty() { all } else { format!("{all}: {}", came.join(", ")) }
}
