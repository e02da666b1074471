//! Before there is a plan: a file that cannot be read, and an account that is being looked up.

use leptos::prelude::*;
use pagerduty_connect::imports::{Import, ImportState, WaitsFor};

use super::{Shown, act, acts, form};
use crate::{
    board::Board,
    boards::parts,
    ssr::{
        fields::grouped,
        trouble::{Trouble, WayOn},
    },
};

/// Mistakes that are shown.
const MOST: usize = 100;

/// Nothing of the file is used: everything that is wrong with it, at once.
pub(crate) fn unreadable(shown: &Shown<'_>) -> Board {
    let about = &shown.import.about;
    let count = u64::try_from(about.mistakes.len()).unwrap_or(u64::MAX).saturating_add(about.more);
    let more = count.saturating_sub(MOST as u64);
    let mistake = |(line, column, said): &(u64, Option<String>, String)| {
        let place = match (line, column) {
            (0, _) => String::new(),
            (line, None) => format!("Line {}", grouped(*line)),
            (line, Some(column)) => format!("Line {}, {column}", grouped(*line)),
        };
        view! {
            <li>
                {(!place.is_empty()).then(|| view! { <strong>{place}</strong> })}
                <span>{said.clone()}</span>
            </li>
        }
        .into_any()
    };
    let said = match count {
        1 => "One thing is wrong with it; nothing of the file was used.".to_owned(),
        _ => format!("{} things are wrong with it; nothing of the file was used.", grouped(count)),
    };
    let content = view! {
        <section class="card mistakes" aria-labelledby="mistakes">
            <h2 id="mistakes">{said.clone()}</h2>
            <ol>{about.mistakes.iter().take(MOST).map(mistake).collect::<Vec<_>>()}</ol>
            {(more > 0).then(|| view! { <p class="quiet">{format!("and {} more", grouped(more))}</p> })}
            <p>"Correct it in the file, then load the file again. The template shows what is expected."</p>
        </section>
        <div class="load">{form::of(about.kind)}</div>
    };
    shown.board("This file cannot be read", &said, content.into_any())
}

pub(crate) fn planning(shown: &Shown<'_>) -> Board {
    let import = shown.import;
    let content = match shown.waits_for() {
        Some(waits) => view! {
            {waits_for(shown, waits)}
            {acts(import, act("cancel", "Discard", "button button-quiet"))}
        }
        .into_any(),
        None => view! {
            <section class="card waiting">
                <p class="spinner" aria-hidden="true"></p>
                <h2>"Your account is being looked up"</h2>
                <p>
                    "Each row of the file is compared with what PagerDuty has. Nothing is changed by that. This page shows the plan when it is ready; you can leave and come back."
                </p>
                {later(import.retry_in)}
                {acts(import, act("cancel", "Discard", "button button-quiet"))}
            </section>
            {shown.refresh()}
        }
        .into_any(),
    };
    let said = match shown.waits_for() {
        Some(_) => "It waits for you.",
        None => "This page shows the plan when it is ready.",
    };
    shown.board("Being planned", said, content)
}

/// PagerDuty does not answer.
pub(super) fn later(seconds: u64) -> Option<AnyView> {
    let said = format!(
        "PagerDuty does not answer at the moment. It is tried again in {seconds} s; nothing is lost."
    );
    (seconds > 0).then(|| view! { <p class="row-why">{said}</p> }.into_any())
}

/// What a person must do before it goes on, and the way to it.
pub(super) fn waits_for(shown: &Shown<'_>, waits: &WaitsFor) -> AnyView {
    let here = shown.asker.here.as_str();
    match waits {
        WaitsFor::Scopes(scopes) => parts::hindrance(Trouble::scopes(scopes, shown.asker.about()), here),
        WaitsFor::Connect => parts::hindrance(again(), here),
        WaitsFor::Licence => parts::hindrance(licence(), here),
        WaitsFor::Refused(said) => parts::hindrance(refused(shown.import, said), here),
        WaitsFor::Altered => parts::hindrance(altered(), here),
    }
}

fn again() -> Trouble {
    let detail = "PagerDuty does not accept this connection any more. Nothing is lost: what was done is known, and the \
                  rest follows as soon as you are connected.";
    told("connect", "Connect again, and it goes on", detail.into(), WayOn::Connect)
}

fn licence() -> Trouble {
    let detail = "PagerDuty did not make the next user, since every licence is taken. Free one, or buy one, in \
                  PagerDuty; then press Resume. The rows that follow wait.";
    told("licence", "The account has no licence left", detail.into(), WayOn::Other)
}

fn refused(import: &Import, said: &str) -> Trouble {
    let way = match import.state {
        ImportState::Planning => "When that is mended, discard this and load the file again.",
        _ => "When that is mended, press Resume.",
    };
    told("refused", "PagerDuty does not let it go on", format!("{said} {way}"), WayOn::Other)
}

fn altered() -> Trouble {
    let detail = "What is stored of it was altered, so none of it is used any more. Cancel it, and load the file again: \
                  what was done already is then found as unchanged.";
    told("altered", "What is stored of it does not open", detail.into(), WayOn::Other)
}

fn told(code: &'static str, title: &str, detail: String, way_on: WayOn) -> Trouble {
    Trouble { code, status: 200, title: title.into(), detail, said: Vec::new(), way_on }
}
