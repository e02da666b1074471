//! The top of every page: whose app this is, where one can go, who is here.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    account::badge::Badge, connect::Invitation, error::AppError, standing::Standing, ui::icon::Icon,
};

#[component]
pub fn Masthead(loaded: Resource<Result<Standing, AppError>>) -> impl IntoView {
    view! {
        <header class="masthead">
            <Transition fallback=|| ()>
                {move || Suspend::new(async move { masthead(loaded.await.ok()) })}
            </Transition>
        </header>
    }
}

fn masthead(standing: Option<Standing>) -> impl IntoView {
    let person = standing.as_ref().and_then(Standing::person).cloned();
    let invitation = standing.and_then(|standing| standing.invitation.ok());
    let home = if person.is_some() { "/welcome" } else { "/" };
    view! {
        {is_sandbox(invitation).then(|| view! { <SandboxBanner /> })}
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
                })}
        </div>
    }
}

fn is_sandbox(invitation: Option<Invitation>) -> bool {
    invitation.is_some_and(|invitation| invitation.sandbox.is_some())
}

#[component]
fn Nav() -> impl IntoView {
    view! {
        <nav class="masthead-nav" aria-label="Main">
            <NavLink href="/welcome" label="Welcome" />
            <NavLink href="/how" label="How this worked" />
        </nav>
    }
}

#[component]
fn NavLink(href: &'static str, label: &'static str) -> impl IntoView {
    let path = use_location().pathname;
    view! {
        <a href=href aria-current=move || (path.get() == href).then_some("page")>
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
