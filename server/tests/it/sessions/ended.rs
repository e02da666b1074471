//! A connection that was ended at PagerDuty: every session of it is over, and says why.

use std::time::Duration;

use pagerduty_connect::{Reason, State};

use crate::harness::{AGEING, App, BETHANY, Browser, MARCUS, eventually, on_refresh};

/// A token this old is not above suspicion.
const MINUTE: Duration = Duration::from_secs(60);

async fn assert_over(browser: &Browser) {
    for path in ["/welcome", "/connection", "/how"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 401, "{path}");
        page.assert_shows(&["Your connection was ended at PagerDuty", "action=\"/api/begin_connect\""]);
        assert!(!page.body.contains("Bethany"), "{path}");
    }
    assert_eq!(browser.get("/avatar").await.status, 404);
    assert_eq!(browser.check().await, "/connection");
    for form in ["/api/disconnect", "/api/end_other_sessions"] {
        let reply = browser.post(form, &[]).await;
        assert!(["/", "/connection"].contains(&reply.location()), "{form}: {}", reply.location());
    }
}

#[tokio::test]
async fn sr_27_an_end_at_pagerduty_ends_every_session_and_says_so() {
    let app = App::start().await;
    let replica = app.replica().await;
    let (one, user) = app.person(BETHANY).await;
    let (two, _) = app.person(BETHANY).await;
    let three = app.person(BETHANY).await.0.at(&replica);
    let (marcus, _) = app.person(MARCUS).await;
    app.connect().sweep(false).await;
    app.clock.advance(MINUTE);

    app.sandbox.revoke_all_of(BETHANY);
    assert!(two.is_greeted("Bethany Developer").await, "nobody has asked PagerDuty yet");
    let reply = one.post("/api/check", &[]).await;
    assert_eq!(reply.location(), "/connection");
    assert_eq!(app.standing(&user).await.state, State::NeedsReconnect(Reason::Revoked));
    for browser in [&one, &two, &three] {
        assert_over(browser).await;
    }
    assert_eq!(app.token(&user).await.unwrap_err().code(), "revoked", "not that token again");
    assert_eq!(app.refreshes().len(), 1);
    assert!(marcus.is_greeted("Marcus Okafor").await);
    assert_eq!(marcus.check().await, "checked");
    assert!(!one.get("/").await.body.contains("Bethany"));

    // Coming back brings one session to life, and none of the old ones.
    let authorize = one.begin_to(&[("return_to", "/connection")]).await;
    let back = one.consent(&authorize, BETHANY).await;
    let old = one.twin();
    assert_eq!(one.callback(&back).await.location(), "/connection");
    one.get("/connection").await.assert_shows(&["data-state=\"connected\""]);
    assert_eq!(one.check().await, "checked");
    for browser in [&old, &two, &three] {
        assert_eq!(browser.get("/welcome").await.status, 401);
        assert_eq!(browser.check().await, "/connection");
        assert!(!browser.is_greeted("Bethany").await);
    }
    assert_eq!(app.token(&user).await.unwrap(), replica.token(&user).await.unwrap());
}

#[tokio::test]
async fn sr_27_a_refresh_in_the_background_notices_an_end_at_pagerduty_too() {
    let app = App::start().await;
    let (one, user) = app.person(BETHANY).await;
    let (two, _) = app.person(BETHANY).await;
    app.sandbox.revoke_all_of(BETHANY);
    app.clock.advance(AGEING);
    assert!(app.token(&user).await.is_ok(), "nobody knows it yet");
    eventually("the end is noticed", async || one.get("/welcome").await.status == 401).await;
    assert_over(&one).await;
    assert_over(&two).await;
    // A restart changes nothing about it.
    let app = app.restart().await;
    assert_over(&one).await;
    app.connect().sweep(true).await;
    assert_eq!(app.refreshes().len(), 1);
}

#[tokio::test]
async fn sr_27_an_end_at_pagerduty_is_noticed_though_an_answer_was_lost_before() {
    let app = App::start().await;
    let (one, user) = app.person(BETHANY).await;
    let (two, _) = app.person(BETHANY).await;
    app.clock.advance(AGEING);
    app.sandbox.fault(on_refresh().status(500).times(2));
    assert!(app.token(&user).await.is_ok());
    eventually("two tries have failed", async || app.refreshes().len() == 2).await;
    eventually("and the lease is given back", async || {
        app.query("SELECT count(*) FROM connection WHERE lease_owner IS NULL").await == 1
    })
    .await;
    app.execute("UPDATE connection SET retry_at = NULL").await;
    app.sandbox.revoke_all_of(BETHANY);
    assert_eq!(one.check().await, "/connection");
    // What became of the lost answers nobody can tell; but nobody stays signed in.
    assert_eq!(app.standing(&user).await.state, State::NeedsReconnect(Reason::ReplyLost));
    for browser in [&one, &two] {
        let page = browser.get("/welcome").await;
        assert_eq!(page.status, 401);
        page.assert_shows(&["Your connection must be made again", "action=\"/api/begin_connect\""]);
    }
}

#[tokio::test]
async fn sr_27_a_refusal_that_says_nothing_about_the_person_ends_no_session() {
    let app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    app.clock.advance(31 * 24 * 60 * MINUTE);
    app.sandbox.advance_clock(31 * 24 * 60 * MINUTE);
    // Unused for too long: the session has ended by itself, nobody else ended it.
    assert_eq!(app.token(&user).await.unwrap_err().code(), "idle");
    assert_eq!(app.query("SELECT count(*) FROM session WHERE ended IS NOT NULL").await, 0);
    browser.get("/welcome").await.assert_shows(&["You are not connected"]);
}
