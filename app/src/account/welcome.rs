//! The page that greets.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

use crate::{
    account::{Account, badge::Avatar},
    connect::Disconnect,
    page::{or_problem, when_loaded},
    permission::Permission,
    ui::{connect_form::ConnectForm, icon::Icon, permissions::Permissions, signed_out::SignedOut},
};

#[component]
pub fn WelcomePage() -> impl IntoView {
    when_loaded(|answer| {
        or_problem(answer, |page| match page.account {
            Some(account) => view! { <Welcome account /> }.into_any(),
            None => view! { <SignedOut return_to="/welcome" /> }.into_any(),
        })
    })
}

#[component]
fn Welcome(account: Account) -> impl IntoView {
    let Account { granted, missing, connected_at, access_until, .. } = account.clone();
    view! {
        <Title text="Welcome · Connect for PagerDuty" />
        <div class="hero hero-person">
            <Avatar name=account.name.clone() avatar=account.avatar.clone() />
            <div>
                <h1>"Hello, " {account.name.clone()} "!"</h1>
                <p class="lead">"You are connected to PagerDuty."</p>
            </div>
        </div>
        <div class="welcome">
            {(!missing.is_empty()).then(|| view! { <NotGranted missing /> })}
            <Facts account />
            <div class="welcome-side">
                <section class="card">
                    <h2>"What this app may do"</h2>
                    <Permissions list=granted />
                </section>
                <section class="card connection">
                    <h2>"Your connection"</h2>
                    <dl class="facts">
                        {fact("Connected", connected_at)}
                        {fact("Token lasts until", access_until)}
                    </dl>
                    <div class="connection-ways">
                        <a class="link-onward" href="/how">
                            "See how this worked"
                            <Icon name="#arrow" />
                        </a>
                        <DisconnectForm />
                    </div>
                </section>
            </div>
        </div>
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
                })}
        </section>
    }
}

fn fact(name: &'static str, value: String) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
}

fn teams(teams: Vec<String>) -> AnyView {
    if teams.is_empty() {
        return view! { <span class="quiet">"No teams"</span> }.into_any();
    }
    let chips = teams.into_iter().map(|team| view! { <li>{team}</li> }).collect::<Vec<_>>();
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
            <ConnectForm label="Connect again" return_to=Some("/welcome") />
            </div>
        </section>
    }
}

#[component]
fn DisconnectForm() -> impl IntoView {
    view! {
        <details class="disconnect">
            <summary>"Disconnect…"</summary>
            <p>"Disconnect revokes both tokens at PagerDuty and removes everything stored here."</p>
            <form method="post" action=Disconnect::PATH>
                <button class="button button-danger" type="submit">
                    "Disconnect now"
                </button>
            </form>
        </details>
    }
}
