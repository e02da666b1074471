//! The whole way, in both regions.

use std::sync::Arc;

use pagerduty_sandbox::{Options, Sandbox, TokenKind};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::*;

#[tokio::test]
async fn an_american_signs_in_consents_and_is_greeted_by_name() {
    let driver = Driver::start().await;
    let (page, callback) = driver.decide(driver.authorize_url(&[]), BETHANY, "consent").await;
    assert!(page.contains("User ID") && page.contains("Read access to PagerDuty Services."));
    assert!(page.contains("Submit Consent") && page.contains("Cancel"));
    assert_eq!(names(&callback), ["iss", "code", "state"]);
    assert_eq!(value(&callback, "iss"), Some(driver.sandbox.issuer()));
    assert_eq!(value(&callback, "state").as_deref(), Some("the-state"));

    let (status, tokens) = driver.exchange(&value(&callback, "code").unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["scope"], "openid services.read users.read");
    assert_eq!(tokens["expires_in"], 86_400);
    assert_eq!(tokens["client_info"], "prefix_legacy_app");
    assert!(text(&tokens, "access_token").starts_with("pdus+_0X"));
    assert!(text(&tokens, "refresh_token").starts_with("pdus+_1X"));

    let response = driver.me(driver.sandbox.api_url(), text(&tokens, "access_token")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let user = response.json::<Value>().await.unwrap()["user"].clone();
    assert_eq!(user["name"], "Bethany Developer");
    assert_eq!(user["email"], BETHANY);
    assert_eq!(user["role"], "admin");
    assert_eq!(user["type"], "user");
    assert_eq!(user["teams"][0]["type"], "team_reference");

    let avatar = driver.get(text(&user, "avatar_url")).await;
    assert_eq!(avatar.headers()["content-type"], "image/png");
    let png = avatar.bytes().await.unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() < 256 * 1024);
}

#[tokio::test]
async fn a_european_gets_european_tokens_that_are_good_only_there() {
    let driver = Driver::start().await;
    let tokens = driver.connect(ELIF).await;
    let token = text(&tokens, "access_token");
    assert!(token.starts_with("pdeu+_0X"));

    let there = driver.me(driver.sandbox.eu_api_url(), token).await;
    assert_eq!(there.status(), StatusCode::OK);
    let user = there.json::<Value>().await.unwrap()["user"].clone();
    assert_eq!(user["name"], "Elif Yılmaz");
    assert!(text(&user, "avatar_url").starts_with(driver.sandbox.eu_api_url()));

    let here = driver.me(driver.sandbox.api_url(), token).await;
    assert_eq!(here.status(), StatusCode::UNAUTHORIZED);

    let american = driver.connect(BETHANY).await;
    let there = driver.me(driver.sandbox.eu_api_url(), text(&american, "access_token")).await;
    assert_eq!(there.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn both_families_of_paths_lead_to_the_same_place() {
    let driver = Driver::start().await;
    let url = driver.authorize_url(&[]).as_str().replace("/oauth/authorize", "/global/oauth/authorize");
    let code = driver.code(url.parse().unwrap(), BETHANY).await;
    let response = driver.post("/global/oauth/token", &driver.exchange_form(&code)).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn cancel_denies_in_pagerdutys_words() {
    let driver = Driver::start().await;
    let (_, callback) = driver.decide(driver.authorize_url(&[]), BETHANY, "cancel").await;
    assert_eq!(names(&callback), ["error", "error_description", "state"]);
    assert_eq!(value(&callback, "error").as_deref(), Some("access_denied"));
    assert_eq!(
        value(&callback, "error_description").as_deref(),
        Some("The resource owner or authorization server denied the request.")
    );

    driver.sandbox.set_switches(|switches| {
        switches.iss_on_denial = true;
        switches.state_on_denial = false;
    });
    let (_, callback) = driver.decide(driver.authorize_url(&[]), BETHANY, "cancel").await;
    assert_eq!(names(&callback), ["iss", "error", "error_description"]);
    assert!(driver.sandbox.tokens().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_flows_at_once_lose_nobody_and_mix_nobody_up() {
    const FLOWS: usize = 1000;
    let options = Options { crowd: 1000, ..Options::default() };
    let driver = Arc::new(Driver::around(Sandbox::start_with(options).await.unwrap()));
    let mut flows = JoinSet::new();
    for number in 1..=FLOWS {
        let driver = Arc::clone(&driver);
        flows.spawn(async move {
            let email = format!("person-{number:04}@acme.example");
            let tokens = driver.connect(&email).await;
            let response = driver.me(driver.sandbox.api_url(), text(&tokens, "access_token")).await;
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["user"]["email"], email.as_str());
        });
    }
    while let Some(flow) = flows.join_next().await {
        flow.unwrap();
    }
    let refresh = driver.sandbox.tokens().into_iter().filter(|token| token.kind == TokenKind::Refresh);
    assert_eq!(refresh.count(), FLOWS);
    assert!(
        driver.sandbox.requests().iter().all(|request| request.status.is_some_and(|status| status < 400))
    );
}
