//! Starting, stopping, looking and turning.

use std::net::SocketAddr;
use std::time::Duration;

use pagerduty_sandbox::{Fault, Options, Sandbox, Switches, TokenKind};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::*;

async fn json_of(driver: &Driver, path: &str) -> Value {
    driver.get(driver.url(path)).await.json().await.unwrap()
}

#[tokio::test]
async fn only_a_loopback_address_is_listened_on() {
    let options = Options { listen: SocketAddr::from(([0, 0, 0, 0], 0)), ..Options::default() };
    let error = Sandbox::start_with(options).await.unwrap_err();
    assert!(error.to_string().contains("0.0.0.0:0 is not a loopback address"), "{error}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let driver = Driver::start().await;
    let listen: SocketAddr = driver.sandbox.identity_url().trim_start_matches("http://").parse().unwrap();
    let error = Sandbox::start_with(Options { listen, ..Options::default() }).await.unwrap_err();
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}

#[tokio::test]
async fn a_dropped_sandbox_answers_no_more() {
    let driver = Driver::start().await;
    let (here, there) = (driver.url("/"), format!("{}/", driver.sandbox.eu_api_url()));
    assert_eq!(driver.get(&here).await.status(), StatusCode::OK);
    let Driver { sandbox, http } = driver;
    drop(sandbox);
    for url in [here, there] {
        let mut tries = 0;
        while http.get(&url).send().await.is_ok() {
            tries += 1;
            assert!(tries < 100, "{url} still answers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn credentials_can_be_given_and_come_in_pagerdutys_shape() {
    let options = Options {
        client_id: Some("the-client".to_owned()),
        client_secret: Some("the-secret".to_owned()),
        redirect_urls: vec!["http://localhost:9/back".to_owned()],
        ..Options::default()
    };
    let driver = Driver::around(Sandbox::start_with(options).await.unwrap());
    let credentials = json_of(&driver, "/_sandbox/credentials").await;
    assert_eq!(credentials, json!({"client_id": "the-client", "client_secret": "the-secret"}));
    assert_eq!(driver.get(driver.authorize_url(&[])).await.status(), StatusCode::BAD_REQUEST);
    assert!(!format!("{:?}", driver.sandbox).contains("the-secret"));
}

#[tokio::test]
async fn everything_but_the_controls_is_recorded() {
    let driver = Driver::start().await;
    let tokens = driver.connect(BETHANY).await;
    driver.me(driver.sandbox.eu_api_url(), text(&tokens, "access_token")).await;
    driver.get(driver.url("/")).await;

    let requests = driver.sandbox.requests();
    let seen: Vec<_> =
        requests.iter().map(|one| (one.method.as_str(), one.path.as_str(), one.status)).collect();
    assert_eq!(
        seen,
        [
            ("GET", "/oauth/authorize", Some(200)),
            ("POST", "/oauth/authorize/login", Some(303)),
            ("GET", "/oauth/authorize/consent", Some(200)),
            ("POST", "/oauth/authorize/consent", Some(303)),
            ("POST", "/oauth/token", Some(200)),
            ("GET", "/users/me", Some(401)),
        ]
    );
    assert!(requests[0].query.contains("state=the-state"));
    assert_eq!(requests[4].form("code_verifier").as_deref(), Some(VERIFIER));
    assert_eq!(requests[4].header("Content-Type"), Some("application/x-www-form-urlencoded"));
    assert_eq!((requests[4].listener, requests[5].listener), ("main", "eu"));
    assert!(requests.windows(2).all(|pair| pair[0].number < pair[1].number && pair[0].at <= pair[1].at));

    let told = json_of(&driver, "/_sandbox/requests").await;
    assert_eq!(told["requests"].as_array().unwrap().len(), 6);
    assert_eq!(told["requests"][4]["path"], "/oauth/token");
    assert_eq!(told["requests"][4]["status"], 200);
}

#[tokio::test]
async fn a_reset_forgets_all_but_who_the_client_is() {
    let driver = Driver::start().await;
    let untouched = driver.sandbox.switches();
    let tokens = driver.connect(BETHANY).await;
    let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
    let keys = json_of(&driver, "/global/oauth/anonymous/jwks").await;
    driver.sandbox.set_switches(|switches| switches.rate_limit = 1);
    driver.sandbox.fault(Fault::on("GET", "/users/me").status(500));
    driver.sandbox.advance_clock(Duration::from_secs(5));

    let response = driver.http.post(driver.url("/_sandbox/reset")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(driver.sandbox.requests().is_empty() && driver.sandbox.tokens().is_empty());
    assert_eq!(driver.sandbox.switches(), untouched);
    assert_eq!(json_of(&driver, "/_sandbox/clock").await["offset_seconds"], 0);
    let response = driver.me(driver.sandbox.api_url(), text(&tokens, "access_token")).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(driver.exchange(&code).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(json_of(&driver, "/global/oauth/anonymous/jwks").await, keys);
    driver.connect(BETHANY).await;
}

#[tokio::test]
async fn tokens_are_told_of_but_not_given_away() {
    let driver = Driver::start().await;
    let tokens = driver.connect(ELIF).await;
    let told = json_of(&driver, "/_sandbox/tokens").await;
    assert!(!told.to_string().contains(text(&tokens, "access_token")));
    let access = &told["tokens"][0];
    assert_eq!((&access["kind"], &access["user"]), (&json!("access"), &json!(ELIF)));
    assert_eq!((&access["region"], &access["revoked"]), (&json!("eu"), &json!(false)));
    assert_eq!(told["tokens"][1]["kind"], "refresh");

    driver.refresh(text(&tokens, "refresh_token")).await;
    let rotated: Vec<bool> = driver.sandbox.tokens().iter().map(|token| token.rotated).collect();
    assert_eq!(rotated, [false, true, false, false]);
}

#[tokio::test]
async fn access_tokens_can_be_expired_at_once_and_refreshed_after() {
    let driver = Driver::start().await;
    let tokens = driver.connect(BETHANY).await;
    let response = driver.http.post(driver.url("/_sandbox/expire")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    let response = driver.me(driver.sandbox.api_url(), text(&tokens, "access_token")).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let (_, fresh) = driver.refresh(text(&tokens, "refresh_token")).await;
    let response = driver.me(driver.sandbox.api_url(), text(&fresh, "access_token")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(driver.sandbox.tokens().iter().filter(|token| token.kind == TokenKind::Access).count(), 2);
}

#[tokio::test]
async fn answers_are_dated_by_the_sandboxs_clock() {
    let driver = Driver::start().await;
    let hour = Duration::from_secs(3600);
    let date = async || {
        let answer = driver.get(driver.url("/global/oauth/anonymous/jwks")).await;
        let date = answer.headers().get("date").unwrap().to_str().unwrap().to_owned();
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&date).unwrap().as_second()
    };
    let before = date().await;
    driver.sandbox.advance_clock(hour);
    assert!(
        (3600..3700).contains(&(date().await - before)),
        "an hour later, and no more than it takes to ask"
    );
}

#[tokio::test]
async fn the_clock_can_be_moved_both_ways() {
    let driver = Driver::start().await;
    let clock = driver.url("/_sandbox/clock");
    let turn = async |change: Value| {
        let response = driver.http.post(&clock).body(change.to_string()).send().await.unwrap();
        (response.status(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(turn(json!({"offset_seconds": 100})).await.1["offset_seconds"], 100);
    assert_eq!(turn(json!({"advance_seconds": 50})).await.1["offset_seconds"], 150);
    assert_eq!(turn(json!({"offset_seconds": -10})).await.1["offset_seconds"], -10);
    assert_eq!(turn(json!({})).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn switches_are_read_patched_and_put_as_json() {
    let driver = Driver::start().await;
    let url = driver.url("/_sandbox/switches");
    let defaults = json_of(&driver, "/_sandbox/switches").await;
    assert_eq!(defaults, json!(driver.sandbox.switches()));

    let patch = json!({"issuer": "app", "rotation": {"grace": 60}, "iss_on_callback": {"literal": "x"}});
    let patched = driver.http.patch(&url).body(patch.to_string()).send().await.unwrap();
    let patched: Value = patched.json().await.unwrap();
    assert_eq!((&patched["issuer"], &patched["rate_limit"]), (&json!("app"), &json!(960)));
    assert_eq!(driver.sandbox.issuer(), "https://app.pagerduty.com/global/oauth/anonymous");

    let put = driver.http.put(&url).body(json!({"id_token": "alg_none"}).to_string()).send().await.unwrap();
    let put: Value = put.json().await.unwrap();
    assert_eq!((&put["issuer"], &put["id_token"]), (&json!("own"), &json!("alg_none")));

    for wrong in [json!({"isuer": "app"}), json!({"issuer": "evil"}), json!([])] {
        let response = driver.http.patch(&url).body(wrong.to_string()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(json_of(&driver, "/_sandbox/switches").await, put);
}

#[tokio::test]
async fn the_readme_names_every_switch_and_its_default() {
    let readme = include_str!("../../README.md");
    let Value::Object(switches) = json!(Switches::default()) else { panic!("switches are an object") };
    for (name, default) in switches {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in the README"));
        if name != "configured_scopes" {
            assert!(row.contains(&format!("| `{default}` |")), "{name}: the README does not say {default}");
        }
    }
}

#[tokio::test]
async fn a_host_or_an_origin_from_elsewhere_is_turned_away() {
    let driver = Driver::start().await;
    let rebound = driver.http.get(driver.url("/_sandbox/credentials")).header("host", "evil.example");
    assert_eq!(rebound.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
    let foreign = driver.http.post(driver.url("/_sandbox/reset")).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let own = driver.http.post(driver.url("/_sandbox/reset")).header("origin", "http://localhost:5000");
    assert_eq!(own.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    // A form from a page that sends no referrer has the origin `null`; the way through the pages needs it.
    let id = driver.open(driver.authorize_url(&[])).await;
    let form = [("request", id.as_str()), ("email", BETHANY)];
    let request = driver.http.post(driver.url("/oauth/authorize/login")).header("origin", "null").form(&form);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn another_redirect_url_can_be_registered_over_the_control_plane() {
    let driver = Driver::start().await;
    let url = "http://localhost:7777/callback";
    let body = json!({ "url": url }).to_string();
    let response = driver.http.post(driver.url("/_sandbox/redirect-urls")).body(body).send().await.unwrap();
    assert_eq!(response.json::<Value>().await.unwrap()["redirect_urls"], json!([REDIRECT, url]));
    let response = driver.get(driver.authorize_url(&[("redirect_uri", Some(url))])).await;
    assert_eq!(response.status(), StatusCode::OK);
}
