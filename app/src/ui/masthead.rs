//! The top of every page: whose app this is, where one can go, who is here.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    account::badge::Badge,
    page::{Answer, when_loaded},
    ui::icon::Icon,
};

#[component]
pub fn Masthead() -> impl IntoView {
    view! { <header class="masthead">{when_loaded(masthead)}</header> }
}

fn masthead(answer: Answer) -> AnyView {
    let (person, sandbox) =
        answer.0.map_or((None, false), |page| (page.account, !page.invitation.sandbox.is_empty()));
    let home = if person.is_some() { "/welcome" } else { "/" };
    view! {
        {sandbox.then(|| view! { <SandboxBanner /> }.into_any())}
        <div class="masthead-bar">
            <a class="brand" href=home>
                <Icon name="#mark" />
                <span class="brand-name">"Connect for PagerDuty"</span>
                <span class="brand-note">"unofficial"</span>
            </a>
            {person
                .map(|person| {
                    view! {
                        <Nav />
                        <Badge name=person.name avatar=person.avatar />
                    }
                        .into_any()
                })}
        </div>
    }
    .into_any()
}

#[component]
fn Nav() -> impl IntoView {
    view! {
        <nav class="masthead-nav" aria-label="Main">
            <NavLink href="/welcome" label="Welcome" />
            <NavLink href="/services" label="Services" />
            <NavLink href="/incidents" label="Incidents" />
            <NavLink href="/on-call" label="On call" />
            <NavLink href="/import" label="Import" />
            <NavLink href="/explorer" label="Explorer" />
            <NavLink href="/connection" label="Connection" />
            <NavLink href="/how" label="How this worked" />
        </nav>
    }
}

#[component]
fn NavLink(href: &'static str, label: &'static str) -> impl IntoView {
    let path = use_location().pathname;
    view! {
        <a href=href aria-current=move || path.get().starts_with(href).then_some("page")>
            {label}
        </a>
    }
}

#[component]
fn SandboxBanner() -> impl IntoView {
    view! {
        <p class="sandbox-banner">
            <strong>"Sandbox"</strong>
            <span>
                "A stand-in for PagerDuty runs on this machine. No real account is touched."
            </span>
        </p>
    }
}
