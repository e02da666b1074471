//! Where PagerDuty sends the browser back to.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::page::{or_problem, when_loaded};

/// The flow ends while this renders. When it ended well the answer is a
/// redirect; what stays to be seen here is why it did not.
#[component]
pub fn CallbackPage() -> impl IntoView {
    when_loaded(|answer| or_problem(answer, |_| view! { <Connected /> }.into_any()))
}

#[component]
fn Connected() -> impl IntoView {
    view! {
        <Title text="Connected · Connect for PagerDuty" />
        <article class="connected sheet">
            <h1>"You are connected"</h1>
            <a class="button" href="/welcome">
                "Continue"
            </a>
        </article>
    }
}
