//! A page that the server writes whole: lists, and whatever else only shows.
//!
//! Rows rendered by the browser's half would have to be in the Wasm that every
//! page waits for. So the server renders these pages for both, with JavaScript
//! and without; the browser's half puts them in place and sends their forms
//! without loading the document anew.

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use crate::{
    page::{or_problem, when_loaded},
    ui::{not_found::NotFound, signed_out::SignedOut},
};

#[cfg(feature = "hydrate")]
mod live;
#[cfg(feature = "hydrate")]
mod send;
/// The server's half of a page watches nothing.
#[cfg(not(feature = "hydrate"))]
mod live {
    pub fn watch(_: &str) {}
}
/// The server's half of a page sends nothing.
#[cfg(not(feature = "hydrate"))]
mod send {
    pub fn sender() -> impl Fn(leptos::ev::SubmitEvent) {
        |_| {}
    }
}

/// A page as the server wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    pub title: String,
    /// What is new here, for those who do not see it.
    pub said: String,
    /// Made by this app's own components, which escape what others wrote.
    pub html: String,
    /// Where the server tells what goes on while this is looked at; empty where nothing does.
    pub live: String,
}

#[component]
pub fn BoardPage() -> impl IntoView {
    on_cleanup(|| live::watch(""));
    when_loaded(|answer| {
        or_problem(answer, |page| match (page.account, page.board) {
            (None, _) => view! { <SignedOut why=page.ended /> }.into_any(),
            (_, None) => view! { <NotFound /> }.into_any(),
            (_, Some(Board { title, html, live, .. })) => {
                live::watch(&live);
                view! {
                    <Title text=title + " · Connect for PagerDuty" />
                    <div on:submit=send::sender() inner_html=html></div>
                }
                .into_any()
            }
        })
    })
}
