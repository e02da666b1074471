//! Refresh tokens: rotation, reuse, and the end of their window.

use std::time::Duration;

use pagerduty_sandbox::Rotation;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::*;

const DAY: Duration = Duration::from_secs(86_400);

async fn works(driver: &Driver, tokens: &Value) -> bool {
    let response = driver.me(driver.sandbox.api_url(), text(tokens, "access_token")).await;
    response.status() == StatusCode::OK
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_ends_the_old_refresh_token() {
    let driver = Driver::start().await;
    let first = driver.connect(BETHANY).await;
    let (status, second) = driver.refresh(text(&first, "refresh_token")).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(first["access_token"], second["access_token"]);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(first["scope"], second["scope"]);
    assert!(second.get("id_token").is_none() && second.get("client_info").is_none());
    assert!(works(&driver, &second).await && works(&driver, &first).await);

    let (status, body) = driver.refresh(text(&first, "refresh_token")).await;
    assert_eq!((status, text(&body, "error")), (StatusCode::BAD_REQUEST, "invalid_grant"));
    assert!(works(&driver, &second).await);
    assert_eq!(driver.refresh(text(&second, "refresh_token")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_used_refresh_token_can_have_a_grace_period() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| switches.rotation = Rotation::Grace(60));
    let first = driver.connect(BETHANY).await;
    let token = text(&first, "refresh_token");
    assert_eq!(driver.refresh(token).await.0, StatusCode::OK);
    assert_eq!(driver.refresh(token).await.0, StatusCode::OK);
    driver.sandbox.advance_clock(Duration::from_secs(61));
    assert_eq!(driver.refresh(token).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn reuse_can_revoke_every_refresh_token_of_the_family() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| switches.rotation = Rotation::ReuseRevokesFamily);
    let bystander = driver.connect(BETHANY).await;
    let first = driver.connect(BETHANY).await;
    let (_, second) = driver.refresh(text(&first, "refresh_token")).await;
    assert_eq!(driver.refresh(text(&first, "refresh_token")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(driver.refresh(text(&second, "refresh_token")).await.0, StatusCode::BAD_REQUEST);
    assert!(works(&driver, &first).await && works(&driver, &second).await, "access tokens end by themselves");
    assert!(works(&driver, &bystander).await);
    assert_eq!(driver.refresh(text(&bystander, "refresh_token")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_can_end_the_old_access_token_and_bring_an_id_token() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| {
        switches.refresh_kills_access_token = true;
        switches.id_token_on_refresh = true;
    });
    let first = driver.connect(BETHANY).await;
    let (_, second) = driver.refresh(text(&first, "refresh_token")).await;
    assert!(!works(&driver, &first).await && works(&driver, &second).await);
    let (before, after) = (jwt(text(&first, "id_token")).1, jwt(text(&second, "id_token")).1);
    assert_eq!(before["delegation_id"], after["delegation_id"]);
    assert_ne!(before["at_hash"], after["at_hash"]);
}

#[tokio::test]
async fn a_refresh_narrows_the_scope_only_when_the_switch_says_so() {
    let driver = Driver::start().await;
    for (narrows, expected) in [(false, "openid services.read users.read"), (true, "openid users.read")] {
        driver.sandbox.set_switches(|switches| switches.refresh_narrows_scope = narrows);
        let first = driver.connect(BETHANY).await;
        let (_, second) = driver
            .token(&[
                ("grant_type", "refresh_token"),
                ("client_id", driver.sandbox.client_id()),
                ("client_secret", driver.sandbox.client_secret()),
                ("refresh_token", text(&first, "refresh_token")),
                ("scope", "users.read incidents.write"),
            ])
            .await;
        assert_eq!(second["scope"], expected);
    }
}

#[tokio::test]
async fn tokens_end_when_their_lifetime_or_the_window_does() {
    let driver = Driver::start().await;
    let mut tokens = driver.connect(BETHANY).await;
    driver.sandbox.advance_clock(DAY + Duration::from_secs(1));
    assert!(!works(&driver, &tokens).await);
    // Refreshed every 28 days, it lives a year and not longer.
    for _ in 0..12 {
        driver.sandbox.advance_clock(DAY * 28);
        let (status, next) = driver.refresh(text(&tokens, "refresh_token")).await;
        assert_eq!(status, StatusCode::OK);
        tokens = next;
    }
    driver.sandbox.advance_clock(DAY * 29);
    let (status, body) = driver.refresh(text(&tokens, "refresh_token")).await;
    assert_eq!((status, text(&body, "error")), (StatusCode::BAD_REQUEST, "invalid_grant"));
}

#[tokio::test]
async fn an_unused_refresh_token_ends_after_thirty_days() {
    let driver = Driver::start().await;
    let tokens = driver.connect(BETHANY).await;
    driver.sandbox.advance_clock(DAY * 31);
    assert_eq!(driver.refresh(text(&tokens, "refresh_token")).await.0, StatusCode::BAD_REQUEST);
}
