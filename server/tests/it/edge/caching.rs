//! What may be kept by a browser or a proxy, and what never.

use http::Method;

use super::headers::every_kind_of_answer;
use crate::harness::{App, BETHANY};

const FOR_EVER: &str = "public, max-age=31536000, immutable";

#[tokio::test]
async fn sr_53_nothing_dynamic_is_ever_kept() {
    let app = App::start().await;
    for (what, reply) in every_kind_of_answer(&app).await {
        let built = what.contains(" /pkg/") && reply.status == 200;
        let expected = if built { FOR_EVER } else { "no-store" };
        assert_eq!(reply.header("cache-control"), expected, "{what} ({})", reply.status);
    }
}

#[tokio::test]
async fn sr_53_a_private_page_under_a_name_that_looks_like_a_file_does_not_exist() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    for path in [
        "/welcome/x.css",
        "/welcome;.js",
        "/welcome;x.css",
        "/welcome.css",
        "/welcome%2fx.css",
        "/welcome%2f.css",
        "/welcome%3f.css",
        "/welcome%23.css",
        "/welcome%00.css",
        "/welcome%0a.css",
        "/how/a/b/c.png",
        "/avatar/x.png",
        "/avatar.png",
        "/pkg/nope.css",
        "/pkg/../welcome",
        "/pkg/..%2fwelcome",
        "/pkg/%2e%2e/welcome",
        "/pkg/",
        "/pkg",
        "/api/account/x.css",
        "/api/account;.js",
    ] {
        for raw in [false, true] {
            // Once as a client that tidies paths sends it, once byte by byte.
            let cookie = format!("__Host-pdc_s={}", browser.session().unwrap());
            let reply = if raw {
                let head = format!(
                    "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n",
                    app.authority
                );
                app.raw(head.as_bytes()).await
            } else if path.contains("..") || path.contains("%2e") {
                continue;
            } else {
                browser.get(path).await
            };
            assert_eq!(reply.status, 404, "{path} (raw: {raw}): {}", reply.body);
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn sr_53_built_files_are_kept_for_ever_and_come_compressed() {
    let app = App::start().await;
    app.site_file("pkg/pdconnect.0123.wasm", b"\0asm plain");
    app.site_file("pkg/pdconnect.0123.wasm.br", b"brotli bytes");
    let browser = app.browser();
    let plain = browser.get("/pkg/pdconnect.0123.wasm").await;
    assert_eq!((plain.status, plain.body.as_str()), (200, "\0asm plain"));
    assert_eq!(plain.header("content-type"), "application/wasm");
    assert_eq!(plain.header("cache-control"), FOR_EVER);
    assert_eq!(plain.header("content-encoding"), "");

    let request = browser.request(Method::GET, "/pkg/pdconnect.0123.wasm");
    let small = browser.send(request.header("accept-encoding", "gzip, br")).await;
    assert_eq!((small.status, small.body.as_str()), (200, "brotli bytes"));
    assert_eq!(small.header("content-encoding"), "br");
    assert_eq!(small.header("content-type"), "application/wasm");
    assert_eq!(small.header("cache-control"), FOR_EVER);
    assert!(small.header("vary").to_ascii_lowercase().contains("accept-encoding"), "{small:?}");

    // A copy that is still good is still kept.
    for (kept, coding, status) in [
        (plain.header("etag"), "identity", 304),
        (&format!("\"other\", W/{}", small.header("etag")), "br", 304),
        // Of these bytes, and not of those that are compressed otherwise.
        (small.header("etag"), "identity", 200),
        (plain.header("etag"), "br", 200),
        ("\"other\"", "br", 200),
    ] {
        let request = browser.request(Method::GET, "/pkg/pdconnect.0123.wasm");
        let request = request.header("accept-encoding", coding).header("if-none-match", kept);
        let reply = browser.send(request).await;
        assert_eq!((reply.status, reply.header("cache-control")), (status, FOR_EVER), "{kept} {coding}");
        assert_eq!(reply.header("content-type"), "application/wasm", "{kept}");
        assert_eq!(reply.body.is_empty(), status == 304, "{kept}");
    }

    for (asked, coding) in [
        ("gzip", ""),
        ("br;q=0", ""),
        ("identity, br; q=0.0", ""),
        ("deflate,BR ; q=0.1", "br"),
        ("x-br, brotli", ""),
    ] {
        let request = browser.request(Method::GET, "/pkg/pdconnect.0123.wasm");
        let reply = browser.send(request.header("accept-encoding", asked)).await;
        assert_eq!((reply.status, reply.header("content-encoding")), (200, coding), "{asked}");
    }
    let head = browser.send(browser.request(Method::HEAD, "/pkg/pdconnect.0123.wasm")).await;
    assert_eq!((head.status, head.header("content-length"), head.body.as_str()), (200, "10", ""));
}

#[tokio::test]
async fn sr_53_files_outside_the_built_site_are_out_of_reach() {
    let app = App::start().await;
    app.site_file("pkg/pdconnect.css", b"body{}");
    for path in [
        "/pkg/../../vault.key",
        "/pkg/..%2f..%2fvault.key",
        "/pkg/%2e%2e/%2e%2e/vault.key",
        "/pkg/..\\..\\vault.key",
        "/pkg/..%5c..%5cvault.key",
        "/pkg//etc/passwd",
        "/pkg/%2fetc%2fpasswd",
        "/pkg/pdconnect.css/../../../pdconnect.db",
        "/pkg/%252e%252e/vault.key",
        "/pkg/pdconnect.css%00",
        &format!("/pkg/{}", "x".repeat(300)),
        &format!("/pkg/{}", "x/".repeat(3_000)),
        "/../vault.key",
        "/vault.key",
        "/pdconnect.db",
    ] {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", app.authority);
        let reply = app.raw(head.as_bytes()).await;
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
        assert!(!reply.body.contains("SQLite") && !reply.body.contains("root:"), "{path}");
    }
}
