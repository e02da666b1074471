//! The authorization endpoint: whom it refuses, and how.

use pagerduty_sandbox::{
    AppKind, Installed, IssOnCallback, Issuer, MissingPkce, MixedScopes, OmittedScope, RedirectMatching,
    StateOnCallback,
};
use reqwest::StatusCode;
use url::Url;

use crate::support::*;

/// The error a redirect carries.
async fn redirected_error(driver: &Driver, url: Url) -> String {
    let response = driver.get(url).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let callback = callback(&location(&response));
    assert_eq!(value(&callback, "code"), None);
    value(&callback, "error").unwrap()
}

#[tokio::test]
async fn a_bad_client_or_redirect_url_is_a_page_and_never_a_redirect() {
    let driver = Driver::start().await;
    let elsewhere = "http://localhost:5001/callback";
    for changes in [
        [("client_id", Some("00000000-0000-4000-8000-000000000000"))],
        [("client_id", None)],
        [("redirect_uri", Some(elsewhere))],
        [("redirect_uri", Some("http://localhost:5000/callback/"))],
        [("redirect_uri", None)],
    ] {
        let response = driver.get(driver.authorize_url(&changes)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{changes:?}");
        assert!(!response.headers().contains_key("location"));
        assert!(response.text().await.unwrap().contains("Bad request"));
    }
    driver.sandbox.add_redirect_url(elsewhere);
    let response = driver.get(driver.authorize_url(&[("redirect_uri", Some(elsewhere))])).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let driver = Driver::start().await;
    let again = |name: &str, value: &str| {
        let mut url = driver.authorize_url(&[]);
        url.query_pairs_mut().append_pair(name, value);
        url
    };
    assert_eq!(redirected_error(&driver, again("scope", "users.read")).await, "invalid_request");
    assert_eq!(redirected_error(&driver, again("state", "another")).await, "invalid_request");
    let response = driver.get(again("redirect_uri", REDIRECT)).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn only_the_response_type_code_is_served() {
    let driver = Driver::start().await;
    let url = driver.authorize_url(&[("response_type", Some("token"))]);
    assert_eq!(redirected_error(&driver, url).await, "unsupported_response_type");
    let url = driver.authorize_url(&[("response_type", None)]);
    assert_eq!(redirected_error(&driver, url).await, "invalid_request");
}

#[tokio::test]
async fn a_scoped_app_must_send_an_s256_challenge() {
    let driver = Driver::start().await;
    let short = "a".repeat(42);
    for changes in [
        vec![("code_challenge", None), ("code_challenge_method", None)],
        vec![("code_challenge", None)],
        vec![("code_challenge_method", None)],
        vec![("code_challenge_method", Some("plain")), ("code_challenge", Some(VERIFIER))],
        vec![("code_challenge", Some(short.as_str()))],
        vec![("code_challenge", Some("not+base64url/characters-but-43-of-them=====")); 1],
    ] {
        let url = driver.authorize_url(&changes);
        assert_eq!(redirected_error(&driver, url).await, "invalid_request", "{changes:?}");
    }

    let without = [("code_challenge", None), ("code_challenge_method", None)];
    driver.sandbox.set_switches(|switches| switches.missing_pkce = MissingPkce::Allowed);
    let code = driver.code(driver.authorize_url(&without), BETHANY).await;
    // A verifier that answers no challenge is a sign of a downgrade (RFC 9700 §4.8.2).
    assert_eq!(driver.exchange(&code).await.0, StatusCode::BAD_REQUEST);
    let code = driver.code(driver.authorize_url(&without), BETHANY).await;
    let mut form = driver.exchange_form(&code);
    form.retain(|(name, _)| *name != "code_verifier");
    assert_eq!(driver.token(&form).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_classic_app_has_its_own_scopes_and_lifetimes() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| switches.app_kind = AppKind::Classic);
    let tokens = driver.connect_with(&[("scope", Some("write users.read"))], BETHANY).await;
    assert_eq!(tokens["scope"], "openid write");
    assert_eq!(tokens["expires_in"], 30 * 86_400);
    let response = driver.me(driver.sandbox.api_url(), text(&tokens, "access_token")).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn scopes_the_app_lacks_are_dropped_without_a_word() {
    let driver = Driver::start().await;
    let scope = |scope: Option<&'static str>| [("scope", scope)];
    let granted = |tokens: serde_json::Value| tokens["scope"].as_str().unwrap().to_owned();

    let mixed = scope(Some("users.read nonsense.read Services.read as_account-us.acme"));
    assert_eq!(granted(driver.connect_with(&mixed, BETHANY).await), "openid users.read");
    let unknown = scope(Some("nonsense.read"));
    assert_eq!(granted(driver.connect_with(&unknown, BETHANY).await), "openid");

    driver.sandbox.set_switches(|switches| {
        switches.configured_scopes = vec!["users.read".to_owned(), "services.read".to_owned()];
    });
    let omitted = scope(None);
    assert_eq!(granted(driver.connect_with(&omitted, BETHANY).await), "openid services.read users.read");
    driver.sandbox.set_switches(|switches| switches.omitted_scope = OmittedScope::OpenidOnly);
    assert_eq!(granted(driver.connect_with(&omitted, BETHANY).await), "openid");
    driver.sandbox.set_switches(|switches| switches.omitted_scope = OmittedScope::InvalidScope);
    assert_eq!(redirected_error(&driver, driver.authorize_url(&omitted)).await, "invalid_scope");
    driver.sandbox.set_switches(|switches| switches.mixed_scopes = MixedScopes::OpenidOnly);
    assert_eq!(granted(driver.connect_with(&mixed, BETHANY).await), "openid");
}

#[tokio::test]
async fn the_port_of_a_loopback_redirect_url_matters_unless_the_switch_says_otherwise() {
    let driver = Driver::start().await;
    let other_port = "http://localhost:6001/callback";
    let url = driver.authorize_url(&[("redirect_uri", Some(other_port))]);
    assert_eq!(driver.get(&url).await.status(), StatusCode::BAD_REQUEST);
    driver.sandbox.set_switches(|switches| switches.redirect_matching = RedirectMatching::LoopbackAnyPort);
    assert_eq!(driver.get(&url).await.status(), StatusCode::OK);
    let other_path = driver.authorize_url(&[("redirect_uri", Some("http://localhost:6001/other"))]);
    assert_eq!(driver.get(other_path).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_callback_can_be_bent() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| {
        switches.iss_on_callback = IssOnCallback::Duplicated;
        switches.state_on_callback = StateOnCallback::Literal("forged".to_owned());
        switches.extra_callback_params = vec![("code".to_owned(), "second".to_owned())];
    });
    let (_, bent) = driver.decide(driver.authorize_url(&[]), BETHANY, "consent").await;
    assert_eq!(names(&bent), ["iss", "iss", "code", "state", "code"]);
    assert_eq!(value(&bent, "state").as_deref(), Some("forged"));

    driver.sandbox.set_switches(|switches| {
        switches.iss_on_callback = IssOnCallback::Literal("https://evil.example".to_owned());
        switches.state_on_callback = StateOnCallback::Absent;
        switches.extra_callback_params.clear();
    });
    let (_, bent) = driver.decide(driver.authorize_url(&[]), BETHANY, "consent").await;
    assert_eq!(names(&bent), ["iss", "code"]);
    assert_eq!(value(&bent, "iss").as_deref(), Some("https://evil.example"));

    driver.sandbox.set_switches(|switches| switches.iss_on_callback = IssOnCallback::Absent);
    let (_, bent) = driver.decide(driver.authorize_url(&[]), BETHANY, "consent").await;
    assert_eq!(names(&bent), ["code"]);
}

#[tokio::test]
async fn the_issuer_can_be_either_of_the_real_ones() {
    let driver = Driver::start().await;
    for (issuer, expected) in [
        (Issuer::App, "https://app.pagerduty.com/global/oauth/anonymous"),
        (Issuer::Identity, "https://identity.pagerduty.com/global/oauth/anonymous"),
    ] {
        driver.sandbox.set_switches(|switches| switches.issuer = issuer);
        let (_, callback) = driver.decide(driver.authorize_url(&[]), BETHANY, "consent").await;
        assert_eq!(value(&callback, "iss").as_deref(), Some(expected));
        let (_, tokens) = driver.exchange(&value(&callback, "code").unwrap()).await;
        assert_eq!(jwt(text(&tokens, "id_token")).1["iss"], expected);
        let discovery =
            driver.get(driver.url("/global/oauth/anonymous/.well-known/openid-configuration")).await;
        let discovery: serde_json::Value = discovery.json().await.unwrap();
        assert_eq!(discovery["issuer"], expected);
        assert_eq!(discovery["token_endpoint"], driver.url("/global/oauth/token"));
    }
}

#[tokio::test]
async fn pages_can_be_skipped_by_switch_or_by_a_consent_that_is_remembered() {
    let driver = Driver::start().await;
    driver.sandbox.set_switches(|switches| switches.consent_as = Some(ELIF.to_owned()));
    let response = driver.get(driver.authorize_url(&[])).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let code = value(&callback(&location(&response)), "code").unwrap();
    let (_, tokens) = driver.exchange(&code).await;
    assert_eq!(jwt(text(&tokens, "id_token")).1["user_id"], "PELIF11");

    driver.sandbox.set_switches(|switches| {
        switches.consent_as = None;
        switches.remember_consent = true;
    });
    let id = driver.open(driver.authorize_url(&[])).await;
    driver.post("/oauth/authorize/login", &[("request", &id), ("email", BETHANY)]).await;
    let decided = driver.post("/oauth/authorize/consent", &[("request", &id), ("decision", "consent")]).await;
    let cookie = decided.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let request = driver.http.get(driver.authorize_url(&[])).header("cookie", cookie);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FOUND);
    let stranger = driver.http.get(driver.authorize_url(&[])).header("cookie", "pagerduty_sandbox=guess");
    assert_eq!(stranger.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn an_app_that_is_not_installed_is_refused_once_the_account_is_known() {
    let driver = Driver::start().await;
    for (installed, error) in
        [(Installed::UnauthorizedClient, "unauthorized_client"), (Installed::AccessDenied, "access_denied")]
    {
        driver.sandbox.set_switches(|switches| switches.installed = installed);
        let id = driver.open(driver.authorize_url(&[])).await;
        let form = [("request", id.as_str()), ("email", BETHANY), ("password", "anything")];
        let signed_in = driver.post("/oauth/authorize/login", &form).await;
        let refused = driver.get(driver.url(&location(&signed_in))).await;
        let callback = callback(&location(&refused));
        assert_eq!(value(&callback, "error").as_deref(), Some(error));
        assert!(value(&callback, "error_description").unwrap().contains("not installed"));
        assert_eq!(value(&callback, "code"), None);
    }
    driver.sandbox.set_switches(|switches| switches.installed = Installed::Page);
    let id = driver.open(driver.authorize_url(&[])).await;
    let form = [("request", id.as_str()), ("email", BETHANY), ("password", "anything")];
    let signed_in = driver.post("/oauth/authorize/login", &form).await;
    let page = driver.get(driver.url(&location(&signed_in))).await;
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    assert!(!page.headers().contains_key("location"));
    assert!(page.text().await.unwrap().contains("An admin must install"));
    // Nobody was asked to agree, and nothing can be agreed to any more.
    let form = [("request", id.as_str()), ("decision", "consent")];
    assert_eq!(driver.post("/oauth/authorize/consent", &form).await.status(), StatusCode::BAD_REQUEST);
}
