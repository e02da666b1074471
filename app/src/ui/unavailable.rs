//! Where a form leads that could not be answered.

use leptos::prelude::*;

use crate::{
    page::{or_problem, when_loaded},
    ui::not_found::NotFound,
};

/// The problem is the page.
#[component]
pub fn UnavailablePage() -> impl IntoView {
    when_loaded(|answer| or_problem(answer, |_| view! { <NotFound /> }.into_any()))
}
