//! Where PagerDuty sends the browser back to.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    connect::finish_connect,
    ui::{loading::Loading, problem::Problem},
};

/// The flow ends while this renders. When it ended well the answer is a
/// redirect; what stays to be seen here is why it did not.
#[component]
pub fn CallbackPage() -> impl IntoView {
    let finished = Resource::new_blocking(|| (), |()| finish_connect());
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                match finished.await {
                    Ok(()) => view! { <Connected /> }.into_any(),
                    Err(problem) => view! { <Problem problem /> }.into_any(),
                }
            })}
        </Transition>
    }
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
