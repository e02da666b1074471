//! Things that go wrong on purpose.

use std::time::{Duration, Instant};

use pagerduty_sandbox::{Fault, Reset};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::*;

const TOKEN: &str = "/oauth/token";

/// Sends the exchange and expects no answer at all.
async fn cut_off(driver: &Driver, code: &str) {
    let request = driver.http.post(driver.url(TOKEN)).form(&driver.exchange_form(code));
    let error = request.send().await.expect_err("the connection is reset");
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut kinds = Vec::new();
    while let Some(inner) = cause {
        kinds.extend(inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
        cause = inner.source();
    }
    assert!(kinds.contains(&std::io::ErrorKind::ConnectionReset), "{error:?}");
}

#[tokio::test]
async fn a_reset_before_the_effect_leaves_the_code_good() {
    let driver = Driver::start().await;
    let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
    driver.sandbox.fault(Fault::on("POST", TOKEN).reset(Reset::Before));
    cut_off(&driver, &code).await;
    assert!(driver.sandbox.tokens().is_empty());
    let last = driver.sandbox.requests().pop().unwrap();
    assert_eq!((last.path.as_str(), last.status, last.faulted), (TOKEN, None, true));
    assert_eq!(driver.exchange(&code).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_reset_after_the_effect_has_used_the_code_up() {
    let driver = Driver::start().await;
    let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
    driver.sandbox.fault(Fault::on("POST", TOKEN).reset(Reset::After));
    cut_off(&driver, &code).await;
    assert_eq!(driver.sandbox.tokens().len(), 2);
    assert_eq!(driver.exchange(&code).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_reset_in_the_middle_leaves_half_an_answer() {
    let driver = Driver::start().await;
    let tokens = driver.connect(BETHANY).await;
    let url = driver.url("/users/me");
    let read = async || {
        let request = driver.http.get(&url).bearer_auth(text(&tokens, "access_token"));
        request.send().await?.bytes().await
    };
    let whole = read().await.unwrap();
    driver.sandbox.fault(Fault::on("GET", "/users/me").reset(Reset::During));
    assert!(read().await.is_err());
    assert_eq!(driver.sandbox.requests().pop().unwrap().status, Some(200));
    assert_eq!(read().await.unwrap(), whole);

    // Whatever the answer is, the fault strikes.
    let during = Fault::on("GET", "/users/me").reset(Reset::During);
    for fault in
        [during.clone().status(429), during.clone().endless(), during.clone().flood(1), during.status(204)]
    {
        driver.sandbox.fault(fault.clone());
        assert!(read().await.is_err(), "{fault:?}");
    }
    assert_eq!(read().await.unwrap(), whole);
}

#[tokio::test]
async fn a_fault_strikes_the_grant_it_names_as_often_as_it_says() {
    let driver = Driver::start().await;
    let fault = Fault::on("POST", TOKEN).grant_type("refresh_token").times(2).status(503);
    driver.sandbox.fault(fault.header("retry-after", "7").body("<h1>down</h1>"));
    let tokens = driver.connect(BETHANY).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", driver.sandbox.client_id()),
        ("client_secret", driver.sandbox.client_secret()),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    for _ in 0..2 {
        let response = driver.post(TOKEN, &form).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "7");
        assert_eq!(response.text().await.unwrap(), "<h1>down</h1>");
    }
    assert_eq!(driver.post(TOKEN, &form).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_answer_can_be_lost_after_its_effect() {
    let driver = Driver::start().await;
    let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
    driver.sandbox.fault(Fault::on("POST", TOKEN).status(502).after_the_effect());
    let response = driver.post(TOKEN, &driver.exchange_form(&code)).await;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(driver.sandbox.tokens().len(), 2);
}

#[tokio::test]
async fn a_delay_delays_and_a_redirect_points_elsewhere() {
    let driver = Driver::start().await;
    let url = driver.url("/users/me");
    driver.sandbox.fault(Fault::on("GET", "/users/*").delay(Duration::from_millis(150)));
    let started = Instant::now();
    assert_eq!(driver.get(&url).await.status(), StatusCode::UNAUTHORIZED);
    assert!(started.elapsed() >= Duration::from_millis(150));

    driver
        .sandbox
        .fault(Fault::on("GET", "/users/me").status(307).header("location", "http://elsewhere.example/"));
    let response = driver.get(&url).await;
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(location(&response), "http://elsewhere.example/");
    assert_eq!(driver.get(&url).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_body_can_be_huge_endless_or_slow() {
    let driver = Driver::start().await;
    let url = driver.url("/users/me");
    driver.sandbox.fault(Fault::on("GET", "/users/me").body("{").flood(3_000_000));
    assert_eq!(driver.get(&url).await.bytes().await.unwrap().len(), 3_000_001);

    driver.sandbox.fault(Fault::on("GET", "/users/me").endless());
    let mut response = driver.get(&url).await;
    let mut received = 0;
    while received < 20_000_000 {
        received += response.chunk().await.unwrap().expect("it never ends").len();
    }
    drop(response);

    driver.sandbox.fault(Fault::on("GET", "/users/me").body("slow").drip(Duration::from_millis(40)));
    let started = Instant::now();
    assert_eq!(driver.get(&url).await.text().await.unwrap(), "slow");
    assert!(started.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn faults_come_over_the_control_plane_too() {
    let driver = Driver::start().await;
    let faults = driver.url("/_sandbox/faults");
    let fault = json!({"method": "get", "path": "/users/me", "listener": "eu", "status": 500, "times": 1});
    let response = driver.http.post(&faults).body(fault.to_string()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(driver.get(driver.url("/users/me")).await.status(), StatusCode::UNAUTHORIZED);
    let eu = format!("{}/users/me", driver.sandbox.eu_api_url());
    assert_eq!(driver.get(&eu).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(driver.get(&eu).await.status(), StatusCode::UNAUTHORIZED);

    for wrong in
        ["not json", r#"{"stats": 500}"#, r#"{"status": 99}"#, r#"{"status": 200, "headers": {"a b": "c"}}"#]
    {
        let response = driver.http.post(&faults).body(wrong).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    driver.sandbox.fault(Fault::on("GET", "/users/me").status(500).always());
    assert_eq!(driver.http.delete(&faults).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(driver.get(driver.url("/users/me")).await.status(), StatusCode::UNAUTHORIZED);
}
