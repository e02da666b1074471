//! Revocation.

use pagerduty_sandbox::RevokeReach;
use reqwest::StatusCode;

use crate::support::*;

async fn revoke(driver: &Driver, token: &str, secret: Option<&str>) -> StatusCode {
    let mut form = vec![("token", token), ("client_id", driver.sandbox.client_id())];
    form.extend(secret.map(|secret| ("client_secret", secret)));
    let response = driver.post("/oauth/revoke", &form).await;
    let status = response.status();
    if status == StatusCode::OK {
        assert_eq!(response.text().await.unwrap(), "");
    }
    status
}

/// Whether the access token and the refresh token are revoked, in the order they were issued.
fn revoked(driver: &Driver) -> Vec<bool> {
    driver.sandbox.tokens().iter().map(|token| token.revoked).collect()
}

#[tokio::test]
async fn revoking_reaches_as_far_as_the_switch_says() {
    use RevokeReach::{AlwaysFamily, OnlyTheToken, RefreshReachesFamily};
    for (reach, which, expected) in [
        (RefreshReachesFamily, "refresh_token", [true, true]),
        (RefreshReachesFamily, "access_token", [true, false]),
        (OnlyTheToken, "refresh_token", [false, true]),
        (AlwaysFamily, "access_token", [true, true]),
    ] {
        let driver = Driver::start().await;
        driver.sandbox.set_switches(|switches| switches.revoke_reach = reach);
        let tokens = driver.connect(BETHANY).await;
        assert_eq!(revoked(&driver), [false, false]);
        let secret = driver.sandbox.client_secret();
        assert_eq!(revoke(&driver, text(&tokens, which), Some(secret)).await, StatusCode::OK);
        assert_eq!(revoked(&driver), expected, "{reach:?} {which}");
        let response = driver.me(driver.sandbox.api_url(), text(&tokens, "access_token")).await;
        assert_eq!(response.status() == StatusCode::UNAUTHORIZED, expected[0]);
        let refreshed = driver.refresh(text(&tokens, "refresh_token")).await.0;
        assert_eq!(refreshed == StatusCode::BAD_REQUEST, expected[1]);
    }
}

#[tokio::test]
async fn an_unknown_token_is_revoked_without_complaint() {
    let driver = Driver::start().await;
    let secret = driver.sandbox.client_secret();
    assert_eq!(revoke(&driver, "made-up", Some(secret)).await, StatusCode::OK);
}

#[tokio::test]
async fn a_client_must_say_who_it_is_and_the_secret_can_be_made_optional() {
    let driver = Driver::start().await;
    let tokens = driver.connect(BETHANY).await;
    let token = text(&tokens, "refresh_token");
    assert_eq!(revoke(&driver, token, None).await, StatusCode::UNAUTHORIZED);
    driver.sandbox.set_switches(|switches| switches.revoke_needs_secret = false);
    assert_eq!(revoke(&driver, token, Some("wrong")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(revoked(&driver), [false, false]);
    assert_eq!(revoke(&driver, token, None).await, StatusCode::OK);
    assert_eq!(revoked(&driver), [true, true]);
}

#[tokio::test]
async fn a_token_in_the_query_string_is_not_revoked() {
    let driver = Driver::start().await;
    let tokens = driver.connect(BETHANY).await;
    let form = [("client_id", driver.sandbox.client_id()), ("client_secret", driver.sandbox.client_secret())];
    let url = format!("{}?token={}", driver.url("/oauth/revoke"), text(&tokens, "refresh_token"));
    let response = driver.http.post(url).form(&form).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(revoked(&driver), [false, false]);
}

#[tokio::test]
async fn everything_of_one_person_can_be_revoked_from_outside() {
    let driver = Driver::start().await;
    let (one, two) = (driver.connect(BETHANY).await, driver.connect(BETHANY).await);
    let elif = driver.connect(ELIF).await;
    let revoke = async |body: &str| {
        let request = driver.http.post(driver.url("/_sandbox/revoke")).body(body.to_owned());
        request.send().await.unwrap().status()
    };
    for wrong in [r#"{"email":"nobody@acme.example"}"#, r#"{"name":"Bethany"}"#, "{}", ""] {
        assert_eq!(revoke(wrong).await, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert!(revoked(&driver).iter().all(|revoked| !revoked));

    assert_eq!(revoke(r#"{"email":"bethany@acme.example"}"#).await, StatusCode::NO_CONTENT);
    assert_eq!(revoked(&driver), [true, true, true, true, false, false]);
    for tokens in [&one, &two] {
        let response = driver.me(driver.sandbox.api_url(), text(tokens, "access_token")).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(driver.refresh(text(tokens, "refresh_token")).await.0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(driver.refresh(text(&elif, "refresh_token")).await.0, StatusCode::OK);
    driver.connect(BETHANY).await;
    assert!(driver.sandbox.revoke_all_of(ELIF) && !driver.sandbox.revoke_all_of("nobody@acme.example"));
}
