//! Lives that PagerDuty states oddly or not at all, and clocks that are wrong.

use std::time::Duration;

use pagerduty_connect::{Clock, State};
use pagerduty_sandbox::Fault;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{App, BETHANY, DAY, eventually};

const HOUR: Duration = Duration::from_secs(3_600);
/// No connection is refreshed more often.
const PAUSE_SECS: u64 = 30;

/// What `expires_in` says, and what is made of it; left out where it says nothing.
fn lives() -> Vec<(Option<Value>, u64)> {
    let year = 366 * DAY.as_secs();
    vec![
        (None, 3_600),
        (Some(Value::Null), 3_600),
        (Some(json!({})), 3_600),
        (Some(json!(true)), 3_600),
        (Some(json!("soon")), 3_600),
        (Some(json!(0)), 0),
        (Some(json!(-1)), 0),
        (Some(json!(-1e300)), 0),
        (Some(json!(1)), 1),
        (Some(json!("86400")), 86_400),
        (Some(json!(86_400.9)), 86_400),
        (Some(json!(1e300)), year),
        (Some(json!(u64::MAX)), year),
        (Some(json!(i64::MAX)), year),
        (Some(json!(u64::MAX.to_string())), year),
    ]
}

#[tokio::test]
async fn rf_12_whatever_expires_in_says_it_connects_and_refreshes() {
    let mut all = JoinSet::new();
    for (says, life) in lives() {
        all.spawn(is_understood(says, life));
    }
    all.join_all().await;
}

async fn is_understood(says: Option<Value>, life: u64) {
    let app = App::start().await;
    app.sandbox.set_switches(|s| match &says {
        Some(says) => _ = s.extra_token_fields.insert("expires_in".into(), says.clone()),
        None => s.omit_token_fields.push("expires_in".into()),
    });
    let (browser, user) = app.person(BETHANY).await;
    let times = app.standing(&user).await.times;
    assert_eq!(times.access_until - times.refreshed_at, life as i64, "{says:?}");
    let first = app.token(&user).await.unwrap();
    assert_eq!(browser.check().await, "checked", "{says:?}");
    assert_eq!(app.refreshes().len(), 0, "{says:?}: it is new");

    app.clock.advance(Duration::from_secs(life.max(PAUSE_SECS)));
    let token = app.token(&user).await.unwrap_or_else(|e| panic!("{says:?}: {e}"));
    assert_ne!(token, first, "{says:?}");
    assert_eq!(app.token(&user).await.unwrap(), token, "{says:?}: for half a minute at least");
    app.assert_redeemed(1, 1);
    assert_eq!(app.standing(&user).await.state, State::Connected, "{says:?}");
}

#[tokio::test]
async fn rf_12_tokens_without_a_life_do_not_make_a_storm() {
    for says in [json!(0), json!(-5), json!(1)] {
        let app = App::start().await;
        app.sandbox.set_switches(|s| {
            s.extra_token_fields.insert("expires_in".into(), says.clone());
        });
        let (browser, user) = app.person(BETHANY).await;
        let start = app.clock.now();
        for _ in 0..30 {
            app.clock.advance(Duration::from_secs(5));
            assert_eq!(browser.check().await, "checked", "{says}");
            assert!(app.token(&user).await.is_ok(), "{says}");
        }
        let lived = (app.clock.now() - start) as usize;
        let (least, most) = (150 / PAUSE_SECS as usize - 1, lived / PAUSE_SECS as usize);
        let asked = app.refreshes().len();
        assert!((least..=most).contains(&asked), "{says}: {asked} in {lived} s");
        app.assert_redeemed(asked, asked);
    }
}

#[tokio::test]
async fn rf_12_a_clock_an_hour_ahead_of_pagerdutys_changes_nothing() {
    let app = App::start().await;
    app.clock.advance(HOUR);
    let (browser, _) = app.person(BETHANY).await;
    for _ in 0..3 {
        app.clock.advance(DAY);
        app.sandbox.advance_clock(DAY);
        assert_eq!(browser.check().await, "checked");
    }
    app.assert_redeemed(3, 3);
    assert_eq!(app.api_calls(), [Some(200); 4], "one at the start, and no token was refused");
}

#[tokio::test]
async fn rf_12_a_clock_an_hour_behind_pagerdutys_finds_out_from_the_api() {
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    // Tokens end an hour earlier over there: with less than a tenth of a day left,
    // they are renewed before that.
    app.sandbox.advance_clock(HOUR);
    for round in 1..=3 {
        app.clock.advance(DAY - 2 * HOUR);
        app.sandbox.advance_clock(DAY - 2 * HOUR);
        assert_eq!(browser.check().await, "checked");
        eventually("it is renewed", async || {
            app.refreshes().iter().filter(|call| call.status == Some(200)).count() == round
        })
        .await;
        app.clock.advance(HOUR);
        app.sandbox.advance_clock(HOUR);
        assert_eq!(browser.check().await, "checked");
    }
    // Unused until the very end, the first call hears 401, and the second works.
    let (calls, asked) = (app.api_calls().len(), app.refreshes().len());
    app.sandbox.expire_access_tokens();
    assert_eq!(browser.check().await, "checked");
    assert_eq!(app.api_calls()[calls..], [Some(401), Some(200)]);
    assert_eq!(app.refreshes().len(), asked + 1);
}

#[tokio::test]
async fn rf_12_a_clock_that_is_set_back_loses_nothing() {
    let mut app = App::start().await;
    app.clock.advance(HOUR);
    let (browser, user) = app.person(BETHANY).await;
    app.clock = Clock::system();
    let app = app.restart().await;
    // By this clock the token was issued an hour from now.
    assert_eq!(browser.check().await, "checked");
    assert!(browser.is_greeted("Bethany Developer").await);
    assert_eq!(app.refreshes().len(), 0);

    // It ends at PagerDuty before this clock knows: one call finds out.
    app.sandbox.expire_access_tokens();
    for _ in 0..5 {
        assert_eq!(browser.check().await, "checked");
    }
    app.assert_redeemed(1, 1);
    let times = app.standing(&user).await.times;
    assert!(times.refreshed_at <= app.clock.now(), "from now on the times are right: {times:?}");
    app.clock.advance(DAY);
    assert_eq!(browser.check().await, "checked");
    app.assert_redeemed(2, 2);
}

#[tokio::test]
async fn rf_12_a_401_forces_one_refresh_and_one_more_call_and_never_two() {
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    app.clock.advance(Duration::from_secs(PAUSE_SECS));
    let before = app.api_calls().len();
    let refused = || Fault::on("GET", "/users/me").status(401);

    app.sandbox.fault(refused());
    assert_eq!(browser.check().await, "checked");
    assert_eq!(app.api_calls()[before..], [Some(401), Some(200)]);
    app.assert_redeemed(1, 1);

    // Whatever token it is, it is refused: something else is wrong.
    app.clock.advance(Duration::from_secs(PAUSE_SECS));
    app.sandbox.fault(refused().times(4));
    let before = app.api_calls().len();
    assert_eq!(browser.check().await, "not-accepted");
    assert_eq!(app.api_calls()[before..], [Some(401), Some(401)]);
    app.assert_redeemed(2, 2);
    // A token that new is not the reason.
    for _ in 0..2 {
        assert_eq!(browser.check().await, "not-accepted");
    }
    assert_eq!(app.api_calls()[before..], [Some(401); 4]);
    app.assert_redeemed(2, 2);
    assert_eq!(browser.check().await, "checked");
}
