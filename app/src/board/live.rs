//! What goes on at the server while a board is looked at.
//!
//! The server writes what is new as lines (`server/src/import/events.rs`); here they are put where they belong, all
//! at once and without a look at the layout.

use std::cell::RefCell;

use leptos::{
    tachys::dom::document,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{Element, Event, MessageEvent},
};
use web_sys::EventSource;

/// Rows that stay on the page.
const MOST: usize = 50;

/// The one that is open, and where it listens. What it calls must live as long.
type Open = (String, EventSource, Closure<dyn FnMut(Event)>);

thread_local! {
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

/// Listens there, and nowhere else; with an empty address, nowhere at all. The browser connects again by itself.
pub fn watch(address: &str) {
    OPEN.with_borrow_mut(|open| {
        if open.as_ref().is_some_and(|(at, ..)| at == address) {
            return;
        }
        if let Some((_, source, _)) = open.take() {
            source.close();
        }
        if address.is_empty() {
            return;
        }
        let page = crate::page::address();
        let told = Closure::new(move |event: Event| {
            let lines = event.unchecked_into::<MessageEvent>().data().as_string().unwrap_or_default();
            // Else it is at something else by now, and its page is another.
            if lines.starts_with("done=") { _ = show(&lines) } else { page.load_again() }
        });
        let Ok(source) = EventSource::new(address) else { return };
        for kind in ["message", "turn"] {
            _ = source.add_event_listener_with_callback(kind, told.as_ref().unchecked_ref());
        }
        *open = Some((address.to_owned(), source, told));
    });
}

/// The first line holds figures, each other one a row: its number, what it is at, its name.
///
/// Written with what Leptos calls of the DOM anyway: every other function costs the browser bytes.
fn show(lines: &str) -> Option<()> {
    let mut lines = lines.split('\n');
    for figure in lines.next()?.split(' ') {
        let (name, value) = figure.split_once('=')?;
        if let Some(place) = at(name) {
            place.set_text_content(Some(value));
        }
        if name == "done" {
            _ = at("bar")?.set_attribute("value", value);
        }
    }
    for line in lines {
        let mut row = line.split('\t');
        let (number, state, name) = (row.next()?, row.next()?, row.next()?);
        let item = document().create_element("li").ok()?;
        item.set_text_content(Some(name));
        _ = item.set_attribute("value", number);
        // Beside the figure stands what it is called.
        let badge = at(state)?.parent_node()?.first_child()?.clone_node_with_deep(true).ok()?;
        _ = item.insert_before(&badge, item.first_child().as_ref());
        let list = at(if state == "failed" { "failures" } else { "rows" })?;
        _ = list.insert_before(&item, list.first_child().as_ref());
        let mut beyond = list.first_child();
        for _ in 0..MOST {
            beyond = beyond.and_then(|it| it.next_sibling());
        }
        if let Some(old) = beyond {
            old.unchecked_into::<Element>().remove();
        }
    }
    Some(())
}

fn at(name: &str) -> Option<Element> {
    document().get_element_by_id(&("live-".to_owned() + name))
}
