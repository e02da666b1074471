//! The first page: what connecting means, and the button.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    connect::Invitation,
    page::{Page, or_problem, when_loaded},
    permission::Permission,
    ui::{connect_form::ConnectForm, icon::Icon, permissions::Permissions},
};

#[component]
pub fn ConnectPage() -> impl IntoView {
    when_loaded(|answer| or_problem(answer, connect))
}

fn connect(page: Page) -> AnyView {
    match page.account {
        Some(account) => view! { <AlreadyConnected name=account.name /> }.into_any(),
        None => view! { <Connect invitation=page.invitation /> }.into_any(),
    }
}

#[component]
fn Connect(invitation: Invitation) -> impl IntoView {
    let Invitation { permissions, sandbox } = invitation;
    view! {
        <Title text="Connect for PagerDuty" />
        <div class="hero hero-connect">
            <div class="hero-words">
                <h1>"Connect to PagerDuty, and see how it’s done."</h1>
                <p class="lead">
                    "Sign in with your PagerDuty account. This app greets you by name, then shows you every request that made it happen."
                </p>
                <ConnectForm label="Connect to PagerDuty" return_to=None />
                <div inner_html=sandbox></div>
            </div>
            <Asked list=permissions />
        </div>
        <Trust />
    }
}

#[component]
fn Asked(list: Vec<Permission>) -> impl IntoView {
    view! {
        <section class="card asked">
            <h2>"What it asks for"</h2>
            <p class="quiet">"You see this list again at PagerDuty."</p>
            <Permissions list />
        </section>
    }
}

/// Three facts, strung on one wire.
#[component]
fn Trust() -> impl IntoView {
    view! {
        <section class="trust" aria-labelledby="trust">
            <h2 id="trust">"What you can rely on"</h2>
            <ul class="wire">
                <li>
                    <Icon name="#lock" />
                    <h3>"Secrets stay on the server"</h3>
                    <p>
                        "Tokens are sealed and kept there; no page holds one. This browser gets one session cookie."
                    </p>
                </li>
                <li>
                    <Icon name="#key" />
                    <h3>"Every sign-in is bound to you"</h3>
                    <p>
                        "PKCE, state and a signed ID token: a code that someone else catches or plants is worth nothing."
                    </p>
                </li>
                <li>
                    <Icon name="#unplugged" />
                    <h3>"Disconnect at any time"</h3>
                    <p>
                        "One button revokes both tokens at PagerDuty and removes everything stored here."
                    </p>
                </li>
            </ul>
        </section>
    }
}

#[component]
fn AlreadyConnected(name: String) -> impl IntoView {
    view! {
        <Title text="Connect for PagerDuty" />
        <article class="connected sheet">
            <h1>"You are connected as " {name}</h1>
            <a class="button" href="/welcome">
                "Continue"
                <Icon name="#arrow" />
            </a>
        </article>
    }
}
