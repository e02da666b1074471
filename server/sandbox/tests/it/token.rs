//! The token endpoint: codes, bodies, clients.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

use crate::support::*;

/// Exchanges a fresh code with some parameters changed, and gives status and error.
async fn refused(driver: &Driver, changes: &[(&str, Option<&str>)]) -> (u16, String) {
    let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
    let mut form = driver.exchange_form(&code);
    for (name, new) in changes {
        form.retain(|(known, _)| known != name);
        if let (Some(new), Some(name)) = (new, KNOWN.iter().find(|known| *known == name)) {
            form.push((name, new));
        }
    }
    let (status, body) = driver.token(&form).await;
    (status.as_u16(), text(&body, "error").to_owned())
}

const KNOWN: [&str; 6] =
    ["grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier"];

#[tokio::test]
async fn each_mistake_has_the_error_rfc_6749_gives_it() {
    let driver = Driver::start().await;
    let too_short = "a".repeat(42);
    let too_long = "a".repeat(129);
    let other = "b".repeat(64);
    let grant = |error: &str| (400, error.to_owned());
    for (changes, expected) in [
        ([("client_secret", Some("wrong"))], (401, "invalid_client".to_owned())),
        ([("client_secret", None)], (401, "invalid_client".to_owned())),
        ([("client_id", Some("wrong"))], (401, "invalid_client".to_owned())),
        ([("client_id", None)], (401, "invalid_client".to_owned())),
        ([("grant_type", Some("password"))], grant("unsupported_grant_type")),
        ([("grant_type", None)], grant("invalid_request")),
        ([("code", Some("made-up"))], grant("invalid_grant")),
        ([("code", None)], grant("invalid_request")),
        ([("redirect_uri", Some("http://localhost:5000/other"))], grant("invalid_grant")),
        ([("redirect_uri", None)], grant("invalid_request")),
        ([("code_verifier", None)], grant("invalid_grant")),
        ([("code_verifier", Some(too_short.as_str()))], grant("invalid_grant")),
        ([("code_verifier", Some(too_long.as_str()))], grant("invalid_grant")),
        ([("code_verifier", Some(other.as_str()))], grant("invalid_grant")),
    ] {
        assert_eq!(refused(&driver, &changes).await, expected, "{changes:?}");
    }
    assert!(driver.sandbox.tokens().is_empty());
}

#[tokio::test]
async fn verifiers_of_43_and_of_128_characters_are_good_and_their_neighbours_are_not() {
    let driver = Driver::start().await;
    for (length, expected) in [(42, 400), (43, 200), (128, 200), (129, 400)] {
        let verifier = "v".repeat(length);
        let url = driver.authorize_url(&[("code_challenge", Some(&challenge(&verifier)))]);
        let code = driver.code(url, BETHANY).await;
        let mut form = driver.exchange_form(&code);
        form.retain(|(name, _)| *name != "code_verifier");
        form.push(("code_verifier", &verifier));
        assert_eq!(driver.token(&form).await.0.as_u16(), expected, "{length} characters");
    }
}

#[tokio::test]
async fn a_code_lives_thirty_seconds() {
    let driver = Driver::start().await;
    let in_time = driver.code(driver.authorize_url(&[]), BETHANY).await;
    let too_late = driver.code(driver.authorize_url(&[]), BETHANY).await;
    driver.sandbox.advance_clock(Duration::from_secs(28));
    assert_eq!(driver.exchange(&in_time).await.0, StatusCode::OK);
    driver.sandbox.advance_clock(Duration::from_secs(3));
    let (status, body) = driver.exchange(&too_late).await;
    assert_eq!((status, text(&body, "error")), (StatusCode::BAD_REQUEST, "invalid_grant"));
}

#[tokio::test]
async fn a_code_works_once_and_replaying_it_can_revoke_what_it_gave() {
    let driver = Driver::start().await;
    for (revokes, expected) in [(false, StatusCode::OK), (true, StatusCode::UNAUTHORIZED)] {
        driver.sandbox.set_switches(|switches| switches.code_replay_revokes = revokes);
        let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
        let (_, tokens) = driver.exchange(&code).await;
        let (status, body) = driver.exchange(&code).await;
        assert_eq!((status, text(&body, "error")), (StatusCode::BAD_REQUEST, "invalid_grant"));
        let response = driver.me(driver.sandbox.api_url(), text(&tokens, "access_token")).await;
        assert_eq!(response.status(), expected);
    }
}

#[tokio::test]
async fn a_failed_exchange_uses_the_code_up_unless_the_switch_says_otherwise() {
    let driver = Driver::start().await;
    for (burns, expected) in [(true, StatusCode::BAD_REQUEST), (false, StatusCode::OK)] {
        driver.sandbox.set_switches(|switches| switches.failed_exchange_burns_code = burns);
        let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
        let wrong = "w".repeat(43);
        let mut form = driver.exchange_form(&code);
        form.retain(|(name, _)| *name != "code_verifier");
        form.push(("code_verifier", &wrong));
        assert_eq!(driver.token(&form).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(driver.exchange(&code).await.0, expected);
    }
}

#[tokio::test]
async fn parameters_belong_in_a_form_body_unless_the_old_samples_are_humoured() {
    let driver = Driver::start().await;
    let endpoint = driver.url("/oauth/token");
    for (lenient, expected) in [(false, 400), (true, 200)] {
        driver.sandbox.set_switches(|switches| switches.lenient_bodies = lenient);
        let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
        let in_query = Url::parse_with_params(&endpoint, driver.exchange_form(&code)).unwrap();
        assert_eq!(driver.http.post(in_query).send().await.unwrap().status(), expected);

        let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
        let object: serde_json::Map<String, Value> = driver
            .exchange_form(&code)
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let response = driver.http.post(&endpoint).json(&object).send().await.unwrap();
        assert_eq!(response.status(), expected);
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_an_invalid_request() {
    let driver = Driver::start().await;
    let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
    let mut form = driver.exchange_form(&code);
    form.push(("code", &code));
    let (status, body) = driver.token(&form).await;
    assert_eq!((status, text(&body, "error")), (StatusCode::BAD_REQUEST, "invalid_request"));
}

#[tokio::test]
async fn http_basic_is_refused_until_it_is_switched_on() {
    let driver = Driver::start().await;
    for (on, expected) in [(false, 401), (true, 200)] {
        driver.sandbox.set_switches(|switches| switches.basic_auth = on);
        let code = driver.code(driver.authorize_url(&[]), BETHANY).await;
        let mut form = driver.exchange_form(&code);
        form.retain(|(name, _)| !name.starts_with("client_"));
        let (id, secret) = (driver.sandbox.client_id(), driver.sandbox.client_secret());
        let request = driver.http.post(driver.url("/oauth/token")).basic_auth(id, Some(secret)).form(&form);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), expected);
        assert_eq!(response.headers().contains_key("www-authenticate"), !on);
    }
}

#[tokio::test]
async fn the_answer_can_be_bent() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| {
        switches.granted_scope = Some("openid".to_owned());
        switches.extra_token_fields.insert("api_url".to_owned(), json!("https://elsewhere.example"));
        switches.omit_token_fields = vec!["expires_in".to_owned(), "client_info".to_owned()];
    });
    let tokens = driver.connect(BETHANY).await;
    assert_eq!(tokens["scope"], "openid");
    assert_eq!(tokens["api_url"], "https://elsewhere.example");
    assert!(tokens.get("expires_in").is_none() && tokens.get("client_info").is_none());
    assert!(tokens.get("refresh_token").is_some());
}

#[tokio::test]
async fn an_app_token_names_its_account_and_acts_for_nobody() {
    let driver = Driver::start().await;
    let ask = async |scope: &str| {
        driver
            .token(&[
                ("grant_type", "client_credentials"),
                ("client_id", driver.sandbox.client_id()),
                ("client_secret", driver.sandbox.client_secret()),
                ("scope", scope),
            ])
            .await
    };
    let (status, token) = ask("users.read nonsense.read as_account-us.acme").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(token["scope"], "as_account-us.acme users.read");
    assert_eq!(token["expires_in"], 86_400);
    assert!(token.get("refresh_token").is_none() && token.get("id_token").is_none());
    let response = driver.me(driver.sandbox.api_url(), text(&token, "access_token")).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);

    for wrong in [
        "users.read",
        "as_account-eu.acme",
        "as_account-us.other",
        "as_account-us.acme as_account-eu.acme-eu",
    ] {
        let (status, body) = ask(wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            (text(&body, "error"), text(&body, "error_description")),
            ("invalid_request", "Invalid scope")
        );
    }
}
