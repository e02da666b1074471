//! The signed statement of who signed in, spoilt in every way.

use pagerduty_sandbox::{Subject, Tamper};
use serde_json::json;

use crate::harness::{App, BETHANY, eventually};

#[tokio::test]
async fn sr_06_every_spoilt_id_token_is_refused() {
    let app = App::start().await;
    for tamper in [
        Tamper::AlgNone,
        Tamper::Hs256WithPublicKey,
        Tamper::WrongKid,
        Tamper::BadSignature,
        Tamper::WrongIssuer,
        Tamper::AudWithoutClient,
        Tamper::AudForeignApi,
        Tamper::Expired,
        Tamper::NotYetValid,
        Tamper::WrongNonce,
        Tamper::WrongAzp,
        Tamper::NoUserId,
        Tamper::Garbage,
        Tamper::Missing,
    ] {
        app.sandbox.set_switches(|s| s.id_token = tamper);
        let browser = app.browser();
        let reply = browser.connect_as(BETHANY).await;
        assert_eq!(reply.problem().as_deref(), Some("identity-refused"), "{tamper:?}");
        app.assert_refused(&reply, 502, "identity-refused");
        assert_eq!(browser.session(), None, "{tamper:?}");
    }
    assert_eq!((app.rows("connection").await, app.rows("session").await), (0, 0));
    assert_eq!(app.calls("/users/me").len(), 0, "no token was used before its statement was checked");
    eventually("the tokens are revoked", async || app.sandbox.tokens().iter().all(|t| t.revoked)).await;
}

#[tokio::test]
async fn sr_06_an_id_token_that_is_no_text_is_refused() {
    let app = App::start().await;
    for odd in [json!(7), json!(null), json!(["a.b.c"]), json!({}), json!(""), json!("a.b"), json!("..")] {
        app.sandbox.set_switches(|s| {
            s.extra_token_fields.insert("id_token".into(), odd.clone());
        });
        let reply = app.browser().connect_as(BETHANY).await;
        assert_eq!(reply.status, 502, "{odd}");
        let code = reply.problem().unwrap();
        assert!(code == "identity-refused" || code == "pagerduty-down", "{odd}: {code}");
        app.assert_refused(&reply, 502, &code);
    }
    assert_eq!(app.rows("session").await, 0);
}

#[tokio::test]
async fn sr_06_the_two_audiences_pagerduty_writes_are_accepted() {
    // The sandbox's audience is `[API, client]`, as PagerDuty's is.
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    assert!(browser.is_greeted("Bethany Developer").await);
}

#[tokio::test]
async fn sr_06_a_statement_without_our_nonce_is_accepted_and_bound_by_pkce() {
    let app = App::start().await;
    app.sandbox.set_switches(|s| s.echo_nonce = false);
    app.connected(BETHANY).await;
}

#[tokio::test]
async fn sr_06_the_subject_is_not_what_a_person_is_known_by() {
    let app = App::start().await;
    let (one, _) = app.connected(BETHANY).await;
    app.sandbox.set_switches(|s| s.subject = Subject::Email);
    app.connected(BETHANY).await;
    assert_eq!(app.rows("connection").await, 1, "it is the same person");
    assert!(one.is_greeted("Bethany Developer").await);
}

#[tokio::test]
async fn sr_06_a_statement_from_another_time_is_refused_by_our_clock() {
    let app = App::start().await;
    // 59 minutes are left of an hour; a clock that is an hour and two minutes ahead finds it expired …
    let browser = app.browser();
    app.clock.advance(std::time::Duration::from_secs(3600 + 30));
    assert_eq!(browser.connect_as(BETHANY).await.status, 303, "half a minute is within the leeway");
    app.clock.advance(std::time::Duration::from_secs(60));
    let reply = app.browser().connect_as(BETHANY).await;
    app.assert_refused(&reply, 502, "identity-refused");

    // … and so does one that is behind find it not valid yet.
    let app = App::start().await;
    app.sandbox.advance_clock(std::time::Duration::from_secs(90));
    let reply = app.browser().connect_as(BETHANY).await;
    app.assert_refused(&reply, 502, "identity-refused");
}

#[tokio::test]
async fn sr_06_keys_are_fetched_once_and_again_when_they_change() {
    let app = App::start().await;
    let fetched = || app.calls("/anonymous/jwks").len();
    app.connected(BETHANY).await;
    app.connected(BETHANY).await;
    assert_eq!(fetched(), 1, "kept from then on");

    app.sandbox.rotate_keys();
    app.connected(BETHANY).await;
    app.connected(BETHANY).await;
    assert_eq!(fetched(), 2, "once more, for the new key");

    app.sandbox.set_switches(|s| s.keep_old_keys = false);
    app.sandbox.rotate_keys();
    app.connected(BETHANY).await;
    assert_eq!(fetched(), 3);
}

#[tokio::test]
async fn sr_06_an_unknown_key_is_looked_up_once_for_each_sign_in() {
    let app = App::start().await;
    app.connected(BETHANY).await;
    app.sandbox.set_switches(|s| s.id_token = Tamper::WrongKid);
    for tried in 1..=3 {
        let reply = app.browser().connect_as(BETHANY).await;
        app.assert_refused(&reply, 502, "identity-refused");
        assert_eq!(app.calls("/anonymous/jwks").len(), 1 + tried);
    }
    app.sandbox.set_switches(|s| s.id_token = Tamper::None);
    app.connected(BETHANY).await;
    assert_eq!(app.calls("/anonymous/jwks").len(), 4, "the good key was not forgotten over it");
}
