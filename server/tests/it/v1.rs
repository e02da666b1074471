//! Identities for programs in any language: keys, links, tokens.

use std::{process::Command, time::Duration};

use http::Method;
use pagerduty_connect::{
    Filter,
    api_key::{KeyScope, NewKey},
};
use serde_json::{Value, json};

use crate::harness::{
    App, BETHANY, Browser, DAY, ELIF, Reply, Setup, eventually, http,
    program::{self, Place},
};

mod answers;
mod links;

/// Where the other application is, as far as this one knows.
const HOST: &str = "https://billing.example";

async fn key(app: &App, scopes: &[KeyScope], expires_at: Option<i64>) -> (String, String) {
    let new = NewKey {
        name: "billing".into(),
        scopes: scopes.to_vec(),
        return_to: vec![HOST.parse().unwrap()],
        expires_at,
    };
    let (key, secret) = app.connect().issue_key(new).await.unwrap();
    (key.id, secret.expose().to_owned())
}

/// A program that has a key.
struct Client<'a> {
    app: &'a App,
    browser: Browser,
    key: String,
}

impl<'a> Client<'a> {
    async fn of(app: &'a App, scopes: &[KeyScope]) -> Self {
        let (_, key) = key(app, scopes, None).await;
        Self { app, browser: app.browser(), key }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.browser.request(method, path).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.browser.send(request).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let reply = self.ask(Method::GET, path, None).await;
        (reply.status, serde_json::from_str(&reply.body).unwrap())
    }

    /// A link for a user: what the address of it is on this app.
    async fn link(&self, user: &str) -> String {
        let body = json!({ "user": user, "return_to": format!("{HOST}/settings?tab=1") });
        let made = self.ask(Method::POST, "/v1/links", Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let made: Value = serde_json::from_str(&made.body).unwrap();
        made["url"].as_str().unwrap().strip_prefix(&self.app.url).unwrap().to_owned()
    }

    /// The whole way of a user who was handed over.
    async fn connect(&self, user: &str, email: &str) -> Browser {
        let browser = self.app.browser();
        let back = press(&browser, &self.link(user).await, email).await;
        let back = browser.callback(&back).await;
        assert_eq!(back.status, 303, "{}", back.body);
        let page = browser.get(back.location()).await;
        assert_eq!(
            page.header("refresh"),
            "0; url=https://billing.example/settings?tab=1&pagerduty=connected"
        );
        browser
    }
}

/// Presses the button of a link and consents; where PagerDuty sends the browser back to.
async fn press(browser: &Browser, link: &str, email: &str) -> String {
    let begun = browser.post("/link", &[("link", value(link))]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    browser.consent(&begun.location().parse().unwrap(), email).await
}

fn value(link: &str) -> &str {
    link.split_once("link=").unwrap().1
}

fn code(reply: &Reply) -> String {
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert!(body["error"]["message"].as_str().is_some_and(|said| said.len() > 10), "{body}");
    body["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_handed_over_connects_and_their_tokens_are_fresh() {
    let app = App::start().await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    assert_eq!(client.get("/v1/identities/alice").await.0, 404);
    let alice = client.connect("alice", BETHANY).await;
    client.connect("42", ELIF).await;

    let (status, first) = client.get("/v1/identities/alice").await;
    assert_eq!(status, 200);
    assert_eq!(first["accessToken"], first["native"]["access_token"]);
    assert_eq!((&first["user"], &first["native"]["token_type"]), (&json!("alice"), &json!("bearer")));
    assert_eq!(first["api_url"], app.sandbox.api_url().trim_end_matches('/'));
    assert!(first.to_string().find("refresh").is_none(), "the refresh token stays here");

    app.pass(DAY + Duration::from_secs(60));
    let (_, second) = client.get("/v1/identities/alice").await;
    assert_ne!(first["accessToken"], second["accessToken"]);
    let me = http()
        .get(format!("{}/users/me", second["api_url"].as_str().unwrap()))
        .bearer_auth(second["accessToken"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert!(me.text().await.unwrap().contains(BETHANY));

    // Whoever connected by a link is not signed in to this app.
    assert_eq!(alice.session(), None);
    assert_eq!(alice.get("/token").await.status, 405);
    let (_, list) = client.get("/v1/identities?limit=1").await;
    assert_eq!(list["identities"].as_array().unwrap().len(), 1);
    let next = list["next"].as_str().unwrap();
    let (_, rest) = client.get(&format!("/v1/identities?limit=1&after={}", next.replace('/', "%2F"))).await;
    assert_eq!((&rest["next"], rest["identities"].as_array().unwrap().len()), (&Value::Null, 1));
    assert_ne!(rest["identities"][0]["user"], list["identities"][0]["user"]);

    let gone = client.ask(Method::DELETE, "/v1/identities/alice", None).await;
    assert_eq!(serde_json::from_str::<Value>(&gone.body).unwrap(), json!({ "deleted": 1, "not_revoked": 0 }));
    assert_eq!(client.get("/v1/identities/alice").await.0, 404);
    assert_eq!(client.get("/v1/identities/42").await.0, 200, "the other's stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_it_was_issued_for_and_no_more() {
    let app = App::start().await;
    Client::of(&app, &KeyScope::ALL).await.connect("alice", BETHANY).await;
    let link = json!({ "user": "bob", "return_to": HOST });
    let asks = [
        (KeyScope::Read, Method::GET, "/v1/identities", None),
        (KeyScope::Token, Method::GET, "/v1/identities/alice", None),
        (KeyScope::Connect, Method::POST, "/v1/links", Some(link)),
        (KeyScope::Delete, Method::DELETE, "/v1/identities?user=nobody", None),
        (KeyScope::Delete, Method::DELETE, "/v1/identities/nobody", None),
    ];
    for has in KeyScope::ALL {
        let client = Client::of(&app, &[has]).await;
        for (needs, method, path, body) in asks.clone() {
            let reply = client.ask(method.clone(), path, body).await;
            if needs == has {
                assert!(reply.status < 300, "{method} {path}: {}", reply.body);
            } else {
                assert_eq!(
                    (reply.status, &*code(&reply)),
                    (403, "key-out-of-scope"),
                    "{has:?}: {method} {path}"
                );
                assert!(reply.body.contains(needs.name()), "{}", reply.body);
            }
        }
    }
    // Nobody without a key; what comes twice counts for nothing.
    let browser = app.browser();
    for (_, method, path, _) in asks {
        let reply = browser.send(browser.request(method.clone(), path)).await;
        assert_eq!((reply.status, &*code(&reply)), (401, "no-key"), "{method} {path}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        let (_, good) = key(&app, &KeyScope::ALL, None).await;
        let twice =
            browser.request(method.clone(), path).bearer_auth(&good).header("authorization", "Bearer x");
        assert_eq!(code(&browser.send(twice).await), "no-key");
        let unknown = browser.request(method.clone(), path).bearer_auth("pdc_made-up");
        assert_eq!(code(&browser.send(unknown).await), "key-unknown");
    }
    // Nor by whoever is signed in here.
    let (signed_in, _) = app.connected(ELIF).await;
    assert_eq!(signed_in.get("/v1/identities").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_by_every_replica_at_once() {
    let app = App::start_with(Setup::in_postgres().await).await;
    let replica = app.replica().await;
    let (id, secret) = key(&app, &[KeyScope::Read], None).await;
    let asked = async |at: &App| {
        let browser = at.browser();
        browser.send(browser.request(Method::GET, "/v1/identities").bearer_auth(&secret)).await
    };
    assert_eq!((asked(&app).await.status, asked(&replica).await.status), (200, 200));
    assert!(app.connect().api_keys().await.unwrap()[0].used_at.is_some());
    assert!(replica.connect().revoke_key(&id).await.unwrap());
    for at in [&app, &replica] {
        let refused = asked(at).await;
        assert_eq!((refused.status, &*code(&refused)), (401, "key-revoked"));
    }
    assert!(!app.connect().revoke_key(&id).await.unwrap(), "once is enough");

    let soon = app.connect().now() + 60;
    let (_, secret) = key(&app, &[KeyScope::Read], Some(soon)).await;
    app.clock.advance(Duration::from_secs(61));
    let browser = app.browser();
    let late = browser.send(browser.request(Method::GET, "/v1/identities").bearer_auth(&secret)).await;
    assert_eq!((late.status, &*code(&late)), (401, "key-expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_told_and_changes_nothing() {
    let app = App::start().await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    client.connect("alice", BETHANY).await;
    let bad = [
        (Method::GET, "/v1/identities?usr=alice", None, 400, "bad-request"),
        (Method::GET, "/v1/identities?limit=0", None, 400, "bad-request"),
        (Method::GET, "/v1/identities?limit=many", None, 400, "bad-request"),
        (Method::GET, "/v1/identities?after=odd", None, 400, "bad-request"),
        (Method::GET, "/v1/identities?state=odd", None, 400, "bad-request"),
        (Method::GET, "/v1/identities/a%20b", None, 400, "bad-request"),
        (Method::GET, "/v1/identities/bob", None, 404, "not-connected"),
        (Method::GET, "/v1/identities/alice?id=odd", None, 400, "bad-request"),
        (Method::GET, "/v1/identities/alice?id=PA%2FPB@bob", None, 404, "not-connected"),
        (Method::GET, "/v1/identities/alice?refused=odd", None, 400, "bad-request"),
        (Method::DELETE, "/v1/identities/alice?id=alice", None, 400, "bad-request"),
        (Method::GET, "/v1/unknown", None, 404, "unknown-path"),
        (Method::POST, "/v1/identities", Some(json!({})), 405, "unknown-method"),
        (Method::DELETE, "/v1/identities", None, 400, "empty-filter"),
        (Method::DELETE, "/v1/identities?", None, 400, "empty-filter"),
        (Method::DELETE, "/v1/identities?usr=bob", None, 400, "bad-request"),
        (Method::DELETE, "/v1/identities?user=bob&limit=1", None, 400, "bad-request"),
        (Method::POST, "/v1/links", Some(json!({})), 400, "bad-request"),
        (Method::POST, "/v1/links", Some(json!({ "user": "", "return_to": HOST })), 400, "bad-request"),
        (Method::POST, "/v1/links", Some(json!({ "user": "bob", "return_to": "/" })), 400, "bad-request"),
        (
            Method::POST,
            "/v1/links",
            Some(json!({ "user": "bob", "return_to": "https://evil.example" })),
            403,
            "return-to-not-allowed",
        ),
        (
            Method::POST,
            "/v1/links",
            Some(json!({ "user": "bob", "return_to": "javascript:alert(1)" })),
            403,
            "return-to-not-allowed",
        ),
    ];
    for (method, path, body, status, word) in bad {
        let reply = client.ask(method.clone(), path, body.clone()).await;
        assert_eq!((reply.status, &*code(&reply)), (status, word), "{method} {path} {body:?}");
    }
    assert_eq!(client.get("/v1/identities/alice").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_signed_in_here_are_nobody_elses_to_see() {
    let app = App::start().await;
    app.connected(BETHANY).await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    assert_eq!(client.get("/v1/identities").await.1["identities"], json!([]));
    let account = app.connect().identities(&Filter::all(), None, 1).await.unwrap().found[0]
        .user
        .account_id()
        .to_owned();
    let gone = client.ask(Method::DELETE, &format!("/v1/identities?account={account}"), None).await;
    assert_eq!(serde_json::from_str::<Value>(&gone.body).unwrap()["deleted"], 0);
    assert_eq!(app.rows("connection").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_over_says_why_and_what_to_do() {
    let app = App::start().await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    client.connect("alice", BETHANY).await;
    assert!(app.sandbox.revoke_all_of(BETHANY));
    app.pass(DAY * 2);
    let reply = client.ask(Method::GET, "/v1/identities/alice", None).await;
    assert_eq!((reply.status, &*code(&reply)), (409, "needs-reconnect"));
    assert!(
        reply.body.contains("\"reason\":\"revoked\"") && reply.body.contains("POST /v1/links"),
        "{}",
        reply.body
    );
    let (_, list) = client.get("/v1/identities?state=needs-reconnect").await;
    assert_eq!(list["identities"][0]["reason"], "revoked");
    assert_eq!(client.get("/v1/identities?state=connected").await.1["identities"], json!([]));
    client.connect("alice", BETHANY).await;
    assert_eq!(client.get("/v1/identities/alice").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_says_that_its_token_was_refused_and_hears_why() {
    let app = App::start().await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    client.connect("alice", BETHANY).await;
    let (_, first) = client.get("/v1/identities/alice").await;
    let issued = first["native"]["timestamp"].as_i64().unwrap();
    app.pass(Duration::from_secs(60));
    let (status, next) = client.get(&format!("/v1/identities/alice?refused={issued}")).await;
    assert_eq!(status, 200);
    assert_ne!(first["accessToken"], next["accessToken"]);
    // Said of a token that is not the newest any more, it costs nothing.
    let (_, same) = client.get(&format!("/v1/identities/alice?refused={issued}")).await;
    assert_eq!(same["accessToken"], next["accessToken"]);
    // Ended at PagerDuty: the token would have been good for a day yet.
    assert!(app.sandbox.revoke_all_of(BETHANY));
    app.pass(Duration::from_secs(60));
    let issued = next["native"]["timestamp"].as_i64().unwrap();
    assert_eq!(client.get("/v1/identities/alice").await.0, 200);
    let (status, over) = client.get(&format!("/v1/identities/alice?refused={issued}")).await;
    assert_eq!((status, &over["error"]["reason"]), (409, &json!("revoked")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_not_handed_out_again_where_there_is_none_to_follow() {
    let app = App::start().await;
    app.sandbox.set_switches(|s| s.omit_token_fields = vec!["refresh_token".into()]);
    let client = Client::of(&app, &KeyScope::ALL).await;
    client.connect("alice", BETHANY).await;
    app.pass(Duration::from_secs(60));
    let (_, first) = client.get("/v1/identities/alice").await;
    let issued = first["native"]["timestamp"].as_i64().unwrap();
    for _ in 0..2 {
        let (status, over) = client.get(&format!("/v1/identities/alice?refused={issued}")).await;
        assert_eq!((status, &over["error"]["reason"]), (409, &json!("no-refresh-token")));
    }
    // Who says nothing of a refusal has it to its end.
    assert_eq!(client.get("/v1/identities/alice").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_has_made_counts_no_longer_than_the_key() {
    let app = App::start().await;
    let (id, secret) = key(&app, &[KeyScope::Connect], None).await;
    let client = Client { app: &app, browser: app.browser(), key: secret };
    let link = client.link("alice").await;
    assert_eq!(app.browser().get(&link).await.status, 200);
    assert!(app.connect().revoke_key(&id).await.unwrap());
    assert_eq!(app.browser().get(&link).await.status, 410);
    assert_eq!(app.browser().post("/link", &[("link", value(&link))]).await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_again_by_a_link_keeps_what_was_granted() {
    let app = App::start().await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    let asked = async |scope: &str| {
        let body = json!({ "user": "alice", "return_to": HOST, "scope": scope });
        let made = client.ask(Method::POST, "/v1/links", Some(body)).await;
        let made: Value = serde_json::from_str(&made.body).unwrap();
        let link = made["url"].as_str().unwrap().strip_prefix(&app.url).unwrap().to_owned();
        let browser = app.browser();
        let begun = browser.post("/link", &[("link", value(&link))]).await;
        let to: url::Url = begun.location().parse().unwrap();
        let scope = to.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
        (browser, to, scope)
    };
    let (browser, to, scope) = asked("incidents.read").await;
    assert_eq!(scope, "incidents.read openid users.read");
    let back = browser.consent(&to, BETHANY).await;
    assert_eq!(browser.callback(&back).await.status, 303);
    assert_eq!(asked("").await.2, "incidents.read openid users.read");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_knows_which_key_took_whose_token() {
    let app = App::start().await;
    let (id, secret) = key(&app, &KeyScope::ALL, None).await;
    let client = Client { app: &app, browser: app.browser(), key: secret };
    client.connect("alice", BETHANY).await;
    assert_eq!(client.get("/v1/identities/alice").await.0, 200);
    assert!(app.connect().revoke_key(&id).await.unwrap());
    let count = async |sql: &str| app.query(&format!("SELECT count(*) FROM audit_line WHERE {sql}")).await;
    for line in [
        format!("event = 'key.issued' AND user_id = 'key/{id}'"),
        format!("event = 'key.revoked' AND user_id = 'key/{id}'"),
        format!("event = 'link.made' AND user_id = 'key/{id}' AND detail LIKE '%alice%'"),
        format!("event = 'token.revealed' AND user_id LIKE '%@alice' AND detail LIKE '%key {id}%'"),
        "event = 'connected' AND user_id LIKE '%@alice'".to_owned(),
    ] {
        eventually(&line, async || count(&line).await == 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_every_path_and_what_asks_for_a_key() {
    let app = App::start().await;
    let browser = app.browser();
    let described: Value = serde_json::from_str(&browser.get("/v1/openapi.json").await.body).unwrap();
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/v1/identities", "/v1/identities/{user}", "/v1/links", "/v1/openapi.json"]);
    for (path, operations) in described["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let is_open = path == "/v1/openapi.json";
            assert_eq!(operation["responses"].get("401").is_none(), is_open, "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_from_python_kept_in_a_file() {
    from_python(App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_from_python_kept_in_postgres() {
    from_python(App::start_with(Setup::in_postgres().await).await).await;
}

/// Only Python's own library, as somebody would write it who has read the README.
async fn from_python(app: App) {
    let (_, secret) = key(&app, &KeyScope::ALL, None).await;
    let run = async |more: &[&str]| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/v1/client.py");
        let mut python = Command::new("python3");
        python.args([script, &app.url]).args(more).env("PDCONNECT_KEY", &secret);
        let ran = tokio::task::spawn_blocking(move || python.output()).await.unwrap();
        let ran = ran.expect("python3 is needed: sudo apt-get install python3, or brew install python");
        let said = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
        assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
        said
    };
    let before = run(&[]).await;
    app.pass(DAY * 2);
    assert_eq!(run(&[&before]).await, "alice is Bethany Developer, 42 was Elif Yılmaz");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_identities_from_the_command_line() {
    let (place, sandbox, _) = Place::with_sandbox(pagerduty_sandbox::Options::default()).await;
    let made = place.run(&["keys", "create", "--name", "billing", "--scope", "identities.read", "--json"]);
    assert!(made.ok, "{}", made.err);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    assert!(made["key"].as_str().unwrap().starts_with("pdc_"));
    let id = made["id"].as_str().unwrap();
    let listed = place.run(&["keys", "list"]);
    assert!(listed.out.contains("billing") && listed.out.contains("never"), "{}", listed.out);
    assert!(!listed.out.contains(made["key"].as_str().unwrap()));
    assert!(place.run(&["keys", "revoke", id]).ok);
    let again = place.run(&["keys", "revoke", id]);
    assert!(!again.ok && again.err.contains("revoked before"), "{}", again.err);
    assert!(place.run(&["keys", "list"]).out.contains("revoked 20"));

    let odd = place.run(&["keys", "create", "--name", "x", "--scope", "everything"]);
    assert!(!odd.ok && odd.err.contains("identities.token"), "{}", odd.err);
    let nowhere = place.run(&["keys", "create", "--name", "x", "--scope", "connect"]);
    assert!(!nowhere.ok && nowhere.err.contains("--return-to"), "{}", nowhere.err);

    assert!(place.run(&["identities"]).out.contains("Nobody is connected"));
    let nobody = place.run(&["disconnect", "--user", BETHANY]);
    assert!(!nobody.ok && nobody.err.contains("pdconnect identities"), "{}", nobody.err);
    drop(sandbox);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_disconnected_from_the_command_line() {
    let (place, sandbox, port) = Place::with_sandbox(pagerduty_sandbox::Options::default()).await;
    let _running = place.serve(&["serve"], port);
    let browser = program::browser(port);
    assert_eq!(browser.connect_as(BETHANY).await.status, 303);
    let listed = place.run(&["identities", "--json"]);
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    let listed = &listed["identities"][0];
    assert_eq!((&listed["person"]["email"], &listed["state"]), (&json!(BETHANY), &json!("connected")));
    let gone = place.run(&["disconnect", "--user", BETHANY, "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&gone.out).unwrap(),
        json!({ "deleted": 1, "not_revoked": 0 }),
        "{}",
        gone.err
    );
    assert!(!browser.is_greeted("Bethany Developer").await);
    eventually("PagerDuty has heard", async || sandbox.tokens().iter().all(|token| token.revoked)).await;
}
