//! Security events, as an operator's tools read them.

use std::time::Duration;

use http::Method;
use pagerduty_sandbox::{Fault, Options};
use serde_json::Value;

use crate::harness::{
    App, BETHANY, DAY, on_refresh,
    program::{Place, browser},
};

/// A line of the log: every one is one JSON object with a time in UTC.
fn lines(log: &str) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    let all: Vec<Value> = log.lines().map(parse).collect();
    for line in &all {
        let time = line["timestamp"].as_str().unwrap_or_default();
        assert!(time.ends_with('Z') && time.contains('T'), "{line}");
        assert!(line["level"].is_string() && line["target"].is_string(), "{line}");
    }
    all
}

#[tokio::test]
async fn sr_105_every_security_event_is_a_json_line_with_its_request_and_time() {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    let mut expected: Vec<(&str, Option<&str>, String)> = Vec::new();

    let begun = person.post("/api/begin_connect", &[]).await;
    expected.push(("connect.begin", None, begun.request_id().to_owned()));
    let back = person.consent(&url::Url::parse(begun.location()).unwrap(), BETHANY).await;
    let done = person.callback(&back).await;
    expected.push(("connect.done", None, done.request_id().to_owned()));

    let stranger = browser(port);
    for (query, reason) in [("state=x&code=y&iss=z", "state-mismatch"), ("code=y", "malformed")] {
        let reply = stranger.callback(&format!("/callback?{query}")).await;
        expected.push(("connect.failed", Some(reason), reply.request_id().to_owned()));
    }
    let back = stranger.until_callback(BETHANY).await;
    sandbox.fault(Fault::on("POST", "/oauth/token").status(400).body("{\"error\":\"invalid_grant\"}"));
    let reply = stranger.callback(&back).await;
    expected.push(("connect.failed", Some("code-refused"), reply.request_id().to_owned()));

    let forged = person.request(Method::POST, "/api/disconnect").header("sec-fetch-site", "cross-site");
    expected.push(("sender.refused", None, person.send(forged).await.request_id().to_owned()));
    let misled =
        crate::harness::Browser::of(&format!("http://evil.example:{port}"), &format!("127.0.0.1:{port}"));
    expected.push(("host.refused", None, misled.get("/").await.request_id().to_owned()));
    let report = person.request(Method::POST, "/csp").header("sec-fetch-site", "same-origin");
    let report = person.send(report.body("{\"csp-report\":{}}")).await;
    expected.push(("csp.report", None, report.request_id().to_owned()));

    sandbox.fault(
        Fault::on("POST", "/oauth/revoke").status(400).body("{\"error\":\"invalid_client\"}").times(2),
    );
    let end = person.post("/api/disconnect", &[]).await;
    expected.push(("revoke.failed", None, end.request_id().to_owned()));
    expected.push(("connect.end", None, end.request_id().to_owned()));

    let (status, log) = running.terminate();
    assert!(status.success());
    let lines = lines(&log);
    for (event, reason, id) in expected {
        assert_eq!(id.len(), 16, "{event}");
        let found = lines.iter().find(|line| {
            line["event"] == event
                && line["span"]["id"] == id.as_str()
                && reason.is_none_or(|r| line["reason"] == r)
        });
        let found = found.unwrap_or_else(|| panic!("no {event} ({reason:?}) of request {id} in:\n{log}"));
        assert_eq!(found["target"], "security", "{event}");
    }
}

#[tokio::test]
async fn sr_105_what_was_altered_refused_or_limited_is_told_with_its_request() {
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    let too_many = |path| Fault::on("GET", path).status(429).header("ratelimit-reset", "1");
    app.sandbox.fault(too_many("/users/me"));
    browser.post("/api/check", &[]).await.assert_event("rate.limited", None);

    app.clock.advance(DAY);
    app.sandbox.fault(on_refresh().status(429).header("ratelimit-reset", "1").times(2));
    browser.post("/api/check", &[]).await.assert_event("rate.limited", None);

    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    // Ended at PagerDuty: the token is refused, and no refresh helps.
    app.clock.advance(Duration::from_secs(3_600));
    app.sandbox.revoke_all_of(BETHANY);
    let over = browser.post("/api/check", &[]).await;
    over.assert_event("token.refused", None);
    over.assert_event("connection.over", Some("revoked"));

    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    app.execute("UPDATE connection SET about_sealed = x''").await;
    let altered = browser.get("/welcome").await;
    let line = altered.log().into_iter().find(|line| line["event"] == "vault.refused").unwrap();
    assert_eq!((&line["target"], &line["level"]), (&"security".into(), &"ERROR".into()));
}

#[tokio::test]
async fn sr_66_one_event_is_one_line_whatever_a_request_holds() {
    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let stranger = browser(port);
    for i in 0..50 {
        let request = stranger
            .request(Method::GET, &format!("/%0d%0a%7b{i}%7d?x=%0a"))
            .header("user-agent", http::HeaderValue::from_bytes(b"\x80\xff\tforged \\n {\"a\":1}").unwrap());
        assert_eq!(stranger.send(request).await.status, 404);
    }
    let (_, log) = running.terminate();
    assert!(log.bytes().all(|b| b == b'\n' || !b.is_ascii_control()), "a raw control character");
    let requests = lines(&log).into_iter().filter(|line| line["event"] == "request").count();
    assert_eq!(requests, 50);
    assert_eq!(log.lines().count(), log.matches("\"timestamp\"").count());
}
