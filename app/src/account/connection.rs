//! Everything about one's own connection: its state, its clocks, its sessions.

use std::mem;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

use crate::{
    account::{
        Check, Clock, EndOtherSessions, Seat, SignOut, Standing,
        standing::{act, disconnect_form, standing_note},
    },
    page::{or_problem, when_loaded},
    ui::{icon::Icon, signed_out::SignedOut},
};

#[component]
pub fn ConnectionPage() -> impl IntoView {
    when_loaded(|answer| {
        or_problem(answer, |page| match page.account {
            Some(account) => connection(account.standing, page.seats, page.note),
            None => view! { <SignedOut why=page.ended /> }.into_any(),
        })
    })
}

fn connection(mut standing: Standing, seats: Vec<Seat>, note: Option<(String, String)>) -> AnyView {
    let clocks = mem::take(&mut standing.clocks);
    let check = act(Check::PATH, "Check it now", "button button-quiet");
    view! {
        <Title text="Your connection · Connect for PagerDuty" />
        <div class="hero hero-over">
            <h1>"Your connection"</h1>
            <p class="lead">"How it stands, how long it lasts, and where you are signed in."</p>
        </div>
        <div class="connection">
            {note.map(said)}
            <section class="card" aria-label="State">
                {standing_note(standing, "/connection", check)}
                <ol class="life">{clocks.into_iter().map(station).collect::<Vec<_>>()}</ol>
            </section>
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
    }
    .into_any()
}

/// How what was just done went.
fn said((code, sentence): (String, String)) -> AnyView {
    let went_well = matches!(&*code, "checked" | "others-ended");
    view! {
        <p class="said" role="status" data-note=code>
            <Icon name=if went_well { "#check" } else { "#broken" } />
            {sentence}
        </p>
    }
    .into_any()
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
