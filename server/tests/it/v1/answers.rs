//! Every answer is JSON, and one that the description has.

use super::*;

/// What the description of an operation says of an answer.
async fn is_described(app: &App, method: &str, path: &str, status: u16) -> bool {
    let browser = app.browser();
    let all: Value = serde_json::from_str(&browser.get("/v1/openapi.json").await.body).unwrap();
    let described = &all["paths"][path][method.to_lowercase()]["responses"][status.to_string()];
    let described = match described["$ref"].as_str() {
        Some(to) => all.pointer(to.trim_start_matches('#')).unwrap(),
        None => described,
    };
    described["content"]["application/json"].is_object()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_before_it_is_looked_at_is_told_in_json_as_described() {
    let app = App::start().await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    let (one, links, list) = ("/v1/identities/{user}", "/v1/links", "/v1/identities");
    let ask = |method: Method, path: &str| client.browser.request(method, path).bearer_auth(&client.key);
    let long = format!("/v1/identities?account={}", "x".repeat(9 << 10));
    let large = || vec![b' '; 70 << 10];
    for (path, request, status, word) in [
        (one, ask(Method::GET, "/v1/identities/%ff"), 400, "bad-request"),
        (one, ask(Method::DELETE, "/v1/identities/%ff"), 400, "bad-request"),
        (links, ask(Method::POST, links).header("origin", "https://evil.example"), 403, "foreign-page"),
        (list, ask(Method::DELETE, list).header("origin", "https://evil.example"), 403, "foreign-page"),
        (one, ask(Method::DELETE, "/v1/identities/x").body(large()), 413, "too-large"),
        (list, ask(Method::GET, list).body(large()), 413, "too-large"),
        (links, ask(Method::POST, links).body(large()), 413, "too-large"),
        (list, ask(Method::GET, &long), 414, "address-too-long"),
        (links, ask(Method::POST, links).header("content-encoding", "gzip"), 415, "compressed"),
        ("/v1/openapi.json", ask(Method::GET, "/v1/openapi.json").body(large()), 413, "too-large"),
    ] {
        let sent = request.build().unwrap();
        let asked = format!("{} {}", sent.method(), sent.url().path());
        let method = sent.method().to_string();
        let reply = client.browser.send(reqwest::RequestBuilder::from_parts(http(), sent)).await;
        assert_eq!(reply.header("content-type"), "application/json; charset=utf-8", "{asked}");
        assert_eq!((reply.status, &*code(&reply)), (status, word), "{asked}");
        assert!(is_described(&app, &method, path, status).await, "{asked}: {status}");
    }
    for (path, status, word) in
        [("/v1", 404, "unknown-path"), ("/v1/", 404, "unknown-path"), (list, 405, "unknown-method")]
    {
        let reply = client.browser.send(ask(Method::PUT, path)).await;
        assert_eq!((reply.status, &*code(&reply)), (405, "unknown-method"), "{path}");
        let method = if status == 405 { Method::POST } else { Method::GET };
        let reply = client.browser.send(ask(method, path)).await;
        assert_eq!((reply.status, &*code(&reply)), (status, word), "{path}");
    }
    let elsewhere = format!(
        "GET /v1/identities HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        client.key
    );
    let reply = app.raw(elsewhere.as_bytes()).await;
    assert_eq!((reply.status, &*code(&reply)), (421, "unknown-host"));
    // People are still told in words.
    let page = app.raw(elsewhere.replace("/v1/identities", "/v1s").as_bytes()).await;
    assert_eq!((page.status, page.header("content-type")), (421, "text/plain; charset=utf-8"));
    for status in [400, 408, 413, 414, 415, 421, 500] {
        for (method, path) in [
            ("GET", list),
            ("DELETE", list),
            ("GET", one),
            ("DELETE", one),
            ("POST", links),
            ("GET", "/v1/openapi.json"),
        ] {
            assert!(is_described(&app, method, path, status).await, "{method} {path}: {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_pagerduty_does_not_know_is_told_by_name() {
    let app = App::start().await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    let asked = async |scope: &str| {
        let body = json!({ "user": "alice", "return_to": HOST, "scope": scope });
        client.ask(Method::POST, "/v1/links", Some(body)).await
    };
    for (scope, unknown) in [
        ("incidnets.read", "incidnets.read"),
        ("incidents.read everything.write openid read", "everything.write read"),
    ] {
        let reply = asked(scope).await;
        assert_eq!((reply.status, &*code(&reply)), (400, "unknown-scope"), "{scope}");
        assert!(reply.body.contains(&format!(": {unknown}\"")), "{}", reply.body);
    }
    for scope in ["", "openid", "incidents.read users:contact_methods.read", "openid users.read"] {
        assert_eq!(asked(scope).await.status, 201, "{scope}");
    }
}
