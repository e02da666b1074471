//! A page that needs a connection, seen without one.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::ui::{connect_form::ConnectForm, icon::Icon};

/// Answered with 401; connecting leads back to this very place.
#[component]
pub fn SignedOut(
    /// Why there is none any more, where the server knows: a title and what it means.
    why: Option<(String, String)>,
) -> impl IntoView {
    crate::ssr::answer(401);
    let (class, label) = match why {
        Some(_) => ("signed-out sheet is-over", "Connect again"),
        None => ("signed-out sheet", "Connect to PagerDuty"),
    };
    let (title, detail) = why.unwrap_or_else(|| {
        (
            "You are not connected".into(),
            "This page is about your own connection. Connect to PagerDuty, and you come right back here."
                .into(),
        )
    });
    let place = use_location();
    let (path, query) = (place.pathname.get_untracked(), place.search.get_untracked());
    let here = if query.is_empty() { path } else { path + "?" + &query };
    view! {
        <Title text="Not connected · Connect for PagerDuty" />
        <article class=class>
            <Icon name="#unplugged" />
            <h1>{title}</h1>
            <p class="lead">{detail}</p>
            <ConnectForm label return_to=Some(here) />
            <p>
                <a href="/">"What will it be allowed to do?"</a>
            </p>
        </article>
    }
}
