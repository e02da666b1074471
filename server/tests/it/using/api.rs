//! `GET /api/pagerduty/…`

use std::{sync::Arc, time::Duration};

use http::Method;
use pagerduty_sandbox::Fault;
use proptest::{
    prelude::{Strategy, any},
    strategy::ValueTree,
    test_runner::TestRunner,
};
use serde_json::Value;
use tokio::task::JoinSet;

use super::{EVERYTHING, app_that_may};
use crate::harness::{App, BETHANY, Browser, ELIF, MARCUS, Reply, Setup};

const SERVICES: &str = "/api/pagerduty/services";

async fn read(browser: &Browser, path: &str) -> Reply {
    browser.send(browser.request(Method::GET, path)).await
}

fn json(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap_or_else(|e| panic!("{e}: {}", reply.body))
}

fn code(reply: &Reply) -> String {
    json(reply)["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn sr_64_the_answers_json_comes_back_and_nothing_else_of_it() {
    let app = app_that_may().await;
    let (browser, session) = app.connected(BETHANY).await;
    let headers =
        ["set-cookie", "location", "content-security-policy", "strict-transport-security", "x-evil"];
    let body = r#"{"services":[],"limit":25,"offset":0,"more":false}"#;
    let fault = Fault::on("GET", "/services").status(200).body(body);
    app.sandbox.fault(headers.iter().fold(fault, |fault, name| fault.header(name, "evil")));
    let reply = read(&browser, &format!("{SERVICES}?limit=5&query=x")).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, body));
    for name in headers {
        assert!(!reply.header(name).contains("evil"), "{name}");
    }
    assert_eq!(reply.header("cache-control"), "no-store");

    let sent = app.calls("/services").pop().unwrap();
    assert_eq!(sent.query, "limit=5&query=x");
    let names: Vec<String> = sent.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    for name in &names {
        let ours = ["accept", "accept-encoding", "authorization", "content-type", "host", "user-agent"];
        assert!(ours.contains(&name.as_str()), "{name} went to PagerDuty");
    }
    assert!(!format!("{sent:?}").contains(&session), "the session went to PagerDuty");
}

#[tokio::test]
async fn sr_63_nothing_but_what_is_documented_is_asked_for() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    let before = app.sandbox.requests().len();
    for (path, status) in [
        ("/api/pagerduty", 404),
        ("/api/pagerduty/", 404),
        ("/api/pagerduty/unicorns", 404),
        ("/api/pagerduty/users/P1/..", 400),
        ("/api/pagerduty/users/%2e%2e", 400),
        ("/api/pagerduty/users/P1%2fteams", 400),
        ("/api/pagerduty//host/users", 400),
        ("/api/pagerduty/users/@host", 400),
        ("/api/pagerduty/users;x", 400),
        ("/api/pagerduty/users/P1%0d%0aX:%20y", 400),
        ("/api/pagerduty/https://evil.example/users", 400),
        ("/api/pagerduty/users?apikey=x", 400),
        ("/api/pagerduty/users?limit=1&LIMIT=2", 400),
        ("/api/pagerduty/oauth/token", 404),
    ] {
        let line = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            app.authority,
            browser
                .cookies()
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join("; "),
        );
        let reply = app.raw(line.as_bytes()).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
    }
    assert_eq!(app.sandbox.requests().len(), before, "one of them went to PagerDuty");
}

/// Whatever stands behind the prefix, what PagerDuty hears is one of its own paths.
#[tokio::test]
async fn sr_63_ten_thousand_random_paths_lead_nowhere_else() {
    let pieces = proptest::sample::select(vec![
        "users",
        "teams",
        "me",
        "P1",
        "..",
        ".",
        "%2e%2e",
        "%2f",
        "//",
        "/",
        "\\",
        "@",
        ":",
        ";",
        "?",
        "#",
        "&",
        "=",
        "limit",
        "query",
        "http:",
        "evil.example",
        "%00",
        "%0d%0a",
        "é",
        "{id}",
        "services",
        "incidents",
        "*",
    ]);
    let path = proptest::collection::vec(pieces, 1..8);
    let mut runner = TestRunner::deterministic();
    for _ in 0..10_000 {
        let tail = path.new_tree(&mut runner).unwrap().current().join("/");
        let (path, query) = tail.split_once('?').unwrap_or((&tail, ""));
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let pairs = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        if let Ok(read) = pagerduty::Read::parse(&format!("/{path}"), pairs) {
            let template = read.operation().path;
            let fits = template.split('/').zip(format!("/{path}").split('/').map(str::to_owned)).all(
                |(ours, theirs)| {
                    ours == theirs
                        || (ours.starts_with('{') && theirs.bytes().all(|b| b.is_ascii_alphanumeric()))
                },
            );
            assert!(fits, "{path} passed as {template}");
        }
    }
}

#[tokio::test]
async fn sr_94_everybody_reads_with_their_own_token() {
    let app = app_that_may().await;
    let ((bethany, _), (elif, _)) = (app.connected(BETHANY).await, app.connected(ELIF).await);
    for (browser, email) in [(&bethany, BETHANY), (&elif, ELIF)] {
        let reply = read(browser, "/api/pagerduty/users/me").await;
        assert_eq!(json(&reply)["user"]["email"], email);
    }
    let nobody = app.browser();
    let reply = read(&nobody, SERVICES).await;
    assert_eq!((reply.status, code(&reply).as_str()), (401, "signed-out"));
    let elsewhere = bethany.request(Method::GET, SERVICES).header("sec-fetch-site", "cross-site");
    let reply = bethany.send(elsewhere).await;
    assert_eq!((reply.status, code(&reply).as_str()), (403, "cross-site"));
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let reply = bethany.send(bethany.request(method.clone(), SERVICES).header("origin", &app.url)).await;
        assert_eq!(reply.status, 405, "{method}");
    }
}

#[tokio::test]
async fn every_refusal_has_its_status_and_its_word() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let reply = read(&browser, SERVICES).await;
    assert_eq!((reply.status, code(&reply).as_str()), (403, "missing-scope"));
    assert_eq!(json(&reply)["error"]["required_scopes"], "services.read");
    // A yes without a word: `GET /abilities/{id}`.
    app.sandbox.fault(Fault::on("GET", "/abilities/teams").status(204));
    let reply = read(&browser, "/api/pagerduty/abilities/teams").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "null"));
    for (status, answered, word) in [(402, 402, "refused"), (404, 404, "refused"), (503, 502, "no-answer")] {
        app.sandbox.fault(Fault::on("GET", "/services").status(status).times(3));
        let reply = read(&browser, SERVICES).await;
        assert_eq!((reply.status, code(&reply).as_str()), (answered, word), "{status}");
        app.sandbox.clear_faults();
    }
}

#[tokio::test]
async fn rf_03_no_call_goes_out_during_a_pause() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    let (other, _) = app.connected(MARCUS).await;
    app.sandbox.fault(Fault::on("GET", "/services").status(429).header("ratelimit-reset", "30"));
    let reply = read(&browser, SERVICES).await;
    assert_eq!((reply.status, code(&reply).as_str()), (429, "rate-limited"));
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((28..=30).contains(&wait), "{wait}");
    let before = app.sandbox.requests().len();
    for path in [SERVICES, "/api/pagerduty/teams", "/api/pagerduty/incidents"] {
        assert_eq!(read(&browser, path).await.status, 429);
    }
    assert_eq!(app.sandbox.requests().len(), before);
    assert_eq!(read(&other, SERVICES).await.status, 200, "somebody else's limit is their own");
}

#[tokio::test]
async fn rf_03_a_pause_asked_of_one_replica_is_kept_by_all() {
    for setup in [Setup::default(), Setup::in_postgres().await] {
        let app = App::start_with(Setup { scopes: Some(EVERYTHING), ..setup }).await;
        let replica = app.replica().await;
        let (browser, _) = app.connected(BETHANY).await;
        let elsewhere = browser.twin().at(&replica);
        app.sandbox.fault(Fault::on("GET", "/services").status(429).header("ratelimit-reset", "30"));
        assert_eq!(read(&browser, SERVICES).await.status, 429);
        let before = app.sandbox.requests().len();
        let reply = read(&elsewhere, "/api/pagerduty/teams").await;
        assert_eq!((reply.status, code(&reply).as_str()), (429, "rate-limited"));
        assert_eq!(app.sandbox.requests().len(), before);
    }
}

/// Every fifth call fails at PagerDuty; nobody who reads notices. Each reader has a path of their own, so that no
/// call meets the failure that was meant for another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_01_a_fifth_of_a_thousand_calls_fail_and_nobody_sees_it() {
    const CALLS: usize = 250;
    let app = Arc::new(app_that_may().await);
    app.sandbox.set_switches(|s| s.rate_limit = u32::MAX);
    let (browser, _) = app.connected(BETHANY).await;
    let (browser, mut readers) = (Arc::new(browser), JoinSet::new());
    for path in ["/services", "/teams", "/incidents", "/users/me"] {
        let (app, browser) = (Arc::clone(&app), Arc::clone(&browser));
        readers.spawn(async move {
            for number in 0..CALLS {
                if number % 5 == 0 {
                    let status = [500, 502, 503, 504][number / 5 % 4];
                    app.sandbox.fault(Fault::on("GET", path).status(status));
                }
                let reply = read(&browser, &format!("/api/pagerduty{path}")).await;
                assert_eq!(reply.status, 200, "{path}, call {number}: {}", reply.body);
            }
            let failed =
                app.calls(path).iter().filter(|call| call.status.is_some_and(|it| it >= 500)).count();
            assert_eq!(failed, CALLS / 5, "{path}");
        });
    }
    readers.join_all().await;
}

/// Mutated bodies: an answer is JSON, or a 502 that says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_04_whatever_pagerduty_answers_there_is_no_failure_of_ours() {
    const BODIES: usize = 10_000;
    const READERS: usize = 8;
    let app = Arc::new(app_that_may().await);
    app.sandbox.set_switches(|s| s.rate_limit = u32::MAX);
    let (browser, _) = app.connected(BETHANY).await;
    let good = read(&browser, &format!("{SERVICES}?limit=2")).await.body.into_bytes();
    let mut runner = TestRunner::deterministic();
    let cuts = (0..good.len(), any::<u8>(), any::<bool>());
    let mut bodies: Vec<String> = Vec::new();
    for _ in 0..BODIES {
        let (at, byte, cut) = cuts.new_tree(&mut runner).unwrap().current();
        let mut body = good.clone();
        if cut {
            body.truncate(at);
        } else {
            body[at] = byte & 0x7f;
        }
        bodies.push(String::from_utf8_lossy(&body).into_owned());
    }
    let (browser, mut readers) = (Arc::new(browser), JoinSet::new());
    for share in bodies.chunks(BODIES / READERS) {
        let (app, browser, share) = (Arc::clone(&app), Arc::clone(&browser), share.to_vec());
        readers.spawn(async move {
            for (number, body) in share.iter().enumerate() {
                app.sandbox.fault(Fault::on("GET", "/services").status(200).body(body));
                // The list is read as a list for the page, and as any JSON for the route.
                let path = if number % 10 == 0 { "/services" } else { SERVICES };
                let reply = read(&browser, path).await;
                assert!(matches!(reply.status, 200 | 502), "{path} answered {} to {body}", reply.status);
            }
        });
    }
    readers.join_all().await;
}

#[tokio::test]
async fn rf_02_a_call_that_hangs_ends_and_others_go_on() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    app.sandbox.fault(Fault::on("GET", "/teams").delay(Duration::from_secs(3_600)).times(9));
    let slow = browser.twin();
    let hangs = tokio::spawn(async move { read(&slow, "/api/pagerduty/teams").await.status });
    for _ in 0..5 {
        assert_eq!(read(&browser, SERVICES).await.status, 200);
    }
    assert_eq!(hangs.await.unwrap(), 502);
}
