//! The headers that stand on every answer, whatever its status.

use http::Method;
use server::{Policy, Proxies, router};
use tower::ServiceExt;
use url::Url;

use crate::harness::{App, BETHANY, Reply, routes};

/// Answers of every kind and status: pages, redirects, refusals, files.
pub(super) async fn every_kind_of_answer(app: &App) -> Vec<(String, Reply)> {
    app.site_file("pkg/pdconnect.css", b"body{}");
    app.site_file("pkg/pdconnect.js", b"export default 1");
    app.site_file("pkg/pdconnect.wasm", b"\0asm");
    app.site_file("robots.txt", b"User-agent: *\n");
    app.site_file("favicon.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>");
    let (browser, _) = app.connected(BETHANY).await;
    let stranger = app.browser();
    let mut all = Vec::new();
    for path in routes::all().into_iter().chain(["/pkg/pdconnect.js".into(), "/pkg/pdconnect.wasm".into()]) {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE] {
            for (who, browser) in [("stranger", &stranger), ("connected", &browser)] {
                // Disconnecting would make a stranger of everyone after.
                if path == "/api/disconnect" && method == Method::POST && who == "connected" {
                    continue;
                }
                let request = browser.request(method.clone(), &path).header("sec-fetch-site", "same-origin");
                all.push((format!("{who} {method} {path}"), browser.send(request).await));
            }
        }
    }
    let refused = browser.request(Method::POST, "/api/disconnect").header("sec-fetch-site", "cross-site");
    all.push(("cross-site".into(), browser.send(refused).await));
    all.push(("bad callback".into(), stranger.get("/callback?state=x&code=y").await));
    let zipped = stranger
        .request(Method::POST, "/csp")
        .header("sec-fetch-site", "same-origin")
        .header("content-encoding", "gzip")
        .body("x");
    all.push(("compressed".into(), stranger.send(zipped).await));
    let large = stranger
        .request(Method::POST, "/csp")
        .header("sec-fetch-site", "same-origin")
        .body(vec![b'x'; 70_000]);
    all.push(("too large".into(), stranger.send(large).await));
    all.push(("too long".into(), stranger.get(&format!("/?{}", "x".repeat(9_000))).await));
    let elsewhere = b"GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    all.push(("misdirected".into(), app.raw(elsewhere).await));
    all.push(("disconnect".into(), browser.post("/api/disconnect", &[]).await));
    let seen: std::collections::BTreeSet<u16> = all.iter().map(|(_, reply)| reply.status).collect();
    for status in [200, 303, 400, 401, 403, 404, 405, 413, 414, 415, 421] {
        assert!(seen.contains(&status), "no answer with {status} among {seen:?}");
    }
    all
}

#[tokio::test]
async fn a_page_is_sent_whole_with_its_length_first() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    for path in ["/", "/welcome", "/services", "/how", "/nowhere"] {
        let page = browser.get(path).await;
        assert_eq!(page.header("content-length"), page.body.len().to_string(), "{path}");
    }
}

#[tokio::test]
async fn sr_49_sr_51_every_answer_carries_the_protective_headers() {
    let app = App::start().await;
    for (what, reply) in every_kind_of_answer(&app).await {
        let fixed = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        for (name, value) in fixed {
            assert_eq!(reply.header(name), value, "{what} ({}): {name}", reply.status);
            assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{what}: {name}");
        }
        for never in ["camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"] {
            assert!(reply.header("permissions-policy").contains(never), "{what}: {never}");
        }
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"), "{what}");
        let referrer = if what.contains("callback") { "strict-origin" } else { "same-origin" };
        assert_eq!(reply.header("referrer-policy"), referrer, "{what}");
        assert_eq!(reply.header("server"), "", "{what}");
        assert_eq!(reply.header("x-powered-by"), "", "{what}");
        assert_eq!(reply.request_id().len(), 16, "{what}");
    }
}

#[tokio::test]
async fn sr_54_every_body_says_what_it_is() {
    let app = App::start().await;
    for (what, reply) in every_kind_of_answer(&app).await {
        let kind = reply.header("content-type");
        assert!(!kind.is_empty(), "{what} ({}): no Content-Type", reply.status);
        let textual = kind.starts_with("text/") || kind.starts_with("application/json");
        assert!(!textual || kind.to_ascii_lowercase().contains("charset=utf-8"), "{what}: {kind}");
        if reply.body.trim_start().starts_with("<!DOCTYPE") {
            assert_eq!(kind, "text/html; charset=utf-8", "{what}");
        } else if !what.contains(" HEAD ") {
            assert!(!kind.starts_with("text/html"), "{what}: {kind}");
        }
    }
    let of = async |path: &str| app.browser().get(path).await.header("content-type").to_owned();
    assert_eq!(of("/pkg/pdconnect.wasm").await, "application/wasm");
    assert!(of("/pkg/pdconnect.js").await.starts_with("text/javascript"));
    assert!(of("/pkg/pdconnect.css").await.starts_with("text/css"));
    assert_eq!(of("/favicon.svg").await, "image/svg+xml");
}

#[tokio::test]
async fn sr_50_hsts_stands_on_https_deployments_and_nowhere_else() {
    let app = App::start().await;
    let identity = Url::parse(app.sandbox.identity_url()).unwrap();
    for (public, expected) in [
        ("https://connect.example.com", "max-age=31536000; includeSubDomains"),
        ("http://localhost:5000", ""),
    ] {
        let public = Url::parse(public).unwrap();
        let host = public.authority().to_owned();
        let router = router(app.state(), Policy::new(&public, &identity, Proxies::default()));
        for (path, host) in [("/", host.as_str()), ("/avatar", &host), ("/no/such", &host), ("/", "evil")] {
            // What a proxy says, or somebody who plays one, changes nothing.
            for proto in ["https", "http"] {
                let request = http::Request::get(path)
                    .header("host", host)
                    .header("x-forwarded-proto", proto)
                    .header("forwarded", format!("proto={proto}"))
                    .body(axum::body::Body::empty())
                    .unwrap();
                let response = router.clone().oneshot(request).await.unwrap();
                let hsts = response.headers().get("strict-transport-security");
                let hsts = hsts.map(|v| v.to_str().unwrap()).unwrap_or_default();
                assert_eq!(hsts, expected, "{public} {path} {proto}");
            }
        }
    }
}
