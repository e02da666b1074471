//! The flow that just happened, told request by request.

use leptos::prelude::*;

use super::{parts, step::StepCard};
use crate::{board::Board, how::Step};

pub(crate) fn page(steps: Vec<Step>) -> Board {
    parts::written("How this worked", "", view! { <How steps /> }.into_any())
}

#[component]
fn How(steps: Vec<Step>) -> impl IntoView {
    view! {
        <div class="hero hero-how">
            <h1>"How this worked"</h1>
            <p class="lead">
                "These are the requests that connected you, in the order they happened. Values that are secret are masked."
            </p>
        </div>
        <div class="how">
            <Contents titles=steps.iter().map(|step| step.title.clone()).collect() />
            <ol class="timeline">
                {(1..)
                    .zip(steps)
                    .map(|(number, step)| view! { <StepCard number step /> }.into_any())
                    .collect::<Vec<_>>()}
            </ol>
        </div>
    }
}

/// The steps at a glance.
#[component]
fn Contents(titles: Vec<String>) -> impl IntoView {
    let links = (1..).zip(titles).map(|(number, title): (u32, String)| {
        let step = String::from("#step-") + &number.to_string();
        // `external`: the browser itself jumps to places on a page.
        view! {
            <li>
                <a href=step rel="external">
                    {title}
                </a>
            </li>
        }
        .into_any()
    });
    view! {
        <nav class="contents" aria-label="Steps">
            <ol>{links.collect::<Vec<_>>()}</ol>
        </nav>
    }
}
