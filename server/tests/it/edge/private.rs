//! Who may see what is decided on the route that matched, and nothing else.

use http::Method;

use crate::harness::{App, BETHANY};

/// What only the connected person may see.
const PRIVATE: [&str; 5] = ["/welcome", "/how", "/avatar", "/api/how_it_worked", "/api/account"];

/// Other ways to write a path.
fn variants(path: &str) -> Vec<String> {
    let name = path.trim_start_matches('/');
    let (first, rest) = name.split_at(1);
    let hex = format!("%{:02x}", first.as_bytes()[0]);
    let twice = format!("%25{:02x}", first.as_bytes()[0]);
    vec![
        path.to_owned(),
        path.to_uppercase(),
        format!("/{}{rest}", first.to_uppercase()),
        format!("{path}/"),
        format!("{path}//"),
        format!("/{path}"),
        format!("//{path}"),
        format!("/./{name}"),
        format!("/x/../{name}"),
        format!("/pkg/../{name}"),
        format!("/disconnected/..{path}"),
        format!("{path}/."),
        format!("{path}/.."),
        format!("{path}/x/.."),
        format!("{path}."),
        format!("{path}%20"),
        format!("{path}%00"),
        format!("{path}%09"),
        format!("{path}%2f"),
        format!("{path}%2e"),
        format!("{path}%3f"),
        format!("{path}%23"),
        format!("{path};"),
        format!("{path};a=b"),
        format!("{path}?"),
        format!("{path}?user=PACME01/PBETH01"),
        format!("{path}?session=1&admin=true"),
        format!("{path}?path=%2F"),
        format!("{path}.json"),
        format!("{path}.html"),
        format!("{path}.css"),
        format!("{path}\\"),
        format!("/\\{name}"),
        format!("/{hex}{rest}"),
        format!("/{twice}{rest}"),
        format!("/%2f{name}"),
        format!("/%2e/{name}"),
        format!("/%2e%2e/{name}"),
        format!("/%5c{name}"),
        format!("/{name}\u{fe0e}"),
        format!("{path}#x"),
        format!("/callback/..{path}"),
        format!("/api/..{path}"),
    ]
}

const OVERRIDES: [&str; 9] = [
    "x-http-method-override: GET",
    "x-original-url: /",
    "x-rewrite-url: /",
    "x-forwarded-user: bethany@acme.example",
    "x-remote-user: bethany@acme.example",
    "authorization: Bearer pdus+whatever",
    "x-forwarded-for: 127.0.0.1",
    "user-agent: Googlebot/2.1",
    "cookie: __Host-pdc_s=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; user=PACME01/PBETH01",
];

fn assert_private(what: &str, status: u16, body: &str) {
    // The way back that the form offers is what the asker asked for, and no more.
    let body =
        body.split("name=\"return_to\"").map(|part| part.split_once('>').map_or(part, |(_, rest)| rest));
    let body = &body.collect::<String>();
    assert!(
        matches!(status, 400 | 401 | 403 | 404 | 405 | 421) || body.contains("Connect to PagerDuty, and see"),
        "{what}: {status}"
    );
    for secret in
        ["bethany@", "Bethany", "PBETH01", "PACME01", "Principal Developer", "PNG\r\n", "client_id="]
    {
        assert!(!body.contains(secret), "{what}: {secret} is shown");
    }
}

#[tokio::test]
async fn sr_68_without_a_session_nothing_private_is_shown_however_it_is_asked_for() {
    let app = App::start().await;
    app.connected(BETHANY).await;
    let mut tried = 0;
    for path in PRIVATE {
        assert!(variants(path).len() >= 40);
        for target in variants(path) {
            for method in [Method::GET, Method::POST, Method::HEAD] {
                let head = format!(
                    "{method} {target} HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: same-origin\r\n\
                     content-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n\
                     connection: close\r\n\r\n",
                    app.authority
                );
                let reply = app.raw(head.as_bytes()).await;
                let what = format!("{method} {target}");
                let empty_account = target.contains("/api/account") && reply.body == "null";
                let empty = empty_account || (method == Method::HEAD && reply.body.is_empty());
                if !empty {
                    assert_private(&what, reply.status, &reply.body);
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 600, "{tried}");
}

#[tokio::test]
async fn sr_68_no_header_stands_in_for_a_session() {
    let app = App::start().await;
    app.connected(BETHANY).await;
    for path in PRIVATE {
        for header in OVERRIDES {
            for method in ["GET", "POST"] {
                let head = format!(
                    "{method} {path} HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: same-origin\r\n{header}\r\n\
                     content-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n\
                     connection: close\r\n\r\n",
                    app.authority
                );
                let reply = app.raw(head.as_bytes()).await;
                if !(path == "/api/account" && reply.body == "null") {
                    assert_private(&format!("{method} {path} {header}"), reply.status, &reply.body);
                }
            }
        }
    }
}

#[tokio::test]
async fn sr_68_the_page_function_shows_strangers_nothing_for_any_path() {
    let app = App::start().await;
    app.connected(BETHANY).await;
    for path in
        ["/welcome", "/how", "/how/", "//how", "/callback", "", "/HOW", "/avatar", "https://evil.example/how"]
    {
        let browser = app.browser();
        let request = browser.form("/api/page", &[("path", path)]).header("accept", "application/json");
        let reply = browser.send(request).await;
        assert!(reply.status < 500, "{path}: {}", reply.status);
        for secret in ["bethany@", "Bethany", "PBETH01", "PACME01"] {
            assert!(!reply.body.contains(secret), "{path}: {}", reply.body);
        }
    }
    assert_eq!(app.token_calls(), 1, "the function ended a flow that it was not asked to");
}
