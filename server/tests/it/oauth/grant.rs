//! What PagerDuty grants: how much of it, to whom, in which region.

use std::time::Duration;

use pagerduty_sandbox::{Fault, Tamper};
use serde_json::json;

use crate::harness::{App, BETHANY, Canary, ELIF, MARCUS, Setup, eventually};

/// Every token the sandbox issued is revoked.
async fn assert_all_revoked(app: &App) {
    eventually("all tokens are revoked", async || app.sandbox.tokens().iter().all(|t| t.revoked)).await;
    assert!(!app.sandbox.tokens().is_empty());
}

#[tokio::test]
async fn sr_08_a_grant_of_nothing_is_not_a_connection() {
    let app = App::start().await;
    app.sandbox.set_switches(|s| s.configured_scopes.clear());
    let browser = app.browser();
    let reply = browser.connect_as(BETHANY).await;
    app.assert_refused(&reply, 403, "missing-permission");
    assert!(reply.body.contains("users.read"), "the page names what is missing");
    assert!(reply.body.contains("Read users"), "in words, too");
    assert_eq!((app.rows("connection").await, app.rows("session").await), (0, 0));
    assert_eq!(app.calls("/users/me").len(), 0, "no call that cannot succeed");
    assert_all_revoked(&app).await;
}

#[tokio::test]
async fn sr_08_what_the_answer_says_counts_not_what_was_asked() {
    let app = App::start().await;
    app.sandbox.set_switches(|s| s.granted_scope = Some("openid".into()));
    let reply = app.browser().connect_as(BETHANY).await;
    app.assert_refused(&reply, 403, "missing-permission");
    assert_all_revoked(&app).await;
}

#[tokio::test]
async fn sr_08_a_grant_of_less_is_a_connection_that_says_what_is_missing() {
    let scopes = Some("openid users.read services.read incidents.write");
    let app = App::start_with(Setup { scopes, ..Setup::default() }).await;
    app.sandbox.set_switches(|s| s.configured_scopes = vec!["users.read".into(), "services.read".into()]);
    let (browser, _) = app.connected(BETHANY).await;
    let page = browser.get("/welcome").await.body;
    let (_, notice) = page.split_once("Asked for, but not granted").expect("a notice");
    let notice = notice.split_once("</section>").unwrap().0;
    assert!(notice.contains("incidents.write"));
    assert!(!notice.contains("services.read") && !notice.contains("users.read"));
}

#[tokio::test]
async fn sr_08_a_token_the_api_refuses_for_a_scope_is_not_a_connection() {
    let app = App::start().await;
    let refusal = json!({ "error": { "message": "x", "code": 2010, "required_scopes": "users.read" } });
    app.sandbox.fault(Fault::on("GET", "/users/me").status(403).body(&refusal.to_string()));
    let reply = app.browser().connect_as(BETHANY).await;
    app.assert_refused(&reply, 403, "missing-permission");
    assert_all_revoked(&app).await;
}

#[tokio::test]
async fn a_person_the_api_does_not_let_in_gets_a_page_of_their_own() {
    let app = App::start().await;
    for status in [401, 402, 403] {
        app.sandbox.fault(Fault::on("GET", "/users/me").status(status));
        let reply = app.browser().connect_as(BETHANY).await;
        app.assert_refused(&reply, 403, "no-permission");
    }
    assert_eq!(app.rows("session").await, 0);
    assert_all_revoked(&app).await;
}

#[tokio::test]
async fn sr_07_a_european_is_served_by_the_european_api_alone() {
    let app = App::start().await;
    let (browser, _) = app.connected(ELIF).await;
    let page = browser.get("/welcome").await.body;
    assert!(page.contains("Elif Yılmaz") && page.contains("Europe") && page.contains("acme-eu"));
    let picture = browser.get("/avatar").await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    let listeners: Vec<&str> = app.calls("/users/me").iter().map(|c| c.listener).collect();
    assert_eq!(listeners, ["eu"]);

    assert_eq!(browser.post("/api/disconnect", &[]).await.location(), "/disconnected");
    assert_all_revoked(&app).await;
}

#[tokio::test]
async fn sr_07_no_address_in_an_answer_is_ever_called() {
    let app = App::start().await;
    let canary = Canary::start().await;
    let url = &canary.url;
    app.sandbox.set_switches(|s| {
        for field in
            ["aud", "iss", "api_url", "instance_url", "token_endpoint", "jwks_uri", "region", "subdomain"]
        {
            s.extra_token_fields.insert(field.into(), json!(url));
        }
    });
    // The person's own data is full of addresses, too.
    let person = json!({ "user": {
        "id": "PBETH01", "name": "Bethany", "email": "b@acme.example", "role": "admin",
        "self": url, "html_url": url, "avatar_url": format!("{url}/a.png"),
        "teams": [{ "id": "P1", "summary": "T", "self": url, "html_url": url }],
    }});
    app.sandbox.fault(Fault::on("GET", "/users/me").status(200).body(&person.to_string()));
    let (browser, _) = app.connected(BETHANY).await;
    let page = browser.get("/welcome").await;
    assert!(!page.body.contains(url.as_str()), "an address of somebody's choosing stands in the page");
    let picture = browser.get("/avatar").await;
    assert_eq!(picture.status, 404);
    picture.assert_event("avatar.failed", None);
    browser.get("/how").await;
    browser.post("/api/disconnect", &[]).await;
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn sr_07_a_region_that_is_not_pagerdutys_is_refused() {
    let app = App::start().await;
    app.sandbox.set_switches(|s| s.id_token = Tamper::AudForeignApi);
    let reply = app.browser().connect_as(BETHANY).await;
    app.assert_refused(&reply, 502, "identity-refused");
    assert_eq!(app.calls("/users/me").len(), 0, "no API was called");
}

#[tokio::test]
async fn a_token_of_one_person_beside_the_statement_about_another_is_refused() {
    let app = App::start().await;
    app.connected(MARCUS).await;
    let bearer = app.calls("/users/me")[0].header("authorization").unwrap().to_owned();
    let token = bearer.strip_prefix("Bearer ").unwrap().to_owned();

    app.sandbox.set_switches(|s| {
        s.extra_token_fields.insert("access_token".into(), json!(token));
    });
    let browser = app.browser();
    let reply = browser.connect_as(BETHANY).await;
    assert_eq!(app.calls("/users/me").len(), 2);
    app.assert_refused(&reply, 502, "identity-refused");
    assert_eq!(app.rows("connection").await, 1, "Marcus alone is connected");
    assert!(!browser.is_greeted("Marcus").await);
}

#[tokio::test]
async fn people_are_told_apart_by_their_ids_not_their_addresses() {
    let app = App::start().await;
    let (marcus, _) = app.connected(MARCUS).await;
    // Bethany's e-mail is suddenly Marcus's.
    let person = json!({ "user": { "id": "PBETH01", "name": "Bethany", "email": MARCUS, "role": "admin" } });
    app.sandbox.fault(Fault::on("GET", "/users/me").status(200).body(&person.to_string()));
    let (bethany, _) = app.connected(BETHANY).await;
    assert_eq!(app.rows("connection").await, 2);
    assert!(marcus.is_greeted("Marcus Okafor").await);
    assert!(!bethany.is_greeted("Marcus Okafor").await);
}

#[tokio::test]
async fn rf_07_a_code_pagerduty_does_not_take_is_a_clean_page_and_burns_the_attempt() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    app.sandbox.advance_clock(Duration::from_secs(31));
    let reply = browser.callback(&back).await;
    app.assert_refused(&reply, 400, "code-refused");
    assert!(reply.body.contains("action=\"/api/begin_connect\""), "no way on");
    app.assert_refused(&browser.callback(&back).await, 400, "already-used");
    assert_eq!(app.token_calls(), 1);

    assert_eq!(browser.connect_as(BETHANY).await.status, 303, "a new try works");
}

#[tokio::test]
async fn a_connection_and_an_attempt_under_way_survive_a_restart() {
    let app = App::start().await;
    let (connected, _) = app.connected(BETHANY).await;
    let waiting = app.browser();
    let back = waiting.until_callback(MARCUS).await;
    let app = app.restart().await;
    assert!(connected.is_greeted("Bethany Developer").await);
    assert_eq!(waiting.callback(&back).await.location(), "/welcome");
    assert!(waiting.is_greeted("Marcus Okafor").await);
    assert_eq!(connected.post("/api/disconnect", &[]).await.location(), "/disconnected");
    assert_eq!(app.rows("connection").await, 1);
}

#[tokio::test]
async fn after_connecting_people_are_where_they_wanted_to_be() {
    let app = App::start().await;
    for (asked, given) in
        [("/how", "/how"), ("//evil.example", "/welcome"), ("https://evil.example", "/welcome")]
    {
        let browser = app.browser();
        let authorize = browser.begin_to(&[("return_to", asked)]).await;
        let back = browser.consent(&authorize, BETHANY).await;
        assert_eq!(browser.callback(&back).await.location(), given);
    }
}
