//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFound() -> impl IntoView {
    crate::ssr::answer(404);
    view! {
        <Title text="Page not found · Connect for PagerDuty" />
        <article class="not-found sheet">
            <p class="big-number" aria-hidden="true">
                "404"
            </p>
            <h1>"There is no such page"</h1>
            <p class="lead">
                "The address may be mistyped, or the page has moved. Nothing else is wrong: if you were connected, you still are."
            </p>
            <a class="button" href="/">
                "Go to the first page"
            </a>
        </article>
    }
}
