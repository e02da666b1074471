//! Counts of rows, each of which is also a way to look at only these.

use leptos::prelude::*;
use pagerduty::import::Action;
use pagerduty_connect::imports::{Import, ImportState, RowState};

use super::{TOLD, address};
use crate::ssr::fields::{Fields, grouped};

/// Some of the rows, by what is to be done for them and what they are at.
pub(crate) struct Tab {
    name: &'static str,
    label: &'static str,
    colour: &'static str,
    pub action: Option<Action>,
    pub state: Option<RowState>,
    pub rows: u64,
}

impl Tab {
    fn all(import: &Import) -> Self {
        Self { name: "", label: "All", colour: "", action: None, state: None, rows: import.tally.all() }
    }

    pub(crate) fn is_all(&self) -> bool {
        self.name.is_empty()
    }
}

/// What is planned. What cannot be is not counted where it is none.
pub(crate) fn of_plan(import: &Import) -> Vec<Tab> {
    let by_action = |action: Action, label, colour| Tab {
        name: action.name(),
        label,
        colour,
        action: Some(action),
        state: None,
        rows: import.tally.planned(action),
    };
    let mut tabs = vec![Tab::all(import)];
    if import.about.undoes {
        tabs.push(by_action(Action::Delete, "Remove", "warning"));
    } else {
        tabs.push(by_action(Action::Create, "Create", "good"));
        tabs.push(by_action(Action::Update, "Update", "change"));
        tabs.push(by_action(Action::Unchanged, "Unchanged", "still"));
    }
    tabs.push(by_action(Action::Conflict, "Conflict", "bad"));
    tabs.push(by_state(import, (RowState::Excluded, "Left out", "still")));
    tabs
}

fn by_state(import: &Import, (state, label, colour): (RowState, &'static str, &'static str)) -> Tab {
    Tab { name: state.name(), label, colour, action: None, state: Some(state), rows: import.tally.at(state) }
}

/// What it has come to: only what there is.
pub(crate) fn of_report(import: &Import) -> Vec<Tab> {
    let not_sent = if import.state == ImportState::Cancelled { "Not sent" } else { "Waiting" };
    let states = [
        (RowState::Failed, "Not done", "bad"),
        (RowState::Exists, "Made by others", "bad"),
        (RowState::Sent, "Not known", "warning"),
        (RowState::Pending, not_sent, "still"),
        (RowState::Created, "Made", "good"),
        (RowState::Probably, "Made, most likely", "good"),
        (RowState::Updated, "Changed", "change"),
        (RowState::Deleted, "Removed", "change"),
        (RowState::Gone, "Were gone", "still"),
        (RowState::Excluded, "Left out", "still"),
    ];
    let by_action = |action: Action, label, colour| Tab {
        name: action.name(),
        label,
        colour,
        action: Some(action),
        state: None,
        rows: import.tally.planned(action),
    };
    let came = states.into_iter().map(|it| by_state(import, it));
    let left =
        [by_action(Action::Conflict, "Conflict", "bad"), by_action(Action::Unchanged, "Unchanged", "still")];
    let each = came.chain(left).filter(|tab| tab.rows > 0);
    std::iter::once(Tab::all(import)).chain(each).collect()
}

/// The one the address asks for; all, where it asks for none.
pub(crate) fn current<'t>(tabs: &'t [Tab], fields: &Fields) -> &'t Tab {
    const ALL: &Tab = &Tab { name: "", label: "All", colour: "", action: None, state: None, rows: 0 };
    let name = fields.get("show").unwrap_or_default();
    tabs.iter().find(|tab| tab.name == name).or(tabs.first()).unwrap_or(ALL)
}

pub(super) fn view(import: &Import, tabs: &[Tab], fields: &Fields) -> AnyView {
    let plain = fields.without(&TOLD).without(&["page"]);
    let now = current(tabs, fields).name;
    let tab = |tab: &Tab| {
        let place =
            plain.with("show", Some(tab.name).filter(|it| !it.is_empty())).address(&address(&import.id));
        view! {
            <li>
                <a href=place aria-current=(tab.name == now).then_some("true") data-state=tab.colour data-none=(tab.rows == 0).then_some("")>
                    <strong>{grouped(tab.rows)}</strong>
                    " "
                    {tab.label}
                </a>
            </li>
        }
        .into_any()
    };
    view! {
        <ul class="counts" aria-label="Rows">
            {tabs.iter().map(tab).collect::<Vec<_>>()}
        </ul>
    }
    .into_any()
}
