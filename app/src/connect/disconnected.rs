//! After disconnecting.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    page::{or_problem, when_loaded},
    ui::{connect_form::ConnectForm, icon::Icon},
};

/// When PagerDuty could not be told, the page has a problem to show.
#[component]
pub fn DisconnectedPage() -> impl IntoView {
    when_loaded(|answer| or_problem(answer, |_| view! { <Disconnected /> }.into_any()))
}

#[component]
fn Disconnected() -> impl IntoView {
    view! {
        <Title text="Disconnected · Connect for PagerDuty" />
        <article class="disconnected sheet">
            <Icon name="#unplugged" />
            <h1>"You are disconnected"</h1>
            <p class="lead">
                "Both tokens were revoked at PagerDuty, and everything stored here about you was removed."
            </p>
            <ConnectForm label="Connect again" return_to=None />
        </article>
    }
}
