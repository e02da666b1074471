//! An import under way: how far it is, what it waits for, what was not done, and what was just done.

use leptos::prelude::*;
use pagerduty_connect::imports::{Import, ImportRow, ImportState, WaitsFor};

use super::{Shown, act, acts, address, bar, row, wait};
use crate::{
    board::Board,
    boards::parts,
    ssr::{fields::counted, live},
};

/// In the address: whether to end it is being asked.
const ASK: &str = "ask";

pub(crate) fn page(shown: &Shown<'_>, failures: Vec<ImportRow>, newest: Vec<ImportRow>) -> Board {
    let import = shown.import;
    let is_asked = shown.fields.get(ASK).is_some();
    let is_still = import.state == ImportState::Paused || shown.waits_for().is_some();
    // Nobody can answer a question that goes away every other second.
    let refresh = (!is_asked && !is_still).then(|| shown.refresh());
    let content = view! {
        {shown.waits_for().map(|waits| wait::waits_for(shown, waits))}
        {progress(shown, is_still, is_asked)}
        <section class="rows-live failures" aria-labelledby="failures">
            <h2 id="failures">"Not done"</h2>
            <ol id="live-failures">{failures.into_iter().map(failure).collect::<Vec<_>>()}</ol>
        </section>
        <section class="rows-live" aria-labelledby="newest">
            <h2 id="newest">"Just done"</h2>
            <ol id="live-rows">{newest.into_iter().map(done).collect::<Vec<_>>()}</ol>
        </section>
        {refresh}
    };
    let title = match (import.about.undoes, import.state, shown.waits_for()) {
        (_, ImportState::Paused, _) => "Paused",
        (_, _, Some(_)) => "Waiting for you",
        (true, ..) => "Being undone",
        _ => "Under way",
    };
    let said = format!("{} of {} rows are done.", import.tally.done(), import.tally.to_do());
    shown.board(title, &said, content.into_any())
}

fn progress(shown: &Shown<'_>, is_still: bool, is_asked: bool) -> AnyView {
    let import = shown.import;
    let (done, all) = (import.tally.done(), import.tally.to_do());
    let counter =
        |((word, count), (_, _, colour, name)): ((&'static str, u64), (_, _, &'static str, &'static str))| {
            view! {
                <li>
                    <span class="state" data-state=colour>
                        {name}
                    </span>
                    <strong id=format!("live-{word}")>{count}</strong>
                </li>
            }
            .into_any()
        };
    // Nothing is removed but by an undo, and nothing else is done by one.
    let is_of_this = |((word, _), _): &((&'static str, u64), _)| match *word {
        "deleted" => import.about.undoes,
        "failed" => true,
        _ => !import.about.undoes,
    };
    let counters = live::figures(import).into_iter().zip(live::COUNTED).filter(is_of_this).map(counter);
    view! {
        <section class="card progress" aria-label="Progress">
            <p class="progress-words">
                <strong id="live-done">{done}</strong>
                " of "
                <span id="live-all">{all}</span>
                " rows"
            </p>
            {bar(import, Some("live-bar"))}
            {if is_still { still(import) } else { speed(shown) }}
            <ul class="counters">{counters.collect::<Vec<_>>()}</ul>
            {if is_asked { ask(import) } else { ways(shown) }}
        </section>
    }
    .into_any()
}

/// How fast it goes. On the page since the beginning; while the page is looked at, of the last seconds.
fn speed(shown: &Shown<'_>) -> AnyView {
    let import = shown.import;
    if let Some(later) = wait::later(import.retry_in) {
        return later;
    }
    let (done, all) = (import.tally.done(), import.tally.to_do());
    let millis = import.started_at.map_or(0, |at| (shown.asker.now() - at).max(0).unsigned_abs() * 1_000);
    let unknown = || "–".to_owned();
    view! {
        <p class="quiet progress-speed">
            <span id="live-rate">{live::rate(done, millis).unwrap_or_else(unknown)}</span>
            " rows a second, about "
            <span id="live-left">{live::left(all - done.min(all), done, millis).unwrap_or_else(unknown)}</span>
            " left"
        </p>
    }
    .into_any()
}

fn still(import: &Import) -> AnyView {
    let said = match import.state {
        ImportState::Paused => "No row is sent until you press Resume; what was under way comes to its end.",
        _ => "No row is sent until then. What was done stays done.",
    };
    view! { <p class="quiet">{said}</p> }.into_any()
}

fn ways(shown: &Shown<'_>) -> AnyView {
    let import = shown.import;
    let is_theirs_to_say = matches!(shown.waits_for(), Some(WaitsFor::Licence | WaitsFor::Refused(_)));
    let first = match import.state {
        ImportState::Paused => act("resume", "Resume", "button"),
        _ if is_theirs_to_say => act("resume", "Resume", "button"),
        _ => act("pause", "Pause", "button"),
    };
    let ask = format!("{}?{ASK}=cancel", address(&import.id));
    let buttons = view! {
        {first}
        <a class="button button-quiet" href=ask>
            "Cancel…"
        </a>
    };
    acts(import, buttons.into_any())
}

/// Whether it is to end.
fn ask(import: &Import) -> AnyView {
    let left = import.tally.to_do().saturating_sub(import.tally.done());
    let said = format!(
        "{} would not be done. What was done stays, and can be undone from the report.",
        counted(left, "row", "rows")
    );
    let buttons = view! {
        {act("cancel", "Cancel the import", "button button-danger")}
        <a class="button button-quiet" href=address(&import.id)>
            "Let it go on"
        </a>
    };
    view! {
        <div class="ask" role="group" aria-labelledby="ask">
            <p id="ask">
                <strong>"Cancel it for good?"</strong>
            </p>
            <p>{said}</p>
            {acts(import, buttons.into_any())}
        </div>
    }
    .into_any()
}

fn failure(it: ImportRow) -> AnyView {
    let problems = it.outcome.as_ref().map(|it| it.problems.clone()).unwrap_or_default();
    view! {
        <li value=it.number.to_string()>
            {parts::state("bad", "Not done")} <strong>{it.name}</strong> " "
            <span class="quiet">{it.key}</span>
            {problems.into_iter().map(row::problem).collect::<Vec<_>>()}
        </li>
    }
    .into_any()
}

fn done(it: ImportRow) -> AnyView {
    let word = live::word(&it).unwrap_or_default();
    let badge = live::COUNTED.iter().find(|(name, ..)| *name == word);
    view! {
        <li value=it.number.to_string()>
            {badge.map(|(_, _, colour, name)| parts::state(colour, name))} {live::line(&it)}
        </li>
    }
    .into_any()
}
