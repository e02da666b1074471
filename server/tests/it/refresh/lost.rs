//! PagerDuty has replaced the refresh token, and the answer never arrived.

use pagerduty_connect::{Reason, State};
use pagerduty_sandbox::{Reset, Rotation};

use crate::harness::{AGEING, App, BETHANY, Browser, DAY, eventually, on_refresh};

async fn assert_asked_to_connect_again(browser: &Browser, title: &str) {
    for path in ["/welcome", "/connection"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        page.assert_shows(&[title, "data-state=\"reply-lost\"", ">Connect again<"]);
    }
    assert!(browser.is_greeted("Bethany Developer").await);
}

#[tokio::test]
async fn rf_11_a_lost_answer_is_asked_for_again_where_pagerduty_has_a_grace_period() {
    for lost in [1, 2] {
        let app = App::start().await;
        app.sandbox.set_switches(|s| s.rotation = Rotation::Grace(60));
        let (browser, user) = app.person(BETHANY).await;
        app.sandbox.fault(on_refresh().reset(Reset::After).times(lost));
        app.clock.advance(DAY);
        eventually("the answer arrives", async || browser.check().await == "checked").await;
        assert_eq!(app.refreshes().len(), lost as usize + 1);
        assert_eq!(app.standing(&user).await.state, State::Connected);
        // The one that counts is known by now: the next refresh is like any other.
        app.clock.advance(DAY);
        assert_eq!(browser.check().await, "checked");
        assert_eq!(app.refreshes().len(), lost as usize + 2);
    }
}

#[tokio::test]
async fn rf_11_a_lost_answer_costs_nothing_until_the_old_access_token_ends() {
    for rotation in [Rotation::Strict, Rotation::ReuseRevokesFamily] {
        let app = App::start().await;
        app.sandbox.set_switches(|s| s.rotation = rotation);
        let (browser, user) = app.person(BETHANY).await;
        let token = app.token(&user).await.unwrap();
        app.sandbox.fault(on_refresh().reset(Reset::After));
        app.clock.advance(AGEING);
        assert_eq!(browser.check().await, "checked");
        eventually("it is noticed", async || {
            app.standing(&user).await.state == State::NeedsReconnect(Reason::ReplyLost)
        })
        .await;

        // The API is served on, and nobody is asked for new tokens any more.
        let asked = app.refreshes().len();
        assert_eq!(asked, 2);
        for _ in 0..10 {
            assert_eq!(browser.check().await, "checked");
            assert_eq!(app.token(&user).await.unwrap(), token);
        }
        assert_asked_to_connect_again(&browser, "Connect again soon").await;
        assert_eq!(app.rows("session").await, 1, "nobody is signed out");

        // The end of the old access token is the end of that.
        app.clock.advance(DAY - AGEING);
        for _ in 0..10 {
            assert_eq!(browser.check().await, "/connection");
            assert!(app.token(&user).await.unwrap_err().is_reconnect_required());
        }
        app.connect().sweep(true).await;
        assert_asked_to_connect_again(&browser, "Your connection must be made again").await;
        assert_eq!(app.refreshes().len(), asked, "no loop of requests");

        heals(&app, &browser).await;
    }
}

#[tokio::test]
async fn rf_11_a_lost_answer_with_no_token_left_asks_for_consent_at_once() {
    let app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    app.sandbox.fault(on_refresh().reset(Reset::After));
    app.clock.advance(DAY);
    assert_eq!(browser.check().await, "/connection");
    assert_asked_to_connect_again(&browser, "Your connection must be made again").await;
    let standing = app.standing(&user).await;
    assert_eq!(standing.state, State::NeedsReconnect(Reason::ReplyLost));
    assert_eq!(app.refreshes().len(), 2);
    heals(&app, &browser).await;
}

/// Connecting again makes it as good as new.
async fn heals(app: &App, browser: &Browser) {
    let asked = app.refreshes().len();
    app.sandbox.advance_clock(DAY);
    let authorize = browser.begin_to(&[("return_to", "/connection")]).await;
    let back = browser.consent(&authorize, BETHANY).await;
    assert_eq!(browser.callback(&back).await.location(), "/connection");
    browser.get("/connection").await.assert_shows(&["data-state=\"connected\""]);
    assert_eq!(browser.check().await, "checked");
    assert_eq!((app.rows("connection").await, app.rows("session").await), (1, 1));
    app.pass(DAY);
    assert_eq!(browser.check().await, "checked");
    assert_eq!(app.refreshes().len(), asked + 1);
}
