//! Answers that are too large, too deep, or never end.

use std::time::{Duration, Instant};

use pagerduty_sandbox::Fault;

use crate::harness::{App, BETHANY};

const KIB: u64 = 1024;

async fn refused_with(app: &App, fault: Fault) {
    let said = format!("{} {}", fault.path.as_deref().unwrap_or("?"), fault.flood_bytes);
    app.sandbox.fault(fault);
    let reply = app.browser().connect_as(BETHANY).await;
    assert_eq!(reply.problem().as_deref(), Some("pagerduty-down"), "{said}: {}", reply.status);
    app.assert_refused(&reply, 502, "pagerduty-down");
    assert_eq!(app.rows("connection").await, 0, "{said}");
}

#[tokio::test]
async fn sr_14_an_answer_without_end_is_cut_at_its_limit() {
    let started = Instant::now();
    let app = App::start().await;
    for (method, path) in
        [("POST", "/oauth/token"), ("GET", "/global/oauth/anonymous/jwks"), ("GET", "/users/me")]
    {
        for status in [200, 400, 503] {
            refused_with(&app, Fault::on(method, path).status(status).body("{\"a\":\"").endless()).await;
        }
    }
    app.connected(BETHANY).await;
    assert!(started.elapsed() < Duration::from_secs(20), "cut by time, not by size");
}

#[tokio::test]
async fn sr_14_token_answers_may_have_64_kib_and_no_more() {
    let app = App::start().await;
    // What stands before the flood belongs to a good answer: only its length is wrong.
    refused_with(&app, Fault::on("POST", "/oauth/token").status(200).flood(64 * KIB + 1)).await;
    let pad = "x".repeat(60 << 10);
    app.sandbox.set_switches(|s| {
        s.extra_token_fields.insert("padding".into(), pad.into());
    });
    app.connected(BETHANY).await;
}

#[tokio::test]
async fn sr_14_deep_nesting_is_an_error_and_not_a_crash() {
    let app = App::start().await;
    for path in ["/oauth/token", "/users/me"] {
        let method = if path == "/users/me" { "GET" } else { "POST" };
        for open in ["[", "{\"a\":"] {
            refused_with(&app, Fault::on(method, path).status(200).body(&open.repeat(10_000))).await;
        }
    }
    app.connected(BETHANY).await;
}

#[tokio::test]
async fn sr_14_a_picture_without_end_is_cut_and_is_no_picture() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    app.sandbox.fault(Fault::on("GET", "/avatars/*").status(200).endless());
    assert_eq!(browser.get("/avatar").await.status, 404);
    app.sandbox.fault(Fault::on("GET", "/avatars/*").status(200).body("<svg onload=alert(1)>"));
    assert_eq!(browser.get("/avatar").await.status, 404);
    assert_eq!(browser.get("/avatar").await.status, 200);
}

/// Takes ten seconds: that is the limit it shows.
#[tokio::test]
async fn sr_14_an_answer_that_does_not_come_is_given_up_after_ten_seconds() {
    let late = Duration::from_secs(60);
    let (silent, dripping, keys) = (App::start().await, App::start().await, App::start().await);
    let drip = Duration::from_millis(200);
    let started = Instant::now();
    tokio::join!(
        refused_with(&silent, Fault::on("POST", "/oauth/token").delay(late)),
        // A byte now and then does not buy more time.
        refused_with(&dripping, Fault::on("POST", "/oauth/token").status(200).endless().drip(drip)),
        refused_with(&keys, Fault::on("GET", "/global/oauth/anonymous/jwks").delay(late)),
    );
    let took = started.elapsed();
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(25), "{took:?}");
}
