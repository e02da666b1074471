//! What people do: cancel, give up, come back.

use std::time::Duration;

use pagerduty_sandbox::Fault;

use crate::harness::{App, BETHANY, Setup, eventually};

#[tokio::test]
async fn rf_22_a_person_who_cancels_gets_a_page_and_may_try_again() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.cancel(&browser.begin().await, BETHANY).await;
    let reply = browser.callback(&back).await;
    app.assert_refused(&reply, 403, "denied");
    assert!(reply.body.contains("The resource owner or authorization server denied the request."));
    assert!(reply.body.contains("action=\"/api/begin_connect\""), "no way on");
    assert_eq!(app.token_calls(), 0);
    assert_eq!(browser.connect_as(BETHANY).await.status, 303);
}

#[tokio::test]
async fn rf_22_a_wrong_secret_is_the_operators_to_mend_and_says_so() {
    let wrong = Setup { client_secret: Some("not-the-secret-at-all"), ..Setup::default() };
    let app = App::start_with(wrong).await;
    let browser = app.browser();
    let reply = browser.connect_as(BETHANY).await;
    app.assert_refused(&reply, 502, "misconfigured");
    assert!(reply.body.contains("PD_CLIENT_SECRET"));
    assert!(!reply.body.contains("not-the-secret"));
    let lines = reply.log();
    let line = lines.iter().find(|l| l["event"] == "connect.failed").unwrap();
    assert_eq!(line["level"], "ERROR", "{line}");
    assert_eq!(app.rows("connection").await, 0);
}

#[tokio::test]
async fn a_browser_that_hangs_up_during_the_exchange_does_not_lose_the_connection() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    app.sandbox.fault(Fault::on("POST", "/oauth/token").delay(Duration::from_millis(700)));
    let visit = browser.navigation(&back, "cross-site").timeout(Duration::from_millis(300));
    let gone = browser.try_send(visit).await;
    assert!(gone.is_err_and(|e| e.is_timeout()), "the browser was to hang up");
    assert_eq!(app.rows("connection").await, 0, "too early to tell");

    eventually("the connection is stored", async || app.rows("connection").await == 1).await;
    assert_eq!(app.token_calls(), 1);
    assert!(app.sandbox.tokens().iter().all(|t| !t.revoked), "the tokens are kept");
    // The browser comes back, learns that the answer was used, and connects again.
    app.assert_refused(&browser.callback(&back).await, 400, "already-used");
    assert_eq!(browser.connect_as(BETHANY).await.status, 303);
}

#[tokio::test]
async fn stopping_lets_a_callback_under_way_finish() {
    let mut app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    app.sandbox.fault(Fault::on("POST", "/oauth/token").delay(Duration::from_millis(700)));
    let (twin, path) = (browser.twin(), back.clone());
    let under_way = tokio::spawn(async move { twin.callback(&path).await });
    eventually("PagerDuty is asked", async || app.token_calls() == 1).await;
    app.halt().await;
    let reply = under_way.await.unwrap();
    assert_eq!((reply.status, reply.location()), (303, "/welcome"), "{}", reply.body);
}
