//! Requests that other sites make browsers send, and methods nobody needs.

use http::Method;

use crate::harness::{App, BETHANY, routes};

mod origins;

/// The four kinds of body a form or a script of another site can send.
const BODIES: [(&str, &str); 4] = [
    ("application/x-www-form-urlencoded", "return_to=%2Fwelcome"),
    ("text/plain", "return_to=/welcome"),
    (
        "multipart/form-data; boundary=b",
        "--b\r\ncontent-disposition: form-data; name=\"return_to\"\r\n\r\n/\r\n--b--\r\n",
    ),
    ("application/json", "{\"return_to\":\"/welcome\"}"),
];

#[tokio::test]
async fn sr_35_no_server_function_answers_to_a_safe_method() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    app.sandbox.reset();
    let before = (app.rows("attempt").await, app.rows("session").await, app.rows("connection").await);
    for path in routes::functions() {
        for method in [Method::GET, Method::HEAD] {
            for query in ["", "?return_to=%2Fwelcome", "?path=%2Fcallback"] {
                let reply = browser.send(browser.request(method.clone(), &format!("{path}{query}"))).await;
                assert!(matches!(reply.status, 404 | 405), "{method} {path}{query}: {}", reply.status);
                assert!(reply.cookies().is_empty(), "{method} {path}");
            }
        }
    }
    let after = (app.rows("attempt").await, app.rows("session").await, app.rows("connection").await);
    assert_eq!(before, after);
    assert!(app.sandbox.requests().is_empty(), "PagerDuty was called");
}

#[tokio::test]
async fn sr_35_opening_pages_changes_nothing() {
    let app = App::start().await;
    let (browser, session) = app.connected(BETHANY).await;
    app.sandbox.reset();
    for path in routes::all() {
        for method in [Method::GET, Method::HEAD] {
            browser.send(browser.request(method, &path).header("sec-fetch-site", "cross-site")).await;
        }
    }
    let writes = app.sandbox.requests().iter().filter(|r| r.method != "GET").count();
    assert_eq!(writes, 0, "PagerDuty was told something");
    assert_eq!(browser.session().as_deref(), Some(session.as_str()));
    assert!(browser.is_greeted("Bethany Developer").await);
    assert_eq!(app.rows("attempt").await, 1, "the one that connected");
}

#[tokio::test]
async fn sr_37_no_answer_leads_to_another_origin() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let authorize = format!("{}/oauth/authorize?", app.sandbox.identity_url());
    let hostile = ["https://evil.example/", "//evil.example", "http://localhost.evil.example/?__path=/api/x"];
    let mut redirects = 0;
    // Disconnecting comes last, so that every other answer is one to a connected person.
    let mut paths = routes::all();
    paths.sort_by_key(|path| path == "/api/disconnect");
    for (path, referer) in paths.iter().flat_map(|p| hostile.map(|h| (p, h))) {
        for (kind, body) in BODIES.into_iter().chain([("application/x-www-form-urlencoded", "%%%=&&path")]) {
            for method in [Method::GET, Method::POST] {
                let request = browser
                    .request(method.clone(), path)
                    .header("accept", "text/html")
                    .header("referer", referer)
                    .header("sec-fetch-site", "same-origin")
                    .header("content-type", kind)
                    .body(if method == Method::POST { body } else { "" });
                let reply = browser.send(request).await;
                let to = reply.location();
                let stays = to.is_empty()
                    || to.starts_with(&authorize)
                    || (to.starts_with('/') && !to.starts_with("//"));
                assert!(stays, "{method} {path} with Referer {referer}: {to}");
                assert!(!reply.header("serverfnredirect").contains("evil"));
                assert!(!to.contains("evil"), "{method} {path}: {to}");
                redirects += usize::from(!to.is_empty());
            }
        }
    }
    assert!(redirects > 10, "{redirects}: this test must see redirects");
}

#[tokio::test]
async fn sr_39_no_answer_opens_itself_to_other_origins() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    for path in routes::all() {
        for method in [Method::OPTIONS, Method::GET, Method::POST] {
            let request = browser
                .request(method.clone(), &path)
                .header("origin", "https://evil.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type")
                .header("access-control-request-private-network", "true");
            let reply = browser.send(request).await;
            let opened: Vec<_> =
                reply.headers.keys().filter(|n| n.as_str().starts_with("access-control-")).collect();
            assert!(opened.is_empty(), "{method} {path}: {opened:?}");
            if method == Method::OPTIONS {
                assert_eq!(reply.status, 405, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn sr_40_methods_nobody_needs_are_refused_and_reveal_nothing() {
    let app = App::start().await;
    let (browser, session) = app.connected(BETHANY).await;
    for path in routes::all() {
        for method in
            ["TRACE", "TRACK", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND", "MKCOL", "get", "post", "X-Y"]
        {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = browser
                .request(method.clone(), &path)
                .header("x-canary", "Canary-1")
                .header("sec-fetch-site", "same-origin");
            let reply = browser.send(request).await;
            // Other programs end connections by it, with a key.
            let is_used = method == Method::DELETE && path.starts_with("/v1/identities");
            let refused = if is_used { reply.status == 401 } else { matches!(reply.status, 405 | 501) };
            assert!(refused, "{method} {path}: {}", reply.status);
            assert!(!reply.body.contains("Canary-1") && !reply.body.contains(&session), "{method} {path}");
            // RFC 9110 §15.5.6 wants the list; it names what anybody could guess.
            let named = reply.header("allow").split(',').filter(|m| !m.is_empty());
            assert!(
                named.into_iter().all(|m| ["GET", "HEAD", "POST", "DELETE"].contains(&m)),
                "{method} {path}"
            );
        }
    }
    let connect = format!("CONNECT {0} HTTP/1.1\r\nhost: {0}\r\nconnection: close\r\n\r\n", app.authority);
    let reply = app.raw(connect.as_bytes()).await;
    assert!(matches!(reply.status, 405 | 501), "CONNECT: {}", reply.status);
    // Nor does a header make one method of another.
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let request = browser.request(Method::GET, "/api/disconnect?_method=POST").header(name, "POST");
        assert_eq!(browser.send(request).await.status, 405, "{name}");
    }
    assert!(browser.is_greeted("Bethany Developer").await);
}
