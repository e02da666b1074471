//! What leaves for PagerDuty, and what must not.

use std::collections::{HashMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::param;
use crate::harness::{App, BETHANY, Reply};

#[tokio::test]
async fn sr_01_every_authorize_request_has_a_challenge_of_its_own() {
    const PRESSES: usize = 300;
    let app = App::start().await;
    let (mut challenges, mut states, mut nonces) = (HashSet::new(), HashSet::new(), HashSet::new());
    for _ in 0..PRESSES {
        let url = app.browser().begin().await;
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["code_challenge"].len(), 43);
        assert_eq!(URL_SAFE_NO_PAD.decode(&query["code_challenge"]).unwrap().len(), 32);
        assert_eq!(query["state"].len(), 43, "256 bits");
        challenges.insert(query["code_challenge"].clone());
        states.insert(query["state"].clone());
        nonces.insert(query["nonce"].clone());
    }
    assert_eq!((challenges.len(), states.len(), nonces.len()), (PRESSES, PRESSES, PRESSES));
}

#[tokio::test]
async fn sr_01_the_verifier_is_seen_by_the_token_endpoint_alone() {
    let app = App::start().await;
    let browser = app.browser();
    let pressed = browser.post("/api/begin_connect", &[]).await;
    let authorize = pressed.location().parse().unwrap();
    let back = browser.consent(&authorize, BETHANY).await;
    let mut seen = vec![pressed, browser.callback(&back).await];
    for page in ["/", "/welcome", "/how", "/nowhere"] {
        seen.push(browser.get(page).await);
    }
    seen.push(browser.post("/api/disconnect", &[]).await);

    let exchange = app.calls("/oauth/token").remove(0);
    let verifier = exchange.form("code_verifier").unwrap();
    assert!((43..=128).contains(&verifier.len()));
    let asked: HashMap<String, String> = authorize.query_pairs().into_owned().collect();
    assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)), asked["code_challenge"]);

    for reply in &seen {
        assert!(!whole(reply).contains(&verifier), "the browser saw the verifier");
    }
    for call in app.sandbox.requests().iter().filter(|c| c.number != exchange.number) {
        assert!(!format!("{call:?}").contains(&verifier), "{} saw the verifier", call.path);
    }
    assert!(!exchange.query.contains(&verifier));
}

#[tokio::test]
async fn sr_12_no_secret_stands_in_an_address_we_send() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    browser.callback(&back).await;
    browser.get("/avatar").await;
    browser.post("/api/disconnect", &[]).await;

    let calls = app.sandbox.requests();
    let exchange = app.calls("/oauth/token").remove(0);
    let revoked: Vec<String> = app.calls("/oauth/revoke").iter().map(|c| c.form("token").unwrap()).collect();
    assert_eq!(revoked.len(), 2);
    let mut secrets = vec![
        app.sandbox.client_secret().to_owned(),
        param(&back, "code"),
        exchange.form("code_verifier").unwrap(),
    ];
    secrets.extend(revoked);
    for call in &calls {
        for secret in &secrets {
            let address = format!("{}?{}", call.path, call.query);
            assert!(!address.contains(secret.as_str()), "{} {}", call.method, call.path);
        }
    }
    assert_eq!(exchange.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(exchange.header("authorization"), None, "the secret goes in the body");
}

#[tokio::test]
async fn sr_64_calls_to_pagerduty_carry_nothing_of_the_browsers() {
    const KNOWN: [&str; 7] = [
        "accept",
        "content-type",
        "content-length",
        "authorization",
        "host",
        "user-agent",
        "accept-encoding",
    ];
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let visit = browser.navigation(&back, "cross-site").header("x-forwarded-for", "10.0.0.1");
    browser.send(visit.header("x-evil", "1").header("traceparent", "00-1-1-00")).await;
    browser.get("/avatar").await;
    for path in ["/oauth/token", "/anonymous/jwks", "/users/me", ".png"] {
        let call = app.calls(path).remove(0);
        for (name, value) in &call.headers {
            assert!(KNOWN.contains(&name.as_str()), "{path} was sent {name}: {value}");
        }
        let agent = call.header("user-agent").unwrap();
        assert!(agent.starts_with("connect-for-pagerduty/"), "{agent}");
        let secret = path == "/users/me";
        assert_eq!(call.header("authorization").is_some(), secret, "{path}");
    }
}

#[tokio::test]
async fn sr_17_only_the_code_flow_exists() {
    let app = App::start().await;
    let browser = app.browser();
    let authorize = browser.begin().await;
    let asked: HashMap<String, String> = authorize.query_pairs().into_owned().collect();
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked.get("response_mode"), None);

    // A token in the address is nothing this app knows: the callback has no code.
    let query = format!("access_token=pdus%2Bx&token_type=bearer&expires_in=3600&state={}", asked["state"]);
    let iss = app.sandbox.issuer();
    let reply = browser.callback(&format!("/callback?{query}&iss={iss}")).await;
    app.assert_refused(&reply, 400, "malformed");
    assert!(app.sandbox.requests().is_empty(), "nobody was asked anything");

    browser.connect_as(BETHANY).await;
    let kinds: Vec<String> =
        app.calls("/oauth/token").iter().map(|c| c.form("grant_type").unwrap()).collect();
    assert_eq!(kinds, ["authorization_code"]);
}

#[tokio::test]
async fn sr_11_every_redirect_is_a_303() {
    let app = App::start().await;
    let browser = app.browser();
    let begun = browser.post("/api/begin_connect", &[]).await;
    let back = browser.consent(&begun.location().parse().unwrap(), BETHANY).await;
    let connected = browser.callback(&back).await;
    let again = browser.callback(&back).await;
    let ended = browser.post("/api/disconnect", &[]).await;
    let ended_twice = browser.post("/api/disconnect", &[]).await;
    for (reply, to) in [
        (&begun, app.sandbox.identity_url()),
        (&connected, "/welcome"),
        (&again, "/welcome"),
        (&ended, "/disconnected"),
        (&ended_twice, "/"),
    ] {
        assert_eq!(reply.status, 303, "towards {to}: {}", reply.body);
        assert!(reply.location().starts_with(to), "{} is not {to}", reply.location());
    }
}

fn whole(reply: &Reply) -> String {
    format!("{:?}\n{}", reply.headers, reply.body)
}
