//! What `{:?}` shows of everything that holds a secret.

use std::fmt::Debug;

use http::HeaderMap;
use pagerduty::{
    AccessToken, ClientSecret, Code, Endpoints, IdToken, OAuth, RefreshToken, Scopes, Verifier, http::Http,
};
use pagerduty_connect::{Clock, Connect, Registration, Vault};

use crate::harness::{App, BETHANY, program::Place};

const CANARY: &str = "CANARY-PRINTED-91c4";

fn assert_redacted(value: &impl Debug, secrets: &[&str]) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        for secret in secrets {
            assert!(!secret.is_empty() && !text.contains(secret), "{text}");
        }
    }
}

fn registration() -> Registration {
    Registration {
        client_id: "id".into(),
        client_secret: ClientSecret::new(CANARY),
        redirect_uri: "http://localhost:5000/callback".into(),
        scopes: Scopes::parse("openid users.read"),
        endpoints: Endpoints::pagerduty(),
    }
}

#[test]
fn sr_71_secret_types_print_their_name_only() {
    assert_redacted(&AccessToken::new(CANARY), &[CANARY]);
    assert_redacted(&RefreshToken::new(CANARY), &[CANARY]);
    assert_redacted(&IdToken::new(CANARY), &[CANARY]);
    assert_redacted(&ClientSecret::new(CANARY), &[CANARY]);
    assert_redacted(&Code::new(CANARY), &[CANARY]);
    assert_redacted(&Verifier::new(CANARY), &[CANARY]);
    let verifier = Verifier::random();
    assert_redacted(&verifier, &[verifier.expose()]);
    assert_redacted(&pagerduty::oauth::Revocable::Access(&AccessToken::new(CANARY)), &[CANARY]);
    assert_redacted(&pagerduty::oauth::Revocable::Refresh(&RefreshToken::new(CANARY)), &[CANARY]);
}

#[test]
fn sr_71_what_holds_a_secret_does_not_print_it() {
    let registration = registration();
    assert_redacted(&registration, &[CANARY]);
    let grant = pagerduty::Grant {
        access: AccessToken::new(CANARY),
        refresh: Some(RefreshToken::new(CANARY)),
        id_token: Some(IdToken::new(CANARY)),
        scopes: Scopes::parse("openid"),
        expires_in: std::time::Duration::from_secs(1),
        took: std::time::Duration::from_secs(1),
    };
    assert_redacted(&grant, &[CANARY]);
    let oauth = OAuth::new(
        Http::new().unwrap(),
        Endpoints::pagerduty(),
        "id",
        ClientSecret::new(CANARY),
        "http://localhost:5000/callback",
    );
    assert_redacted(&oauth, &[CANARY]);
}

#[tokio::test]
async fn sr_71_the_vault_and_its_key_do_not_print_the_key() {
    let place = Place::new();
    let url = format!("sqlite:{}", place.path("v.db").display());
    let vault = Vault::open(&url, &place.path("v.key")).await.unwrap();
    let text = String::from_utf8(place.bytes("v.key")).unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text.trim()).unwrap();
    let hex = hex::encode(&bytes);
    let (decimal, start) =
        (format!("{bytes:?}"), format!("{}, {}, {}, {}", bytes[0], bytes[1], bytes[2], bytes[3]));
    assert_redacted(&vault, &[text.trim(), &hex, &decimal, &start]);
    let connect = Connect::new(registration(), vault, Clock::system()).unwrap();
    assert_redacted(&connect, &[CANARY, text.trim(), &hex, &start]);
}

#[tokio::test]
async fn sr_71_cookies_and_states_are_not_printed_either() {
    let app = App::start().await;
    let connect = app.state().connect;
    let begun = connect.begin(None, &HeaderMap::new()).await.unwrap();
    let cookie = begun.cookies.last().unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let state = begun.authorize_url.query_pairs().find(|(n, _)| n == "state").unwrap().1.into_owned();
    assert_redacted(&begun, &[&cookie, &state]);
    assert_redacted(&app.state(), &[app.sandbox.client_secret()]);

    let browser = app.browser();
    let back = browser.consent(&begun.authorize_url, BETHANY).await;
    let name = begun.cookies.last().unwrap().split('=').next().unwrap();
    let headers = HeaderMap::from_iter([(http::header::COOKIE, format!("{name}={cookie}").parse().unwrap())]);
    let finished = connect.finish(back.split_once('?').unwrap().1, &headers).await.unwrap();
    let session = finished.cookies.iter().find(|c| c.starts_with("__Host-pdc_s=")).unwrap();
    let value = session.split(['=', ';']).nth(1).unwrap();
    assert_eq!(value.len(), 43);
    assert_redacted(&finished, &[value]);
}

#[tokio::test]
async fn sr_71_errors_carry_no_address_with_a_query() {
    let app = App::start().await;
    let http = Http::new().unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = Endpoints::origin(&format!("http://{gone}")).unwrap();
    let nowhere = Endpoints::new(url.clone(), url.clone(), url);
    let oauth =
        OAuth::new(http, nowhere, "id", ClientSecret::new(CANARY), &format!("{}/callback", app.url)).unwrap();
    let error = oauth.exchange(&Code::new(CANARY), &Verifier::new(CANARY)).await.unwrap_err();
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(link) = cause {
        assert!(
            !format!("{link} {link:?}").contains("CANARY") && !link.to_string().contains('?'),
            "{link:?}"
        );
        cause = link.source();
    }
    let access = AccessToken::new(CANARY);
    let error = oauth.revoke(pagerduty::oauth::Revocable::Access(&access)).await.unwrap_err();
    assert_redacted(&error, &[CANARY, &gone.to_string()]);
}
