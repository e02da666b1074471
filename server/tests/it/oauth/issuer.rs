//! Who answered: `iss`, and what can be told from an error.

use pagerduty_sandbox::{IssOnCallback, Issuer};

use super::{changed, param};
use crate::harness::{App, BETHANY};

#[tokio::test]
async fn sr_05_a_code_from_another_issuer_is_refused() {
    let app = App::start().await;
    let own = app.sandbox.issuer();
    let port_less = own.rsplit_once(':').unwrap().0.to_owned();
    let table = [
        (IssOnCallback::Absent, "wrong-issuer"),
        (IssOnCallback::Duplicated, "malformed"),
        (IssOnCallback::Literal(String::new()), "wrong-issuer"),
        (IssOnCallback::Literal(format!("{own}/")), "wrong-issuer"),
        (IssOnCallback::Literal(own.to_uppercase()), "wrong-issuer"),
        (IssOnCallback::Literal(own.replace("http://", "https://")), "wrong-issuer"),
        (IssOnCallback::Literal(own.replace("127.0.0.1", "localhost")), "wrong-issuer"),
        (IssOnCallback::Literal(format!(" {own}")), "wrong-issuer"),
        (IssOnCallback::Literal(port_less), "wrong-issuer"),
        (IssOnCallback::Literal("https://app.pagerduty.com".into()), "wrong-issuer"),
        (IssOnCallback::Literal("https://APP.pagerduty.com/global/oauth/anonymous".into()), "wrong-issuer"),
        (IssOnCallback::Literal("https://app.pagerduty.com/global/oauth/anonymous/".into()), "wrong-issuer"),
        (IssOnCallback::Literal("http://app.pagerduty.com/global/oauth/anonymous".into()), "wrong-issuer"),
        (
            IssOnCallback::Literal("https://app.pagerduty.com.evil.example/global/oauth/anonymous".into()),
            "wrong-issuer",
        ),
        (IssOnCallback::Literal("https://accounts.google.com".into()), "wrong-issuer"),
    ];
    for (iss, code) in table {
        app.sandbox.set_switches(|s| s.iss_on_callback = iss.clone());
        let browser = app.browser();
        let reply = browser.connect_as(BETHANY).await;
        assert_eq!(reply.problem().as_deref(), Some(code), "{iss:?}");
        app.assert_refused(&reply, 400, code);
    }
    assert_eq!(app.token_calls(), 0);
    assert_eq!(app.rows("session").await, 0);
}

#[tokio::test]
async fn sr_05_both_issuers_that_pagerduty_names_are_accepted() {
    let app = App::start().await;
    for issuer in [Issuer::Own, Issuer::App, Issuer::Identity] {
        app.sandbox.set_switches(|s| s.issuer = issuer);
        let reply = app.browser().connect_as(BETHANY).await;
        assert_eq!((reply.status, reply.location()), (303, "/welcome"), "{issuer:?} {}", reply.body);
    }
}

#[tokio::test]
async fn sr_05_an_error_from_another_issuer_is_not_believed() {
    let app = App::start().await;
    let own = app.sandbox.issuer();
    for (iss, status, code) in [
        ("https://issuer.example", 400, "wrong-issuer"),
        ("", 400, "wrong-issuer"),
        (&*format!("{own}/"), 400, "wrong-issuer"),
        (&*own, 403, "denied"),
    ] {
        let browser = app.browser();
        let state = param(&browser.until_callback(BETHANY).await, "state");
        let iss: String = form_urlencoded::byte_serialize(iss.as_bytes()).collect();
        let query = format!("iss={iss}&error=access_denied&error_description=believe+me&state={state}");
        let reply = browser.callback(&format!("/callback?{query}")).await;
        app.assert_refused(&reply, status, code);
        assert_eq!(reply.body.contains("believe me"), code == "denied", "{iss}");
    }
    assert_eq!(app.token_calls(), 0);
}

#[tokio::test]
async fn sr_05_a_denial_with_and_without_an_issuer_is_shown_as_one() {
    let app = App::start().await;
    for with in [false, true] {
        app.sandbox.set_switches(|s| s.iss_on_denial = with);
        let browser = app.browser();
        let back = browser.cancel(&browser.begin().await, BETHANY).await;
        assert_eq!(back.contains("iss="), with);
        app.assert_refused(&browser.callback(&back).await, 403, "denied");
    }
}

#[tokio::test]
async fn sr_05_a_refused_issuer_uses_the_attempt_up() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let reply = browser.callback(&changed(&back, "iss", Some("https://issuer.example"))).await;
    app.assert_refused(&reply, 400, "wrong-issuer");
    app.assert_refused(&browser.callback(&back).await, 400, "already-used");
    assert_eq!(app.token_calls(), 0);
}
