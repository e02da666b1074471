//! The page that greets.

use std::mem;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    account::{
        Account, Standing,
        badge::Avatar,
        standing::{disconnect_form, standing_note},
    },
    page::{or_problem, when_loaded},
    permission::Permission,
    ui::{
        connect_form::ConnectForm, fact::fact, icon::Icon, permissions::Permissions, signed_out::SignedOut,
    },
};

#[component]
pub fn WelcomePage() -> impl IntoView {
    when_loaded(|answer| {
        or_problem(answer, |page| match page.account {
            Some(account) => view! { <Welcome account /> }.into_any(),
            None => view! { <SignedOut why=page.ended /> }.into_any(),
        })
    })
}

#[component]
fn Welcome(mut account: Account) -> impl IntoView {
    let (granted, missing) = (mem::take(&mut account.granted), mem::take(&mut account.missing));
    let standing = mem::take(&mut account.standing);
    let is_over = standing.is_over;
    let connection = connection(standing).into_any();
    // What asks for something comes first.
    let (lead, urgent, calm) = if is_over {
        ("Your connection to PagerDuty needs you.", Some(connection), None)
    } else {
        ("You are connected to PagerDuty.", None, Some(connection))
    };
    view! {
        <Title text="Welcome · Connect for PagerDuty" />
        <div class="hero hero-over hero-person">
            <Avatar name=account.name.clone() avatar=account.avatar.clone() />
            <div>
                <h1>"Hello, " {account.name.clone()} "!"</h1>
                <p class="lead">{lead}</p>
            </div>
        </div>
        <div class="welcome">
            {urgent}
            {(!missing.is_empty()).then(|| view! { <NotGranted missing /> }.into_any())}
            <Facts account />
            <div class="welcome-side">
                <section class="card">
                    <h2>"What this app may do"</h2>
                    <Permissions list=granted />
                </section>
                {calm}
            </div>
        </div>
    }
}

/// How it stands, and the ways on from there.
fn connection(standing: Standing) -> impl IntoView {
    let is_over = standing.is_over;
    let more = view! {
        <a class="button button-quiet" href="/connection">
            "All about it"
            <Icon name="#arrow" />
        </a>
    };
    view! {
        <section class="card">
            <h2>"Your connection"</h2>
            {standing_note(standing, "/welcome", more.into_any())}
            <div class="connection-ways">
                <a class="link-onward" href="/how">
                    "See how this worked"
                    <Icon name="#arrow" />
                </a>
                {(!is_over).then(disconnect_form)}
            </div>
        </section>
    }
}

/// The person and the account, as PagerDuty knows them.
#[component]
fn Facts(account: Account) -> impl IntoView {
    view! {
        <section class="card">
            <h2>"You at PagerDuty"</h2>
            <dl class="facts">
                {fact("E-mail", account.email)}
                {account.job_title.map(|title| fact("Job title", title))}
                {fact("Role", account.role)}
                {fact("Time zone", account.time_zone)}
                <div>
                    <dt>"Teams"</dt>
                    <dd>{teams(account.teams)}</dd>
                </div>
                <div>
                    <dt>"Account"</dt>
                    <dd>
                        <strong>{account.subdomain}</strong>
                        <span class="quiet">".pagerduty.com"</span>
                    </dd>
                </div>
                {fact("Service region", account.region)}
            </dl>
            {account
                .profile_url
                .map(|address| {
                    view! {
                        <a class="link-onward" href=address>
                            "Your profile in PagerDuty"
                            <Icon name="#leave" />
                        </a>
                    }
                        .into_any()
                })}
        </section>
    }
}

fn teams(teams: Vec<String>) -> AnyView {
    if teams.is_empty() {
        return view! { <span class="quiet">"No teams"</span> }.into_any();
    }
    let chips = teams.into_iter().map(|team| view! { <li>{team}</li> }.into_any()).collect::<Vec<_>>();
    view! { <ul class="chips">{chips}</ul> }.into_any()
}

#[component]
fn NotGranted(missing: Vec<Permission>) -> impl IntoView {
    view! {
        <section class="notice">
            <h2>"Asked for, but not granted"</h2>
            <div class="notice-what">
            <p>"PagerDuty left these out, so what needs them will not work:"</p>
            <Permissions list=missing />
            </div>
            <div class="notice-fix">
            <p>
                "To fix it, an admin opens "
                <strong>"Integrations → App Registration → your app → Scoped OAuth"</strong>
                " in PagerDuty, ticks these scopes and saves. Then connect again."
            </p>
            <ConnectForm label="Connect again" return_to=Some("/welcome".to_owned()) />
            </div>
        </section>
    }
}
