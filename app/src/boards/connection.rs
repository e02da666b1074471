//! Everything about one's own connection: its state, its clocks, its sessions.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::account::{
    Account, Check, Clock, EndOtherSessions, Seat, SignOut,
    standing::{act, disconnect_form, standing_note},
};
use crate::{
    board::Board,
    boards::parts,
    permission::Permission,
    ui::{fact::fact, icon::Icon, permissions::Permissions},
};

/// What the page tells beside the account itself.
pub(crate) struct More {
    pub clocks: Vec<Clock>,
    pub seats: Vec<Seat>,
    /// How what was just done went: a word for it, and a sentence.
    pub note: Option<(String, String)>,
    /// Calls left, and seconds until there are all again.
    pub left: Option<(u32, u64)>,
    /// A call for a terminal.
    pub curl: String,
    /// Whether the access token may be shown here.
    pub reveals: bool,
}

pub(crate) fn page(account: Account, more: More) -> Board {
    let Account { standing, granted, missing, region, subdomain, .. } = account;
    let More { clocks, seats, note, left, curl, reveals } = more;
    let is_over = standing.is_over;
    let aloud = note.as_ref().map(|(_, said)| said.clone()).unwrap_or_default();
    let check = act(Check::PATH, "Check it now", "button button-quiet");
    let html = view! {
        <div class="hero hero-over">
            <h1>"Your connection"</h1>
            <p class="lead">"How it stands, how long it lasts, and where you are signed in."</p>
        </div>
        <div class="connection">
            {note.map(|(code, said)| parts::note(&code, went_well(&code), said))}
            <section class="card" aria-label="State">
                {standing_note(standing, "/connection", check)}
                <ol class="life">{clocks.into_iter().map(station).collect::<Vec<_>>()}</ol>
            </section>
            {grant(granted, missing, subdomain, region, left)}
            <div class="connection-side">
                {(!is_over).then(|| script(curl, reveals))}
                <section class="card">
                    <h2>"Where you are signed in"</h2>
                    {seats_list(seats)}
                </section>
                <section class="card">
                    <h2>"When you want to leave"</h2>
                    <p>"You can end this connection at any time, and nothing of it stays."</p>
                    {disconnect_form()}
                </section>
            </div>
        </div>
    };
    parts::written("Your connection", &aloud, html.into_any())
}

/// What was agreed to, and what of that PagerDuty left out.
fn grant(
    granted: Vec<Permission>,
    missing: Vec<Permission>,
    subdomain: String,
    region: String,
    left: Option<(u32, u64)>,
) -> AnyView {
    let left = left.map(|(left, seconds)| format!("{left} for the next {seconds} s"));
    view! {
        <section class="card">
            <h2>"What it may do"</h2>
            <Permissions list=granted />
            {(!missing.is_empty())
                .then(|| {
                    view! {
                        <h3>"Asked for, but left out by PagerDuty"</h3>
                        <Permissions list=missing />
                        <p class="quiet">
                            "This app’s registration lacks them. An admin ticks them under Integrations → App Registration → your app → Scoped OAuth; then connect again."
                        </p>
                    }
                })}
            <dl class="facts">
                {fact("Account", format!("{subdomain}.pagerduty.com, {region}"))}
                {fact("Calls left", left.unwrap_or_else(|| "PagerDuty has not said lately".to_owned()))}
            </dl>
            <p>
                <a class="link-onward" href="/explorer">
                    "Which scope is for what?"
                    <Icon name="#arrow" />
                </a>
            </p>
        </section>
    }
    .into_any()
}

/// The same connection for a terminal.
fn script(curl: String, reveals: bool) -> AnyView {
    view! {
        <section class="card">
            <h2>"Use it from a script"</h2>
            <p>"On the machine this app runs on, this calls PagerDuty in your name, with a token that is always fresh:"</p>
            <pre class="tape" tabindex="0">{curl}</pre>
            {reveals
                .then(|| {
                    view! {
                        <details>
                            <summary>"Show the access token…"</summary>
                            <p>
                                "Whoever has it can act for you until it ends. It is shown on a page of its own, and that is logged."
                            </p>
                            {act(crate::ssr::REVEAL, "Show it now", "button button-quiet")}
                        </details>
                    }
                })}
        </section>
    }
    .into_any()
}

fn went_well(code: &str) -> bool {
    matches!(code, "checked" | "others-ended")
}

fn station(clock: Clock) -> AnyView {
    let Clock { name, near, moment, meaning, is_past } = clock;
    view! {
        <li class=if is_past { "life-past" } else { "life-ahead" }>
            <p>{name}</p>
            <strong>{near}</strong>
            <p>{meaning}</p>
            <p class="life-moment">{moment}</p>
        </li>
    }
    .into_any()
}

fn seats_list(seats: Vec<Seat>) -> AnyView {
    let others = seats.len() > 1;
    let seat = |Seat { browser, times, is_this_one }| {
        view! {
            <li>
                <Icon name="#screen" />
                <p>
                    <strong>{browser}</strong>
                    {is_this_one.then(|| view! { <span class="seat-this">"this browser"</span> }.into_any())}
                </p>
                <p class="quiet">{times}</p>
            </li>
        }
        .into_any()
    };
    view! {
        <ul class="seats">{seats.into_iter().map(seat).collect::<Vec<_>>()}</ul>
        <div class="seats-end">
            {act(SignOut::PATH, "Sign out here", "button button-quiet")}
            {others.then(|| act(EndOtherSessions::PATH, "End the others", "button button-quiet"))}
        </div>
    }
    .into_any()
}
