//! Connections that nobody uses, and the ends PagerDuty sets them.

use std::time::Duration;

use pagerduty_connect::{Reason, State};

use crate::harness::{App, BETHANY, DAY};

#[tokio::test]
async fn a_connection_that_nobody_uses_is_kept_alive_where_that_is_wanted() {
    let app = App::start().await;
    let (_, user) = app.person(BETHANY).await;
    let connect = app.connect();
    app.pass(26 * DAY);
    connect.sweep(true).await;
    assert_eq!(app.refreshes().len(), 0, "there are four days left");

    app.pass(DAY + Duration::from_secs(60));
    connect.sweep(false).await;
    assert_eq!(app.refreshes().len(), 0, "it is not wanted");
    connect.sweep(true).await;
    app.assert_redeemed(1, 1);
    connect.sweep(true).await;
    app.assert_redeemed(1, 1);
    let times = app.standing(&user).await.times;
    assert!(times.idle_until - app.clock.now() > 29 * DAY.as_secs() as i64, "{times:?}");
    app.pass(28 * DAY);
    assert!(app.token(&user).await.is_ok(), "more than thirty days after anybody used it");
}

#[tokio::test]
async fn a_connection_that_nobody_uses_ends_after_thirty_days_otherwise() {
    let app = App::start().await;
    let (_, user) = app.person(BETHANY).await;
    app.pass(30 * DAY + Duration::from_secs(60));
    app.connect().sweep(false).await;
    assert_eq!(app.token(&user).await.unwrap_err().code(), "idle");
    assert_eq!(app.standing(&user).await.state, State::NeedsReconnect(Reason::Idle));
    assert_eq!(app.refreshes().len(), 1);
    app.connect().sweep(true).await;
    assert_eq!(app.refreshes().len(), 1, "what is over is left alone");

    let (browser, _) = app.person(BETHANY).await;
    assert_eq!(browser.check().await, "checked");
}

#[tokio::test]
async fn a_year_after_consent_pagerduty_asks_again_and_is_not_bothered_before() {
    let app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    let mut day = 0;
    while day + 27 < 365 {
        day += 27;
        app.pass(27 * DAY + Duration::from_secs(1));
        stay_signed_in(&app).await;
        app.connect().sweep(true).await;
    }
    let kept = app.refreshes().len();
    assert_eq!(kept, 13, "every 27 days");
    let times = app.standing(&user).await.times;
    assert_eq!(times.idle_until, times.window_until, "nothing can be won by renewing it");
    // The last fortnight.
    app.pass(13 * DAY);
    stay_signed_in(&app).await;
    app.connect().sweep(true).await;
    assert_eq!(app.refreshes().len(), kept);
    assert_eq!(browser.check().await, "checked");
    let kept = app.refreshes().len();

    app.pass(2 * DAY);
    stay_signed_in(&app).await;
    app.connect().sweep(true).await;
    assert_eq!(app.refreshes().len(), kept, "it is left alone");
    assert_eq!(browser.check().await, "/connection");
    assert_eq!(app.standing(&user).await.state, State::NeedsReconnect(Reason::WindowOver));
    let page = browser.get("/connection").await;
    page.assert_shows(&["PagerDuty asks for your consent again", ">Connect again<"]);
    browser.connect_as(BETHANY).await;
    assert_eq!(browser.check().await, "checked");
}

/// A session lasts for thirty days; this one is to see the year's end.
async fn stay_signed_in(app: &App) {
    let now = app.clock.now();
    app.execute(&format!("UPDATE session SET started_at = {now}, seen_at = {now}")).await;
}
