//! Answers that are errors, redirects, nonsense, or do not come.

use pagerduty_sandbox::{Fault, Reset};

use crate::harness::{App, BETHANY, Canary, eventually};

const TOKEN: (&str, &str) = ("POST", "/oauth/token");
const KEYS: (&str, &str) = ("GET", "/global/oauth/anonymous/jwks");
const ME: (&str, &str) = ("GET", "/users/me");

/// Every leg of the exchange.
const LEGS: [(&str, &str); 3] = [TOKEN, KEYS, ME];

/// Connecting fails as it should with this fault, and works without.
async fn assert_page_and_retry(app: &App, fault: Fault, code: &str) {
    let said = format!("{fault:?}");
    app.sandbox.fault(fault);
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let reply = browser.callback(&back).await;
    assert_eq!(reply.problem().as_deref(), Some(code), "{said}: {}", reply.status);
    app.assert_refused(&reply, if code == "no-permission" { 403 } else { 502 }, code);
    assert!(reply.body.contains("action=\"/api/begin_connect\""), "no way on");
    assert_eq!(app.rows("connection").await, 0, "{said}");
    // The attempt is burnt, and a new one works.
    app.assert_refused(&browser.callback(&back).await, 400, "already-used");
    let again = browser.connect_as(BETHANY).await;
    assert_eq!((again.status, again.location()), (303, "/welcome"), "after {said}");
    assert_eq!(browser.post("/api/disconnect", &[]).await.location(), "/disconnected");
}

#[tokio::test]
async fn rf_22_pagerduty_down_is_a_page_and_a_retry_works() {
    for (method, path) in LEGS {
        // The keys are fetched once a process: a new one for each leg.
        let app = App::start().await;
        for status in [500, 502, 503, 504, 429] {
            if path == KEYS.1 && status != 503 {
                continue;
            }
            let html = "<html><h1>Oh no</h1><script>alert(1)</script></html>";
            let fault = Fault::on(method, path).status(status).body(html);
            assert_page_and_retry(&app, fault, "pagerduty-down").await;
        }
    }
}

#[tokio::test]
async fn rf_22_a_connection_reset_is_a_page_and_a_retry_works() {
    for (method, path) in LEGS {
        for reset in [Reset::Before, Reset::After] {
            let app = App::start().await;
            // reqwest may send an idempotent request once more by itself.
            let fault = Fault::on(method, path).reset(reset).times(if method == "GET" { 3 } else { 1 });
            app.sandbox.fault(fault);
            let browser = app.browser();
            let reply = browser.connect_as(BETHANY).await;
            app.assert_refused(&reply, 502, "pagerduty-down");
            assert_eq!((app.rows("connection").await, app.rows("session").await), (0, 0));
        }
    }
}

#[tokio::test]
async fn rf_04_nonsense_with_a_200_is_a_page_and_never_a_connection() {
    let nonsense = [
        "",
        "null",
        "[]",
        "{}",
        "\"token\"",
        "{\"access_token\":",
        "\u{feff}{}",
        "{\"access_token\":7,\"token_type\":\"bearer\"}",
        "{\"access_token\":\"\"}",
        "{\"user\":null}",
        "{\"user\":{}}",
        "{\"user\":{\"id\":null,\"name\":7}}",
        "{\"keys\":7}",
        "<html>maintenance</html>",
        "NaN",
    ];
    let app = App::start().await;
    for (method, path) in [TOKEN, ME] {
        for body in nonsense {
            let fault = Fault::on(method, path).status(200).header("content-type", "application/json");
            app.sandbox.fault(fault.body(body));
            let reply = app.browser().connect_as(BETHANY).await;
            assert_eq!(reply.problem().as_deref(), Some("pagerduty-down"), "{path} {body:?}");
            app.assert_refused(&reply, 502, "pagerduty-down");
        }
    }
    for body in nonsense {
        let app = App::start().await;
        app.sandbox.fault(Fault::on(KEYS.0, KEYS.1).status(200).body(body));
        let reply = app.browser().connect_as(BETHANY).await;
        assert_eq!(reply.status, 502, "{body:?}");
    }
    assert_eq!((app.rows("connection").await, app.rows("session").await), (0, 0));
}

#[tokio::test]
async fn rf_07_what_pagerduty_writes_into_an_oauth_error_is_not_shown_as_markup() {
    let app = App::start().await;
    for error in ["invalid_grant", "invalid_client", "<script>alert(1)</script>"] {
        let body = format!(r#"{{"error":"{error}","error_description":"<script>alert(2)</script>"}}"#);
        app.sandbox.fault(Fault::on(TOKEN.0, TOKEN.1).status(400).body(&body));
        let reply = app.browser().connect_as(BETHANY).await;
        assert!(matches!(reply.status, 400 | 502), "{error}");
        assert!(!reply.body.contains("<script>alert"), "{error}");
        reply.assert_event("connect.failed", None);
    }
}

#[tokio::test]
async fn sr_13_no_redirect_of_pagerdutys_is_followed() {
    let canary = Canary::start().await;
    for status in [301, 302, 303, 307, 308] {
        let app = App::start().await;
        let away = |(method, path): (&str, &str)| {
            Fault::on(method, path).status(status).header("location", &format!("{}/caught", canary.url))
        };
        for leg in LEGS {
            app.sandbox.fault(away(leg));
            let reply = app.browser().connect_as(BETHANY).await;
            app.assert_refused(&reply, 502, "pagerduty-down");
        }
        let (browser, _) = app.connected(BETHANY).await;
        app.sandbox.fault(away(("GET", "/avatars/*")));
        assert_eq!(browser.get("/avatar").await.status, 404);
        app.sandbox.fault(away(("POST", "/oauth/revoke")).always());
        assert_eq!(browser.post("/api/disconnect", &[]).await.location(), "/disconnected?revoked=no");
        assert_eq!(app.rows("connection").await, 0, "wiped here all the same");
    }
    assert_eq!(canary.hits(), 0, "a redirect was followed");
}

#[tokio::test]
async fn sr_15_what_is_stored_is_wiped_whether_or_not_pagerduty_answers() {
    let app = App::start().await;
    for (fault, calls, page) in [
        (Fault::on("POST", "/oauth/revoke").status(503).times(2), 4, "/disconnected"),
        (Fault::on("POST", "/oauth/revoke").reset(Reset::Before).times(1), 3, "/disconnected"),
        (Fault::on("POST", "/oauth/revoke").status(503).times(6), 6, "/disconnected?revoked=no"),
        (Fault::on("POST", "/oauth/revoke").status(400).times(2), 2, "/disconnected?revoked=no"),
    ] {
        let (browser, _) = app.connected(BETHANY).await;
        let copy = browser.twin();
        let before = app.calls("/oauth/revoke").len();
        let said = format!("{fault:?}");
        app.sandbox.fault(fault);
        let reply = browser.post("/api/disconnect", &[]).await;
        assert_eq!((reply.status, reply.location()), (303, page), "{said}");
        assert_eq!(app.calls("/oauth/revoke").len() - before, calls, "{said}");
        assert_eq!((app.rows("connection").await, app.rows("session").await), (0, 0), "{said}");
        assert!(!copy.is_greeted("Bethany").await);
        reply.assert_event("connect.end", None);
        let failed = reply.log().iter().filter(|l| l["event"] == "revoke.failed").count();
        assert_eq!(failed, if page == "/disconnected" { 0 } else { 2 }, "{said}");
    }
}

#[tokio::test]
async fn tokens_that_are_not_kept_are_revoked_even_when_pagerduty_stumbles() {
    let app = App::start().await;
    app.sandbox.fault(Fault::on(ME.0, ME.1).status(503));
    app.sandbox.fault(Fault::on("POST", "/oauth/revoke").status(503));
    let reply = app.browser().connect_as(BETHANY).await;
    app.assert_refused(&reply, 502, "pagerduty-down");
    eventually("the tokens are revoked", async || app.sandbox.tokens().iter().all(|t| t.revoked)).await;
}
