//! What was under way when somebody left, and two tabs at once.

use std::{sync::Arc, time::Duration};

use pagerduty_connect::Error;
use pagerduty_sandbox::{Fault, RevokeReach};
use tokio::task::JoinHandle;

use crate::harness::{AGEING, App, BETHANY, Browser, DAY, eventually, on_refresh};

const HELD: Duration = Duration::from_millis(800);

/// An app where revoking a token ends that token alone, and a person's refresh that
/// PagerDuty has answered, but the answer is still on its way.
async fn held_refresh(app: &App) -> (Arc<Browser>, JoinHandle<Result<(), Error>>) {
    app.sandbox.set_switches(|s| s.revoke_reach = RevokeReach::OnlyTheToken);
    let (browser, user) = app.person(BETHANY).await;
    app.pass(DAY);
    app.sandbox.fault(on_refresh().delay_after(HELD));
    let connect = app.connect();
    let refreshing = tokio::spawn(async move { connect.identity(&user).await.map(drop) });
    eventually("new tokens are given", async || app.sandbox.tokens().len() == 4).await;
    (Arc::new(browser), refreshing)
}

#[tokio::test]
async fn sr_30_a_refresh_under_way_brings_nobody_back_who_disconnects_meanwhile() {
    for elsewhere in [false, true] {
        let app = App::start().await;
        let replica = app.replica().await;
        let (browser, refreshing) = held_refresh(&app).await;
        let door = browser.twin().at(if elsewhere { &replica } else { &app });
        assert_eq!(door.post("/api/disconnect", &[]).await.location(), "/disconnected");
        assert!(!refreshing.is_finished(), "too late to show anything");
        let found = refreshing.await.unwrap();
        assert!(matches!(found, Err(Error::NotConnected)), "{found:?}");
        eventually("the new tokens are revoked", async || app.revoked() == [true; 4]).await;
        eventually("nothing is left to do", async || app.rows("revocation").await == 0).await;
        for table in ["connection", "session"] {
            assert_eq!(app.rows(table).await, 0, "{table}");
        }
        assert_eq!(browser.get("/welcome").await.status, 401);
        assert_eq!(browser.check().await, "/connection");
    }
}

#[tokio::test]
async fn sr_30_a_refresh_under_way_does_not_touch_the_connection_made_after_it() {
    let app = App::start().await;
    let (browser, refreshing) = held_refresh(&app).await;
    assert_eq!(browser.post("/api/disconnect", &[]).await.location(), "/disconnected");
    let (browser, user) = app.person(BETHANY).await;
    let token = app.token(&user).await.unwrap();
    assert!(!refreshing.is_finished(), "too late to show anything");
    _ = refreshing.await.unwrap();
    assert_eq!(app.token(&user).await.unwrap(), token);
    assert_eq!(browser.check().await, "checked");
    eventually("of the first, all is revoked", async || {
        app.connect().sweep(false).await;
        app.revoked() == [true, true, true, true, false, false]
    })
    .await;
    app.pass(DAY);
    assert_eq!(browser.check().await, "checked");
}

#[tokio::test]
async fn sr_30_a_call_under_way_brings_nothing_back() {
    let app = Arc::new(App::start().await);
    let (browser, _) = app.person(BETHANY).await;
    app.sandbox.fault(Fault::on("GET", "/users/me").delay_after(HELD));
    let tab = browser.twin();
    let checking = tokio::spawn(async move { tab.check().await });
    eventually("PagerDuty is asked", async || app.api_calls().len() == 2).await;
    browser.post("/api/disconnect", &[]).await;
    assert_eq!(checking.await.unwrap(), "/connection");
    assert_eq!((app.rows("connection").await, app.rows("session").await), (0, 0));
}

#[tokio::test]
async fn rf_20_two_tabs_refresh_once_and_leave_once() {
    let app = App::start().await;
    let (one, _) = app.person(BETHANY).await;
    let two = one.twin();
    app.pass(DAY);
    let notes = tokio::join!(one.check(), two.check(), one.check(), two.check());
    assert_eq!(notes, ("checked".into(), "checked".into(), "checked".into(), "checked".into()));
    app.assert_redeemed(1, 1);

    // A double click, and the other tab at the same moment.
    let (a, b, c) = (one.twin(), one.twin(), one.twin());
    let gone = tokio::join!(
        a.post("/api/disconnect", &[]),
        b.post("/api/disconnect", &[]),
        c.post("/api/disconnect", &[])
    );
    for reply in [&gone.0, &gone.1, &gone.2] {
        assert_eq!(reply.status, 303);
        assert!(["/disconnected", "/"].contains(&reply.location()), "{}", reply.location());
    }
    assert_eq!(app.calls("/oauth/revoke").len(), 2, "each token once");
    assert_eq!(two.get("/welcome").await.status, 401);
    assert_eq!(two.check().await, "/connection");
}

#[tokio::test]
async fn rf_21_who_was_signed_out_meanwhile_comes_back_to_the_same_place() {
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    app.pass(8 * DAY);
    assert_eq!(browser.check().await, "/connection");
    let page = browser.get("/connection").await;
    assert_eq!(page.status, 401);
    page.assert_shows(&["name=\"return_to\" value=\"/connection\""]);
    let authorize = browser.begin_to(&[("return_to", "/connection")]).await;
    let back = browser.consent(&authorize, BETHANY).await;
    assert_eq!(browser.callback(&back).await.location(), "/connection");
    assert_eq!(browser.check().await, "checked");
}

#[tokio::test]
async fn rf_18_stopping_waits_for_a_refresh_that_nobody_waits_for() {
    let mut app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    const GENERATION: &str = "SELECT generation FROM connection";
    let first = app.query(GENERATION).await;
    app.clock.advance(AGEING);
    app.sandbox.fault(on_refresh().delay_after(HELD));
    assert!(app.token(&user).await.is_ok());
    eventually("PagerDuty is asked", async || app.refreshes().len() == 1).await;
    app.halt().await;
    assert_eq!(app.query(GENERATION).await, first + 1);
    let app = app.replica().await;
    assert_eq!(browser.at(&app).check().await, "checked");
    app.assert_redeemed(1, 1);
}

#[tokio::test]
async fn rf_18_who_is_about_to_stop_begins_no_refresh() {
    let app = App::start().await;
    let replica = app.replica().await;
    let (browser, user) = app.person(BETHANY).await;
    app.pass(DAY);
    app.connect().wind_down();
    assert_eq!(app.token(&user).await.unwrap_err().code(), "unavailable");
    assert_eq!(browser.check().await, "/unavailable");
    assert_eq!(app.token_calls(), 1, "but for the code");
    assert_eq!(browser.at(&replica).check().await, "checked", "another one does");
    app.assert_redeemed(1, 1);
}
