//! `pdconnect doctor`: each thing that can be wrong is told from the others.

use std::time::Duration;

use pagerduty_sandbox::{Fault, Installed, Options, Reset, Sandbox};
use serde_json::Value;

use crate::harness::{
    BETHANY, ELIF,
    program::{Ended, Place, Running, browser},
};

/// What `doctor --json` printed, and how it ended.
fn diagnosed(place: &Place, arguments: &[&str]) -> (Value, Option<i32>) {
    let ended: Ended = place.run(&[&["doctor", "--json"], arguments].concat());
    let told = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{} {}", ended.out, ended.err));
    (told, ended.code)
}

/// The codes of a check, in the order they were found.
fn codes<'a>(told: &'a Value, check: &str) -> Vec<&'a str> {
    let all = told["findings"].as_array().unwrap().iter();
    all.filter(|it| it["check"] == check).map(|it| it["code"].as_str().unwrap()).collect()
}

/// What is wrong: check and code of everything that is neither well nor open.
fn wrong(told: &Value) -> Vec<(&str, &str)> {
    let all = told["findings"].as_array().unwrap().iter();
    let bad = all.filter(|it| it["verdict"] == "failed" || it["verdict"] == "warning");
    let bad = bad.inspect(|it| {
        let sentence = it["found"].as_str().unwrap();
        assert!(sentence.ends_with('.') && !sentence.contains(".."), "no finished sentence: {sentence}");
        assert!(!it["todo"].as_str().unwrap().is_empty(), "nothing to do: {it}");
    });
    bad.map(|it| (it["check"].as_str().unwrap(), it["code"].as_str().unwrap())).collect()
}

/// Serves while somebody tries to sign in; what they are told.
async fn sign_in(place: &Place, port: u16, email: &str) -> (u16, Option<String>) {
    let running: Running = place.serve(&["serve"], port);
    let reply = browser(port).connect_as(email).await;
    assert!(running.terminate().0.success());
    (reply.status, reply.problem())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_is_well_before_and_after_somebody_has_signed_in() {
    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((code, told["verdict"].as_str()), (Some(0), Some("open")), "{told}");
    assert_eq!(codes(&told, "sign-in"), ["nobody-yet"]);
    for check in ["settings", "vault", "identity-host", "clock", "credentials", "redirect-url", "scopes"] {
        assert_eq!(codes(&told, check), ["ok"], "{told}");
    }

    assert_eq!(sign_in(&place, port, BETHANY).await.0, 303);
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((code, told["verdict"].as_str()), (Some(0), Some("ok")), "{told}");
    assert_eq!((codes(&told, "sign-in"), codes(&told, "connection")), (vec!["ok"], vec!["ok"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_registration_lacks_is_told_apart() {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let place = place.env("PD_CLIENT_SECRET", "not-the-secret");
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((wrong(&told), code), (vec![("credentials", "wrong-secret")], Some(1)));
    assert!(!told.to_string().contains("not-the-secret"));
    assert!(told.to_string().contains("See PD_CLIENT_SECRET."), "{told}");
    assert_eq!(sign_in(&place, port, BETHANY).await, (502, Some("misconfigured".into())));
    let (told, _) = diagnosed(&place, &[]);
    assert_eq!(wrong(&told), [("credentials", "wrong-secret")]);
    // It is remembered for when PagerDuty cannot be asked.
    sandbox.fault(Fault::on("POST", "/oauth/token").reset(Reset::Before));
    assert_eq!(wrong(&diagnosed(&place, &[]).0), [("sign-in", "wrong-secret")]);

    // Once mended, the sign-in that failed by it says nothing any more.
    let place = place.env("PD_CLIENT_SECRET", sandbox.client_secret());
    assert_eq!((wrong(&diagnosed(&place, &[]).0), diagnosed(&place, &[]).1), (vec![], Some(0)));

    let (told, code) = diagnosed(&place, &["--client-id", "8e9146fe-0000-4000-8000-000000000000"]);
    assert_eq!((wrong(&told), code), (vec![("credentials", "wrong-client-id")], Some(1)));
    assert!(told.to_string().contains("See PD_CLIENT_ID."), "{told}");
    assert_eq!(codes(&told, "redirect-url"), ["not-told"]);

    // Nothing is registered for this port.
    let (told, code) = diagnosed(&place, &["--public-url", "http://localhost:4999"]);
    assert_eq!((wrong(&told), code), (vec![("redirect-url", "wrong-redirect")], Some(1)));
    assert!(told.to_string().contains("http://localhost:4999/callback"), "{told}");
    assert!(told.to_string().contains("See PUBLIC_URL."), "{told}");

    let (told, code) = diagnosed(&place, &["--scopes", "users.read incidnets.read"]);
    assert_eq!((wrong(&told), code), (vec![("scopes", "unknown-scope")], Some(2)));
    assert!(told.to_string().contains("incidnets.read") && told.to_string().contains("See PD_SCOPES."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_scope_is_told_from_an_app_that_is_not_installed_and_from_the_wrong_region() {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let without = |scope: &str| {
        sandbox.set_switches(|it| it.configured_scopes.retain(|known| known != scope));
    };

    // Without it nobody can be greeted.
    without("users.read");
    assert_eq!(sign_in(&place, port, BETHANY).await, (403, Some("missing-permission".into())));
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((wrong(&told), code), (vec![("sign-in", "missing-scope")], Some(1)));
    assert!(told.to_string().contains("users.read"));

    for installed in [Installed::UnauthorizedClient, Installed::AccessDenied] {
        let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
        sandbox.set_switches(|it| it.installed = installed);
        assert_eq!(
            sign_in(&place, port, BETHANY).await,
            (403, Some("not-installed".into())),
            "{installed:?}"
        );
        let (told, code) = diagnosed(&place, &[]);
        assert_eq!((wrong(&told), code), (vec![("sign-in", "not-installed")], Some(2)), "{installed:?}");
        assert!(told.to_string().contains("app.pagerduty.com/oauth_apps/"));
    }
    sandbox.set_switches(|it| *it = pagerduty_sandbox::Switches::default());

    let swapped =
        ["--api-url", sandbox.eu_api_url(), "--eu-api-url", sandbox.api_url()].map(str::to_owned).to_vec();
    let swapped: Vec<&str> = swapped.iter().map(String::as_str).collect();
    let running = place.serve(&[&["serve"], &swapped[..]].concat(), port);
    let reply = browser(port).connect_as(ELIF).await;
    assert_eq!((reply.status, reply.problem().as_deref()), (502, Some("wrong-region")), "{}", reply.body);
    assert!(reply.body.contains("They are PD_API_URL and PD_EU_API_URL."), "{}", reply.body);
    drop(running);
    let (told, code) = diagnosed(&place, &swapped);
    assert_eq!((wrong(&told), code), (vec![("sign-in", "wrong-region")], Some(1)));
    assert!(told.to_string().contains("See PD_API_URL and PD_EU_API_URL."), "{told}");
    // No token of a sign-in that failed is left.
    assert!(sandbox.tokens().iter().all(|token| token.revoked), "{:?}", sandbox.tokens());

    // A scope that only some pages need: connected, and told.
    without("teams.read");
    assert_eq!(sign_in(&place, port, BETHANY).await.0, 303);
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((wrong(&told), code), (vec![("connection", "missing-scope")], Some(2)));
    assert!(told.to_string().contains("teams.read"));
    // And with the hosts in each other's place.
    let (told, code) = diagnosed(&place, &swapped);
    assert_eq!((wrong(&told), code), (vec![("connection", "wrong-region")], Some(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_visitor_makes_up_in_the_address_fails_nothing_and_hides_nothing() {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let made_up = async || {
        let running = place.serve(&["serve"], port);
        let visitor = browser(port);
        let authorize = visitor.begin().await;
        let state = authorize.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let reply = visitor.get(&format!("/callback?state={state}&error=unauthorized_client")).await;
        assert_eq!(reply.problem().as_deref(), Some("not-installed"), "{}", reply.body);
        assert!(running.terminate().0.success());
    };
    made_up().await;
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((wrong(&told), code), (vec![("sign-in", "not-installed")], Some(2)), "{told}");
    assert!(told.to_string().contains("anybody can write"), "{told}");

    // What PagerDuty itself said stays.
    sandbox.set_switches(|it| it.configured_scopes.retain(|known| known != "users.read"));
    assert_eq!(sign_in(&place, port, BETHANY).await, (403, Some("missing-permission".into())));
    made_up().await;
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((wrong(&told), code), (vec![("sign-in", "missing-scope")], Some(1)), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_of_asking_is_told_apart() {
    let (place, sandbox, _) = Place::with_sandbox(Options::default()).await;

    sandbox.advance_clock(Duration::from_secs(600));
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((wrong(&told), code), (vec![("clock", "clock-skew")], Some(1)), "{told}");
    assert!(told.to_string().contains("seconds behind"), "{told}");
    sandbox.reset();

    let keys = "/global/oauth/anonymous/jwks";
    sandbox.fault(Fault::on("GET", keys).body("<html>maintenance</html>"));
    assert_eq!(wrong(&diagnosed(&place, &[]).0), [("identity-host", "unexpected")]);
    sandbox.fault(Fault::on("GET", keys).body(r#"{"keys":[]}"#));
    assert_eq!(wrong(&diagnosed(&place, &[]).0), [("identity-host", "no-keys")]);
    let metadata = "/global/oauth/anonymous/.well-known/openid-configuration";
    sandbox.fault(Fault::on("GET", metadata).body(r#"{"issuer":"https://identity.example"}"#));
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((wrong(&told), code), (vec![("identity-host", "metadata")], Some(2)));
    sandbox.fault(Fault::on("POST", "/oauth/token").status(503));
    assert_eq!(wrong(&diagnosed(&place, &[]).0), [("credentials", "not-told")]);
    sandbox.fault(Fault::on("GET", "/oauth/authorize").reset(Reset::Before));
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((codes(&told, "redirect-url"), code), (vec!["not-told"], Some(0)), "{told}");
    // A page that is neither about the redirect URL nor about the client.
    sandbox.fault(Fault::on("GET", "/oauth/authorize").status(400).body("<h1>Bad request</h1>"));
    assert_eq!(wrong(&diagnosed(&place, &[]).0), [("redirect-url", "turned-away")]);

    drop::<Sandbox>(sandbox);
    let (told, code) = diagnosed(&place, &[]);
    assert_eq!((wrong(&told), code), (vec![("identity-host", "unreachable")], Some(1)), "{told}");
    assert_eq!(
        (codes(&told, "credentials"), codes(&told, "redirect-url")),
        (vec!["not-told"], vec!["not-told"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_and_database_are_told_apart_and_the_rest_is_still_checked() {
    let (place, _sandbox, _) = Place::with_sandbox(Options::default()).await;
    let (told, code) = diagnosed(&place, &["--port", "x"]);
    assert_eq!((wrong(&told), code), (vec![("settings", "settings")], Some(1)));
    assert!(told.to_string().contains("PORT"));

    let place = place.file("notes.db", "this is no database, but somebody's notes");
    let (told, code) = diagnosed(&place, &["--database-url", "sqlite:notes.db"]);
    assert_eq!(code, Some(1));
    assert_eq!(codes(&told, "vault"), ["vault"], "{told}");
    assert_eq!(codes(&told, "credentials"), ["ok"], "{told}");
    assert_eq!(place.bytes("notes.db"), b"this is no database, but somebody's notes");

    let (told, code) = diagnosed(&Place::new(), &[]);
    assert_eq!((wrong(&told), code), (vec![("settings", "no-credentials")], Some(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_terminal_it_speaks_in_sentences_and_hides_secrets() {
    let (place, sandbox, _) = Place::with_sandbox(Options::default()).await;
    let ended = place.run(&["doctor"]);
    assert!(ended.ok && ended.out.contains("✓ credentials"), "{ended:?}");
    assert!(!format!("{ended:?}").contains(sandbox.client_secret()));
    let ended = place.run(&["doctor", "--public-url", "http://localhost:4999"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("✗ redirect-url"), "{}", ended.out);
    assert!(ended.out.contains("→ In PagerDuty, open Integrations"), "{}", ended.out);
    // What it asked for granted nothing.
    assert!(sandbox.tokens().is_empty());
}
