//! Imports: what their pages share.

use leptos::prelude::*;
use pagerduty::import::Kind;
use pagerduty_connect::{
    State,
    imports::{Import, ImportState, WaitsFor},
};

use crate::{
    board::Board,
    boards::parts,
    ssr::{
        ago,
        asker::Asker,
        fields::{Fields, counted},
        live,
    },
};

pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod tabs;
pub(crate) mod wait;

mod columns;
mod form;
mod notes;
mod row;

pub(crate) const PATH: &str = "/import";
/// Rows on a page.
pub(crate) const AT_ONCE: u64 = 50;
/// An import goes on so many seconds after its person has agreed to what it waited for, or sooner.
const SOON: i64 = 10;
/// What an address says of what was just done.
pub(crate) const TOLD: [&str; 3] = ["note", "rows", "other"];

/// An import, and who looks at it.
pub(crate) struct Shown<'a> {
    pub asker: &'a Asker,
    pub fields: &'a Fields,
    pub import: &'a Import,
}

/// Where an import has its page.
pub(crate) fn address(id: &str) -> String {
    format!("{PATH}/{id}")
}

impl Shown<'_> {
    /// Its page: a heading, how far along the way it is, and the content.
    fn board(&self, title: &'static str, said: &str, content: AnyView) -> Board {
        let note = notes::of(self.fields);
        let aloud = note.as_ref().map_or_else(|| format!("{title}. {said}"), |note| note.sentence.clone());
        let html = view! {
            <div class="board import">
                <div class="hero board-head">
                    <p class="import-back">
                        <a href=PATH>"All imports"</a>
                    </p>
                    <h1>{title}</h1>
                    <p class="lead">{self.origin()}</p>
                    {steps(self.import)}
                </div>
                {note.map(notes::Note::view)}
                {content}
            </div>
        };
        Board { live: live::address(self.import), ..parts::written(title, &aloud, html.into_any()) }
    }

    /// "people.csv, 40 users, loaded 3 minutes ago"
    fn origin(&self) -> AnyView {
        let Import { about, created_at, tally, .. } = self.import;
        let verb = if about.undoes { "to be undone, asked for" } else { "loaded" };
        let rows =
            if tally.all() > 0 { format!(", {}", things(about.kind, tally.all())) } else { String::new() };
        let from = about.of.as_ref().map(|of| {
            view! {
                " · "
                <a href=address(of)>{if about.undoes { "the run to undo" } else { "the run before" }}</a>
            }
        });
        view! {
            <strong>{about.file.clone()}</strong>
            {format!("{rows}, {verb} {}", ago(*created_at, self.asker.now()))}
            {from}
        }
        .into_any()
    }

    /// What it still waits for a person to do. Once they have agreed anew, it goes on within a few seconds.
    fn waits_for(&self) -> Option<&WaitsFor> {
        let connection = &self.asker.connection;
        let is_over = matches!(connection.state, State::NeedsReconnect(_));
        let agreed = !is_over && self.asker.now() - connection.times.connected_at < SOON;
        self.import.waits_for.as_ref().filter(|waits| match waits {
            WaitsFor::Scopes(scopes) => {
                !agreed || !scopes.missing_from(&connection.about.granted()).is_empty()
            }
            WaitsFor::Connect => !agreed,
            WaitsFor::Licence | WaitsFor::Refused(_) | WaitsFor::Altered => true,
        })
    }

    /// Reloads the page where nothing else does.
    fn refresh(&self) -> AnyView {
        view! { <noscript inner_html="<meta http-equiv=\"refresh\" content=\"3\">"></noscript> }.into_any()
    }
}

/// "1 user", "12 services"
pub(super) fn things(kind: Kind, count: u64) -> String {
    let (one, many) = match kind {
        Kind::Users => ("user", "users"),
        Kind::Services => ("service", "services"),
    };
    counted(count, one, many).into_owned()
}

/// The way from a file to its report, and where on it this is.
fn steps(import: &Import) -> AnyView {
    let at = match import.state {
        ImportState::Unreadable => 0,
        ImportState::Planning | ImportState::Planned => 1,
        ImportState::Running | ImportState::Paused => 2,
        ImportState::Done | ImportState::Cancelled => 3,
    };
    let first = if import.about.undoes { "Run" } else { "File" };
    let step = |(place, name): (usize, &'static str)| {
        view! {
            <li class=(place < at).then_some("is-past") aria-current=(place == at).then_some("step")>
                {name}
            </li>
        }
        .into_any()
    };
    let names = [first, "Plan", if import.about.undoes { "Undo" } else { "Run" }, "Report"];
    view! { <ol class="way">{names.into_iter().enumerate().map(step).collect::<Vec<_>>()}</ol> }.into_any()
}

/// A form with one button or more, each of which changes the import.
pub(super) fn acts(import: &Import, buttons: AnyView) -> AnyView {
    use crate::import::ChangeImport;
    use leptos::server_fn::ServerFn;
    view! {
        <form class="acts" method="post" action=ChangeImport::PATH data-live="">
            <input type="hidden" name="id" value=import.id.clone() />
            {buttons}
            <p class="actions-lost" role="alert">
                "No answer from this app. Whether it was done is not known: reload the page to see."
            </p>
        </form>
    }
    .into_any()
}

/// One of its buttons.
pub(super) fn act(to: &'static str, label: impl Into<String>, class: &'static str) -> AnyView {
    let label = label.into();
    view! {
        <button class=class type="submit" name="to" value=to>
            {label}
        </button>
    }
    .into_any()
}

/// A file to keep.
pub(super) fn download(address: String, label: &'static str) -> AnyView {
    view! {
        <a class="button button-quiet" href=address rel="external" download="">
            {label}
        </a>
    }
    .into_any()
}

/// How far it is, as a bar.
pub(super) fn bar(import: &Import, id: Option<&'static str>) -> AnyView {
    let (done, all) = (import.tally.done(), import.tally.to_do().max(1));
    view! { <progress id=id value=done.to_string() max=all.to_string() aria-label="Rows done"></progress> }
        .into_any()
}
