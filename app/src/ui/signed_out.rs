//! A page that needs a connection, seen without one.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::connect_form::ConnectForm;

/// Answered with 401; connecting leads back here.
#[component]
pub fn SignedOut(return_to: &'static str) -> impl IntoView {
    crate::ssr::answer(401);
    view! {
        <Title text="Not connected · Connect for PagerDuty" />
        <article class="signed-out sheet">
            <h1>"You are not connected"</h1>
            <p class="lead">
                "This page is about your own connection. Connect to PagerDuty, and you come right back here."
            </p>
            <ConnectForm label="Connect to PagerDuty" return_to=Some(return_to) />
            <p>
                <a href="/">"What will it be allowed to do?"</a>
            </p>
        </article>
    }
}
