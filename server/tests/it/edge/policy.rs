//! Content Security Policy.

use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};

use super::headers::every_kind_of_answer;
use crate::harness::{App, BETHANY};

const INERT: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

fn nonce_of(policy: &str) -> &str {
    policy.split_once("'nonce-").expect("a nonce").1.split('\'').next().unwrap()
}

/// Development builds reload themselves over a WebSocket; releases do not.
fn page_policy(nonce: &str, identity: &str) -> String {
    let reload = if cfg!(debug_assertions) { " ws://127.0.0.1:5005 ws://localhost:5005" } else { "" };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; \
         manifest-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self' {identity}; \
         frame-ancestors 'none'; report-uri /csp"
    )
}

/// Of a policy that allows no script.
fn nonce_of_style(policy: &str) -> &str {
    assert!(!policy.contains("script"), "{policy}");
    policy.split_once("'nonce-").unwrap().1.split('\'').next().unwrap()
}

#[tokio::test]
async fn sr_45_pages_have_their_policy_and_everything_else_a_stricter_one() {
    let app = App::start().await;
    let (mut pages, mut rest) = (HashSet::new(), HashSet::new());
    for (what, reply) in every_kind_of_answer(&app).await {
        let policies: Vec<_> = reply.headers.get_all("content-security-policy").iter().collect();
        assert_eq!(policies.len(), 1, "{what}: {policies:?}");
        let policy = reply.header("content-security-policy");
        let is_page = reply.header("content-type").starts_with("text/html");
        if is_page && what.contains(" /link") {
            // The library's own, which needs no script and no file.
            let (nonce, identity) = (nonce_of_style(policy), app.sandbox.identity_url());
            let own = "default-src 'none'; style-src 'nonce-";
            let own = format!(
                "{own}{nonce}'; form-action 'self' {identity}; base-uri 'none'; frame-ancestors 'none'"
            );
            assert_eq!(policy, own, "{what}");
        } else if is_page {
            assert_eq!(policy, page_policy(nonce_of(policy), app.sandbox.identity_url()), "{what}");
            pages.insert(reply.status);
        } else if reply.status == 303 && policy != INERT {
            // A page that turned into a redirect on the way.
            assert_eq!(policy, page_policy(nonce_of(policy), app.sandbox.identity_url()), "{what}");
        } else {
            assert_eq!(policy, INERT, "{what} ({})", reply.status);
            rest.insert(reply.status);
        }
    }
    for status in [200, 400, 401, 404] {
        assert!(pages.contains(&status), "no page with {status} among {pages:?}");
    }
    for status in [200, 403, 404, 405, 413, 414, 415, 421] {
        assert!(rest.contains(&status), "nothing else with {status} among {rest:?}");
    }
}

#[tokio::test]
async fn sr_46_every_page_has_a_nonce_of_its_own() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let mut seen = HashSet::new();
    for path in ["/", "/welcome", "/how", "/callback?state=x", "/disconnected", "/nowhere"].repeat(50) {
        let reply = browser.get(path).await;
        let nonce = nonce_of(reply.header("content-security-policy")).to_owned();
        let bytes = STANDARD.decode(&nonce).or_else(|_| URL_SAFE_NO_PAD.decode(&nonce)).unwrap();
        assert!(bytes.len() >= 16, "{nonce} holds fewer than 128 bits");
        let everywhere = reply.body.matches(&nonce).count();
        let in_place = reply.body.matches(&format!(" nonce=\"{nonce}\"")).count();
        assert!(in_place > 0, "{path}: no script carries the nonce");
        assert_eq!(everywhere, in_place, "{path}: the nonce stands outside of nonce attributes");
        assert!(seen.insert(nonce), "{path}: a nonce came twice");
    }
    // A nonce that an answer took from its request would be no secret.
    let chosen = browser.navigation("/?nonce=AAAA", "none").header("x-nonce", "AAAA");
    assert!(!browser.send(chosen).await.body.contains("AAAA"));
}

#[tokio::test]
async fn sr_45_every_script_on_a_page_carries_the_nonce_and_nothing_acts_inline() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    for path in ["/", "/welcome", "/how", "/callback?state=x", "/nowhere"] {
        let body = browser.get(path).await.body;
        for tag in body.match_indices("<script").map(|(at, _)| body[at..].split('>').next().unwrap()) {
            assert!(tag.contains(" nonce=\""), "{path}: {tag}");
        }
        for inline in [" onload=", " onerror=", " onclick=", " onsubmit=", " style=", "javascript:"] {
            assert!(!body.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn sr_45_a_policy_report_is_one_line_of_the_log_without_queries() {
    let app = App::start().await;
    let report = |uri: &str| {
        serde_json::json!({ "csp-report": {
            "document-uri": format!("{}/callback?code=CANARY-CODE", app.url),
            "effective-directive": "script-src\r\n{\"event\":\"forged\"}",
            "blocked-uri": uri,
        }})
        .to_string()
    };
    let browser = app.browser();
    for uri in ["https://evil.example/x.js?code=CANARY-CODE#CANARY", "inline", &"x".repeat(5_000)] {
        let request = browser.request(http::Method::POST, "/csp");
        let reply =
            browser.send(request.header("content-type", "application/csp-report").body(report(uri))).await;
        assert_eq!(reply.status, 204);
        reply.assert_event("csp.report", None);
        let logged = format!("{:?}", reply.log());
        assert!(!logged.contains("CANARY") && !logged.contains("\\r") && logged.len() < 3_000, "{logged}");
    }
    for body in ["", "{}", "[]", "{\"csp-report\":1}", "\u{feff}{", &"[".repeat(60_000)] {
        let request = browser.request(http::Method::POST, "/csp").body(body.to_owned());
        assert_eq!(browser.send(request).await.status, 400);
    }
}
