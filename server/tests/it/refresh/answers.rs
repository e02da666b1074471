//! Token requests that go wrong in every way but one: none of it ends a connection.

use std::time::Duration;

use pagerduty_connect::{Error, State};
use pagerduty_sandbox::{Fault, Reset, Rotation};
use tokio::task::{JoinSet, LocalSet};

use crate::harness::{AGEING, App, BETHANY, DAY, eventually, on_refresh};

const HTML: &str = "<!doctype html><h1>Attention required</h1><script>alert(1)</script>";
/// The rest of the old token's life, when it was [`AGEING`].
const REST: Duration = Duration::from_secs(8_001);

const SLOW_DOWN: &str = "asked to slow down";
const OWN_ERROR: &str = "answered with an error of its own";
const NO_SENSE: &str = "answer made no sense";
const UNREACHABLE: &str = "could not be reached";

fn json(status: u16, error: &str) -> Fault {
    let body = format!(r#"{{"error":"{error}","error_description":"<script>alert(2)</script>"}}"#);
    on_refresh().status(status).header("content-type", "application/json").body(&body)
}

fn html(status: u16) -> Fault {
    on_refresh().status(status).header("content-type", "text/html").body(HTML)
}

/// What happens, how often one refresh tries, and how the page calls it.
fn answers() -> Vec<(Fault, u32, &'static str)> {
    vec![
        (on_refresh().status(429), 1, SLOW_DOWN),
        (on_refresh().status(429).header("ratelimit-reset", "1"), 1, SLOW_DOWN),
        (on_refresh().status(429).header("ratelimit-reset", "soon").body(HTML), 1, SLOW_DOWN),
        (html(408), 2, OWN_ERROR),
        (html(403), 2, OWN_ERROR),
        (on_refresh().status(400).body("Bad Request"), 2, OWN_ERROR),
        (on_refresh().status(400), 2, OWN_ERROR),
        (json(400, "temporarily_unavailable"), 2, OWN_ERROR),
        (json(400, "invalid_request"), 2, OWN_ERROR),
        (json(503, "temporarily_unavailable"), 2, OWN_ERROR),
        // Not what RFC 6749 calls an error answer: it says nothing about the grant.
        (json(500, "invalid_grant"), 2, OWN_ERROR),
        (on_refresh().status(500), 2, OWN_ERROR),
        (html(502), 2, OWN_ERROR),
        (html(503), 2, OWN_ERROR),
        (html(200), 2, NO_SENSE),
        (on_refresh().status(200).body(r#"{"access_token":"pdus+_0XA"#), 2, NO_SENSE),
        (on_refresh().reset(Reset::Before), 2, UNREACHABLE),
        (on_refresh().reset(Reset::After), 2, UNREACHABLE),
        (on_refresh().delay(Duration::from_millis(700)).reset(Reset::Before), 2, UNREACHABLE),
        (on_refresh().status(200).flood((64 << 10) + 1), 2, NO_SENSE),
        (on_refresh().status(307).header("location", "http://127.0.0.1:9/"), 2, OWN_ERROR),
    ]
}

#[tokio::test]
async fn rf_08_no_answer_but_invalid_grant_ends_a_connection() {
    let at_once = async {
        let mut all = JoinSet::new();
        for (fault, tries, words) in answers() {
            all.spawn_local(is_survived(fault, tries, words));
        }
        all.join_all().await;
    };
    LocalSet::new().run_until(at_once).await;
}

async fn is_survived(fault: Fault, tries: u32, words: &'static str) {
    let said = format!("{fault:?}");
    let app = App::start().await;
    // The lost answers are another test's.
    app.sandbox.set_switches(|s| s.rotation = Rotation::Grace(60));
    let (browser, user) = app.person(BETHANY).await;
    let token = app.token(&user).await.unwrap();

    app.sandbox.fault(fault.times(tries));
    app.clock.advance(AGEING);
    assert_eq!(app.token(&user).await.unwrap(), token, "{said}");
    eventually(&format!("trouble is shown: {said}"), async || {
        let page = browser.get("/connection").await;
        assert_eq!(page.status, 200, "{said}");
        assert!(!page.body.contains("<script>alert"), "{said}");
        let tried = app.refreshes().len() == tries as usize;
        tried && page.body.contains(words) && page.body.contains("data-state=\"connected\"")
    })
    .await;
    assert_eq!(app.token(&user).await.unwrap(), token, "{said}: its own token lives");

    // Now that it has ended, callers may have to wait for the pause to pass.
    app.clock.advance(REST);
    eventually(&format!("the next refresh works: {said}"), async || {
        let note = browser.check().await;
        assert!(note == "later" || note == "checked", "{said}: {note}");
        note == "checked"
    })
    .await;
    assert_eq!(app.refreshes().len(), tries as usize + 1, "{said}");
    assert_ne!(app.token(&user).await.unwrap(), token, "{said}");
    let standing = app.standing(&user).await;
    assert_eq!((standing.state, standing.trouble), (State::Connected, None), "{said}");
    assert!(!browser.get("/connection").await.body.contains(words), "{said}");
    assert_eq!((app.rows("connection").await, app.rows("session").await), (1, 1), "{said}");
}

#[tokio::test]
async fn rf_08_with_no_token_left_callers_are_told_to_wait_and_nothing_is_lost() {
    let app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    app.clock.advance(DAY);
    app.sandbox.fault(html(503).times(2));
    assert_eq!(browser.check().await, "later");
    assert!(matches!(app.token(&user).await, Err(Error::Later { .. })), "it waits out its pause");
    assert_eq!(app.refreshes().len(), 2, "and asks nobody meanwhile");
    let page = browser.get("/connection?note=later").await;
    page.assert_shows(&["Nothing is lost; try again in a minute.", "data-state=\"connected\""]);
    assert!(browser.is_greeted("Bethany Developer").await);
    eventually("it works again", async || browser.check().await == "checked").await;
    app.assert_redeemed(3, 1);
}

#[tokio::test]
async fn rf_03_pagerduty_says_how_long_to_wait_and_nobody_asks_before() {
    let app = App::start().await;
    let (_, user) = app.person(BETHANY).await;
    app.clock.advance(DAY);
    app.sandbox.fault(on_refresh().status(429).header("ratelimit-reset", "3"));
    eventually("there is a new token", async || app.token(&user).await.is_ok()).await;
    let calls = app.refreshes();
    assert_eq!(calls.len(), 2);
    let pause = calls[1].at.duration_since(calls[0].at);
    assert!(pause.as_secs() >= 3, "{pause:?}");

    app.clock.advance(DAY);
    app.sandbox.fault(on_refresh().status(429).header("ratelimit-reset", "99999"));
    assert!(matches!(app.token(&user).await, Err(Error::Later { .. })));
    let left =
        app.query("SELECT retry_at - CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM connection").await;
    assert!((100_000..=120_000).contains(&left), "two minutes at most, not {left} ms");
}
