//! The REST API: who is let in, what the errors look like, how many requests are too many.

use std::time::Duration;

use pagerduty_sandbox::UnauthorizedBody;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::*;

fn header(response: &Response, name: &str) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn without_a_good_token_the_answer_is_401() {
    let driver = Driver::start().await;
    let tokens = driver.connect(BETHANY).await;
    let url = driver.url("/users/me");
    let refresh = format!("Bearer {}", text(&tokens, "refresh_token"));
    let key = format!("Token token={}", text(&tokens, "access_token"));
    for authorization in ["", "Bearer", "Bearer made-up", refresh.as_str(), key.as_str()] {
        let response = driver.http.get(&url).header("authorization", authorization).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{authorization}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body, json!({"error": {"message": "Authentication failed", "code": 2006}}));
    }
    // A token in the query string is no token (RFC 6750 §2.3 is not served).
    let in_query = format!("{url}?access_token={}", text(&tokens, "access_token"));
    assert_eq!(driver.get(in_query).await.status(), StatusCode::UNAUTHORIZED);

    driver.sandbox.set_switches(|switches| switches.unauthorized_body = UnauthorizedBody::EmptyHtml);
    let response = driver.get(&url).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&response, "content-type"), "text/html");
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_missing_scope_has_the_one_error_body_without_a_code() {
    let driver = Driver::start().await;
    let tokens = driver.connect_with(&[("scope", Some("services.read users.write"))], BETHANY).await;
    let token = text(&tokens, "access_token");
    let response = driver.me(driver.sandbox.api_url(), token).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body,
        json!({"error": {
            "message": "Token missing required scopes",
            "required_scopes": "users.read",
            "token_scopes": "openid services.read users.write",
        }})
    );
    driver.sandbox.set_switches(|switches| switches.users_me_needs_scope = false);
    assert_eq!(driver.me(driver.sandbox.api_url(), token).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_person_with_nothing_has_nulls_and_empty_lists_and_no_missing_key() {
    let driver = Driver::start().await;
    let mut keys = Vec::new();
    for email in [BETHANY, "blank@acme.example", "mallory@acme.example"] {
        let tokens = driver.connect(email).await;
        let response = driver.me(driver.sandbox.api_url(), text(&tokens, "access_token")).await;
        let user = response.json::<Value>().await.unwrap()["user"].clone();
        keys.push(user.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
        match email {
            "blank@acme.example" => {
                assert!(user["avatar_url"].is_null() && user["job_title"].is_null());
                assert_eq!(user["teams"], json!([]));
            }
            "mallory@acme.example" => assert!(text(&user, "name").contains("<img src=x onerror=alert(1)>")),
            _ => assert_eq!(user["job_title"], "Principal Developer"),
        }
    }
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(driver.get(driver.url("/avatars/PNEMO08.png")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn anything_else_is_not_found_in_the_apis_own_words() {
    let driver = Driver::start().await;
    for base in [driver.sandbox.api_url(), driver.sandbox.eu_api_url()] {
        let response = driver.get(format!("{base}/unicorns")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(header(&response, "ratelimit-limit"), "960");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body, json!({"error": {"message": "Not Found", "code": 2100}}));
    }
    // Identity lives on one host only.
    let elsewhere = format!("{}/oauth/token", driver.sandbox.eu_api_url());
    assert_eq!(driver.get(elsewhere).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn each_person_has_so_many_requests_a_minute() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| switches.rate_limit = 3);
    let bethany = driver.connect(BETHANY).await;
    let marcus = driver.connect("marcus@acme.example").await;
    let ask = async |tokens: &Value| driver.me(driver.sandbox.api_url(), text(tokens, "access_token")).await;

    for remaining in ["2", "1", "0"] {
        let response = ask(&bethany).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "ratelimit-remaining"), remaining);
    }
    let response = ask(&bethany).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&response, "ratelimit-remaining"), "0");
    let reset: u64 = header(&response, "ratelimit-reset").parse().unwrap();
    assert!((1..=60).contains(&reset));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({"error": {"message": "Rate Limit Exceeded", "code": 2020}}));
    assert_eq!(ask(&marcus).await.status(), StatusCode::OK);

    driver.sandbox.set_switches(|switches| switches.bare_429 = true);
    let response = ask(&bethany).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(!response.headers().contains_key("ratelimit-limit"));
    assert_eq!(response.text().await.unwrap(), "");

    driver.sandbox.advance_clock(Duration::from_secs(reset));
    assert_eq!(ask(&bethany).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_accept_header_and_the_region_can_be_taken_strictly_or_not() {
    let driver = Driver::start().await;
    let tokens = driver.connect(ELIF).await;
    let token = text(&tokens, "access_token");
    let plain = async || {
        let url = format!("{}/users/me", driver.sandbox.eu_api_url());
        driver.http.get(url).bearer_auth(token).send().await.unwrap().status()
    };
    assert_eq!(plain().await, StatusCode::OK);
    driver.sandbox.set_switches(|switches| switches.require_accept = true);
    assert_eq!(plain().await, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(driver.me(driver.sandbox.eu_api_url(), token).await.status(), StatusCode::OK);

    assert_eq!(driver.me(driver.sandbox.api_url(), token).await.status(), StatusCode::UNAUTHORIZED);
    driver.sandbox.set_switches(|switches| switches.wrong_region_routed = true);
    assert_eq!(driver.me(driver.sandbox.api_url(), token).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn userinfo_names_the_person_and_the_account() {
    let driver = Driver::start().await;
    let tokens = driver.connect(ELIF).await;
    let url = driver.url("/global/oauth/userinfo");
    let response = driver.http.get(&url).bearer_auth(text(&tokens, "access_token")).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body,
        json!({"sub": "PELIF11", "user_id": "PELIF11", "account_id": "PACMEU1", "subdomain": "acme-eu"})
    );
    let response = driver.get(&url).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(header(&response, "www-authenticate").starts_with("Bearer"));
}

#[tokio::test]
async fn every_portrait_is_a_picture_of_its_own() {
    let driver = Driver::start().await;
    let mut seen = Vec::new();
    for id in ["PBETH01", "PMARC02", "PELIF11"] {
        let response = driver.get(driver.url(&format!("/avatars/{id}.png"))).await;
        assert_eq!(header(&response, "content-type"), "image/png");
        seen.push(response.bytes().await.unwrap());
    }
    assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
    assert_eq!(driver.get(driver.url("/avatars/nobody.png")).await.status(), StatusCode::NOT_FOUND);
}
