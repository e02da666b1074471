//! What an answer leaves out, and what it takes away; an app that PagerDuty does not know.

use std::time::Duration;

use pagerduty::ClientSecret;
use pagerduty_connect::{Reason, State};
use pagerduty_sandbox::Rotation;

use crate::harness::{AGEING, App, BETHANY, DAY, Setup, eventually};

/// Longer than the test's clocks move.
const LONG: u64 = 366 * 86_400;

#[tokio::test]
async fn rf_08_an_answer_without_a_refresh_token_leaves_the_old_one_in_use() {
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    app.sandbox.set_switches(|s| {
        s.rotation = Rotation::Grace(LONG);
        s.omit_token_fields = vec!["refresh_token".into()];
    });
    for _ in 0..3 {
        app.clock.advance(DAY);
        assert_eq!(browser.check().await, "checked");
    }
    let calls = app.refreshes();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call.form("refresh_token") == calls[0].form("refresh_token")));

    // And a new one, when it comes, takes its place.
    app.sandbox.set_switches(|s| s.omit_token_fields.clear());
    for _ in 0..2 {
        app.clock.advance(DAY);
        assert_eq!(browser.check().await, "checked");
    }
    assert_ne!(app.refreshes()[4].form("refresh_token"), calls[0].form("refresh_token"));
}

#[tokio::test]
async fn rf_08_without_any_refresh_token_the_access_token_is_used_to_its_end() {
    let app = App::start().await;
    app.sandbox.set_switches(|s| s.omit_token_fields = vec!["refresh_token".into()]);
    let (browser, user) = app.person(BETHANY).await;
    app.clock.advance(AGEING);
    assert_eq!(browser.check().await, "checked");
    eventually("it is noticed", async || {
        app.standing(&user).await.state == State::NeedsReconnect(Reason::NoRefreshToken)
    })
    .await;
    assert_eq!(browser.check().await, "checked");
    app.clock.advance(DAY - AGEING);
    assert_eq!(browser.check().await, "/connection");
    browser.get("/connection").await.assert_shows(&["PagerDuty gave this app no refresh token"]);
    assert_eq!(app.refreshes().len(), 0);
}

#[tokio::test]
async fn rf_08_scopes_that_a_refresh_takes_away_are_shown_and_silence_takes_none_away() {
    let setup = Setup { scopes: Some("openid users.read services.read"), ..Setup::default() };
    let app = App::start_with(setup).await;
    let (browser, user) = app.person(BETHANY).await;
    let scopes = async || app.connect().identity(&user).await.unwrap().scopes.to_string();
    let all = scopes().await;
    assert!(all.contains("services.read"), "{all}");

    app.sandbox.set_switches(|s| s.omit_token_fields = vec!["scope".into()]);
    app.clock.advance(DAY);
    assert_eq!(scopes().await, all, "RFC 6749 §5.1: as before");
    assert_eq!(app.refreshes().len(), 1);
    assert!(!browser.get("/welcome").await.body.contains("Asked for, but not granted"));

    app.sandbox.set_switches(|s| {
        s.omit_token_fields.clear();
        s.granted_scope = Some("openid users.read".into());
    });
    app.clock.advance(DAY);
    assert_eq!(scopes().await, "openid users.read");
    let page = browser.get("/welcome").await.body;
    let (_, notice) = page.split_once("Asked for, but not granted").expect("the page says so");
    assert!(notice.contains("services.read"), "{page}");

    app.sandbox.set_switches(|s| s.granted_scope = None);
    app.clock.advance(DAY);
    assert_eq!(scopes().await, all, "and what comes back is there again");
}

#[tokio::test]
async fn rf_08_a_wrong_secret_is_the_operators_to_mend_and_ends_no_connection() {
    let mut app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    let right = std::mem::replace(&mut app.registration.client_secret, ClientSecret::new("not-the-secret"));
    let mut app = app.restart().await;

    app.clock.advance(AGEING);
    assert_eq!(browser.check().await, "checked", "the old token works on");
    eventually("it is noticed", async || app.standing(&user).await.trouble.is_some()).await;
    app.clock.advance(DAY - AGEING);
    eventually("it is called by its name", async || {
        let note = browser.check().await;
        assert!(note == "later" || note == "misconfigured", "{note}");
        note == "misconfigured"
    })
    .await;
    let page = browser.get("/connection?note=misconfigured").await;
    page.assert_shows(&["data-state=\"connected\"", "Whoever runs this app must mend that"]);
    page.assert_shows(&["its operator must mend that"]);
    assert!(app.refreshes().iter().all(|call| call.status == Some(401)));
    assert_eq!((app.rows("connection").await, app.rows("session").await), (1, 1));

    app.registration.client_secret = right;
    let app = app.restart().await;
    eventually("it works again", async || browser.check().await == "checked").await;
    let standing = app.standing(&user).await;
    assert_eq!((standing.state, standing.trouble), (State::Connected, None));
}

#[tokio::test]
async fn rf_12_a_token_is_not_renewed_because_the_api_is_in_trouble() {
    use pagerduty_sandbox::Fault;
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    app.clock.advance(Duration::from_secs(60));
    for (status, note) in
        [(500, "later"), (403, "refused"), (429, "limited"), (402, "refused"), (404, "later")]
    {
        app.sandbox.fault(Fault::on("GET", "/users/me").status(status));
        assert_eq!(browser.check().await, note, "{status}");
    }
    assert_eq!(app.refreshes().len(), 0);
    assert_eq!(browser.check().await, "checked");
}
