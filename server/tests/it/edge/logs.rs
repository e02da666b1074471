//! What the log holds, and what never gets into it.

use pagerduty_sandbox::Fault;
use serde_json::json;

use super::names::pretend;
use crate::harness::{App, BETHANY, log_lines, routes};

#[tokio::test]
async fn sr_52_codes_and_states_are_in_no_log_no_answer_and_no_referrer() {
    let app = App::start().await;
    for outcome in ["good", "again", "refused", "elsewhere"] {
        let browser = app.browser();
        let back = browser.until_callback(BETHANY).await;
        if outcome == "refused" {
            app.sandbox
                .fault(Fault::on("POST", "/oauth/token").status(400).body("{\"error\":\"invalid_grant\"}"));
        }
        if outcome == "elsewhere" {
            browser.forget_cookies();
        }
        let mut reply = browser.callback(&back).await;
        if outcome == "again" {
            browser.forget_cookies();
            reply = browser.callback(&back).await;
        }
        assert_eq!(reply.header("referrer-policy"), "strict-origin", "{outcome}");
        assert_eq!(reply.header("cache-control"), "no-store", "{outcome}");
        let query = back.split_once('?').unwrap().1;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name != "code" && name != "state" {
                continue;
            }
            let value = &*value;
            assert!(!reply.body.contains(value), "{outcome}: {name} is in the page");
            assert!(!format!("{:?}", reply.headers).contains(value), "{outcome}: {name} is in a header");
            for id in [reply.request_id(), ""] {
                assert!(!format!("{:?}", log_lines(id)).contains(value), "{outcome}: {name} is in the log");
            }
        }
        let line = reply.log().into_iter().find(|line| line["event"] == "request").unwrap();
        assert_eq!(line["path"], "/callback", "the path alone is logged");
    }
}

#[tokio::test]
async fn sr_52_no_query_is_ever_logged() {
    let app = App::start().await;
    for path in routes::all() {
        let reply = app.browser().get(&format!("{path}?token=CANARY-QUERY&%43ANARY")).await;
        assert!(!format!("{:?}", reply.log()).contains("CANARY"), "{path}");
    }
}

#[tokio::test]
async fn sr_66_control_characters_reach_no_header_and_no_log_as_they_are() {
    let app = App::start().await;
    let own = &app.authority;
    for path in [
        "/%0d%0a{\"event\":\"forged\"}",
        "/%0d%0aSet-Cookie:%20a=b",
        "/%00%1b%5b31m",
        "/a%e2%80%a8b",
        "/\u{7f}",
        "/\u{80}\u{ff}",
        "/callback?state=%0d%0aX-Forged:1&code=%00",
        "/callback?error=%0d%0aX-Forged:1&error_description=%1b[2J&state=x",
    ] {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {own}\r\nuser-agent: \u{1b}[31m\tforged\r\nconnection: close\r\n\r\n"
        );
        let reply = app.raw(head.as_bytes()).await;
        assert!((400..500).contains(&reply.status), "{path:?}: {}", reply.status);
        assert!(!reply.headers.contains_key("x-forged") && reply.cookies().is_empty(), "{path:?}");
        for line in reply.log() {
            assert_ne!(line["event"], "forged");
            assert!(!line.to_string().contains("u001b"), "{line}");
        }
    }
}

#[tokio::test]
async fn sr_66_what_pagerduty_says_is_one_line_of_the_log_at_most() {
    let app = App::start().await;
    let hostile = "x\r\n{\"event\":\"forged\"}\u{1b}[2J\u{0}";
    let answers = [
        Fault::on("POST", "/oauth/token")
            .status(400)
            .body(&json!({ "error": hostile, "error_description": hostile }).to_string()),
        Fault::on("POST", "/oauth/token")
            .status(503)
            .body(&json!({ "error": { "message": hostile } }).to_string()),
        Fault::on("GET", "/users/me")
            .status(400)
            .body(&json!({ "error": { "message": hostile } }).to_string()),
        Fault::on("GET", "/users/me").status(200).body(hostile),
    ];
    for answer in answers {
        app.sandbox.fault(answer);
        let reply = app.browser().connect_as(BETHANY).await;
        assert!((400..=503).contains(&reply.status), "{}", reply.status);
        for line in reply.log() {
            let text = line.to_string();
            assert!(
                !text.contains("\\u001b") && !text.contains("\\r") && !text.contains("\\u0000"),
                "{text}"
            );
        }
        assert!(!reply.body.contains('\u{1b}'), "{}", reply.body);
    }
    pretend(&app.sandbox, json!({ "name": hostile }));
    let (browser, _) = app.connected(BETHANY).await;
    for path in ["/", "/welcome", "/how", "/avatar"] {
        let reply = browser.get(path).await;
        assert!(!format!("{:?}", reply.log()).contains("forged"), "{path}");
        assert!(!reply.headers.contains_key("event"));
    }
}
