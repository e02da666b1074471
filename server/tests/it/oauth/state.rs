//! A callback counts once, in the browser that started it, for ten minutes.

use std::time::Duration;

use super::{changed, param};
use crate::harness::{App, BETHANY, Browser, MARCUS, Reply};

/// Nothing happened: no call, no connection, no session.
async fn assert_nothing_happened(app: &App) {
    assert_eq!(app.token_calls(), 0, "PagerDuty was asked for a token");
    assert_eq!(app.rows("session").await, 0);
    assert_eq!(app.rows("connection").await, 0);
}

async fn refused(app: &App, browser: &Browser, path: &str, code: &str) -> Reply {
    let reply = browser.callback(path).await;
    app.assert_refused(&reply, 400, code);
    assert_eq!(browser.session(), None);
    reply
}

#[tokio::test]
async fn sr_02_a_callback_without_its_state_is_refused() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let state = param(&back, "state");
    let flipped: String = state
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    for (value, code) in [
        (None, "malformed"),
        (Some(""), "malformed"),
        (Some(&state[..state.len() - 1]), "state-mismatch"),
        (Some(&*format!("{state}A")), "state-mismatch"),
        (Some(&*format!("{state} ")), "state-mismatch"),
        (Some(&*flipped), "state-mismatch"),
        (Some("null"), "state-mismatch"),
        (Some(&*"A".repeat(43)), "state-mismatch"),
    ] {
        refused(&app, &browser, &changed(&back, "state", value), code).await;
    }
    assert_nothing_happened(&app).await;
    // None of it used the attempt up.
    assert_eq!(browser.callback(&back).await.status, 303);
}

#[tokio::test]
async fn sr_02_another_browsers_state_is_refused() {
    let app = App::start().await;
    let (one, other) = (app.browser(), app.browser());
    let back = one.until_callback(BETHANY).await;
    let others = other.until_callback(MARCUS).await;

    refused(&app, &app.browser(), &back, "state-mismatch").await;
    refused(&app, &other, &back, "state-mismatch").await;
    // One's own state, somebody else's code, is another matter: PKCE refuses it at PagerDuty.
    let crossed = changed(&others, "code", Some(&param(&back, "code")));
    assert_nothing_happened(&app).await;
    let reply = other.callback(&crossed).await;
    app.assert_refused(&reply, 400, "code-refused");
    assert_eq!(app.rows("session").await, 0);
}

#[tokio::test]
async fn sr_02_the_cookie_must_be_the_one_that_was_set() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let (name, value) = browser.attempts().remove(0);
    for planted in ["", "x", &value[..42], &value.to_ascii_lowercase(), &format!("{value}A")] {
        let other = app.browser();
        other.set_cookie(&name, planted);
        refused(&app, &other, &back, "state-mismatch").await;
    }
    // Under another name it binds nothing.
    let other = app.browser();
    other.set_cookie("__Host-pdc_tx_AAAAAAAA", &value);
    refused(&app, &other, &back, "state-mismatch").await;
    assert_nothing_happened(&app).await;
}

#[tokio::test]
async fn sr_02_a_callback_works_once() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let before = browser.twin();
    assert_eq!(browser.callback(&back).await.status, 303);
    // The same browser as it was before, with the cookie of the attempt: replayed.
    let reply = before.callback(&back).await;
    app.assert_refused(&reply, 400, "already-used");
    // Anybody else with the address from a history or a log.
    let reply = app.browser().callback(&back).await;
    app.assert_refused(&reply, 400, "already-used");
    assert_eq!(app.token_calls(), 1);
    assert_eq!(app.rows("session").await, 1);
}

#[tokio::test]
async fn sr_09_an_attempt_older_than_ten_minutes_is_refused_and_offers_to_start_again() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    app.clock.advance(Duration::from_secs(602));
    let reply = refused(&app, &browser, &back, "expired").await;
    assert!(reply.body.contains("action=\"/api/begin_connect\""), "no way on");
    assert_nothing_happened(&app).await;

    let back = browser.until_callback(BETHANY).await;
    app.clock.advance(Duration::from_secs(595));
    assert_eq!(browser.callback(&back).await.status, 303, "ten minutes are allowed");
}

#[tokio::test]
async fn rf_22_an_hour_later_the_page_says_so_and_a_new_try_works() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    app.clock.advance(Duration::from_secs(3600));
    refused(&app, &browser, &back, "expired").await;
    assert_eq!(browser.connect_as(BETHANY).await.status, 303);
    assert!(browser.is_greeted("Bethany Developer").await);
}

#[tokio::test]
async fn sr_03_nobody_is_signed_in_as_the_attacker() {
    let app = App::start().await;
    let (attacker, victim) = (app.browser(), app.browser());
    let bait = attacker.until_callback(MARCUS).await;

    // The victim is led to the attacker's callback: with no attempt, with one of
    // their own under way, and while connected.
    refused(&app, &victim, &bait, "state-mismatch").await;
    let own = victim.until_callback(BETHANY).await;
    refused(&app, &victim, &bait, "state-mismatch").await;
    assert_eq!(victim.callback(&own).await.status, 303);
    let reply = victim.callback(&bait).await;
    app.assert_refused(&reply, 400, "state-mismatch");
    assert!(victim.is_greeted("Bethany Developer").await);
    assert_eq!(app.token_calls(), 1, "the attacker's code was not redeemed");

    // Nor did the victim's visit spoil the attempt for its owner.
    assert_eq!(attacker.callback(&bait).await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_04_sixty_four_parallel_callbacks_redeem_one_code() {
    let app = App::start().await;
    for round in 1..=3 {
        let browser = app.browser();
        let back = browser.until_callback(BETHANY).await;
        let connected = storm(&browser, &[&app], &back).await;
        assert_eq!(connected, 1, "round {round}");
        assert_eq!(app.token_calls(), round);
        assert_eq!(app.query("SELECT count(*) FROM attempt WHERE used_at IS NULL").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_04_two_processes_on_one_database_redeem_one_code() {
    let app = App::start().await;
    let replica = app.replica().await;
    for round in 1..=3 {
        let browser = app.browser();
        let back = browser.until_callback(BETHANY).await;
        let connected = storm(&browser, &[&app, &replica], &back).await;
        assert_eq!(connected, 1, "round {round}");
        assert_eq!(app.token_calls(), round);
    }
}

/// 64 times the same callback at once; how many of them connected.
async fn storm(browser: &Browser, apps: &[&App], back: &str) -> usize {
    let calls = (0..64).map(|i| {
        let twin = browser.twin().at(apps[i % apps.len()]);
        let back = back.to_owned();
        tokio::spawn(async move { (twin.callback(&back).await, twin) })
    });
    let mut connected = 0;
    for call in calls.collect::<Vec<_>>() {
        let (reply, twin) = call.await.unwrap();
        match reply.status {
            303 => connected += usize::from(twin.session().is_some()),
            _ => {
                assert_eq!((reply.status, reply.problem().as_deref()), (400, Some("already-used")));
                assert_eq!(twin.session(), None);
            }
        }
    }
    connected
}
