//! Sizes, to the byte.

use http::Method;

use crate::harness::{App, Reply};

const BODY: usize = 64 << 10;

fn get(app: &App, target: &str, lines: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{lines}\r\n", app.authority)
        .into_bytes()
}

#[tokio::test]
async fn sr_86_an_address_may_have_8_kib() {
    let app = App::start().await;
    let target = |len: usize| format!("/favicon.svg?{}", "x".repeat(len - "/favicon.svg?".len()));
    assert_eq!(app.raw(&get(&app, &target(8 << 10), "")).await.status, 404);
    assert_eq!(app.raw(&get(&app, &target((8 << 10) + 1), "")).await.status, 414);
    // Beyond what is read for headers at all, the parser answers.
    for len in [20 << 10, 70 << 10] {
        let reply = app.raw(&get(&app, &target(len), "")).await;
        assert!(matches!(reply.status, 0 | 414 | 431), "{}", reply.status);
    }
}

#[tokio::test]
async fn sr_86_headers_may_be_64_and_16_kib() {
    let app = App::start().await;
    // Two of the 64 are `Host` and `Connection`.
    let many = |n: usize| (0..n).map(|i| format!("x-{i}: 1\r\n")).collect::<String>();
    assert_eq!(app.raw(&get(&app, "/robots.txt", &many(62))).await.status, 404);
    assert_eq!(app.raw(&get(&app, "/robots.txt", &many(63))).await.status, 431);
    let large = |n: usize| format!("x-large: {}\r\n", "x".repeat(n));
    assert_eq!(app.raw(&get(&app, "/robots.txt", &large(15 << 10))).await.status, 404);
    for n in [16 << 10, 64 << 10] {
        let status = app.raw(&get(&app, "/robots.txt", &large(n))).await.status;
        // The connection may be gone before the last byte is sent.
        assert!(matches!(status, 0 | 431), "{n}: {status}");
    }
}

/// A form of exactly this many bytes.
fn form(len: usize) -> Vec<u8> {
    let mut body = b"return_to=%2Fwelcome&x=".to_vec();
    body.resize(len, b'y');
    body
}

async fn post(app: &App, body: Vec<u8>, chunked: bool) -> Reply {
    let mut bytes = format!(
        "POST /api/begin_connect HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: same-origin\r\naccept: text/html\r\n\
         content-type: application/x-www-form-urlencoded\r\nconnection: close\r\n",
        app.authority
    )
    .into_bytes();
    if chunked {
        bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
        for chunk in body.chunks(1_000) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
    } else {
        bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
        bytes.extend(body);
    }
    app.raw(&bytes).await
}

#[tokio::test]
async fn sr_86_a_body_may_have_64_kib_with_a_length_or_in_chunks() {
    let app = App::start().await;
    for chunked in [false, true] {
        assert_eq!(post(&app, form(BODY), chunked).await.status, 303, "chunked: {chunked}");
        assert_eq!(post(&app, form(BODY + 1), chunked).await.status, 413, "chunked: {chunked}");
        let status = post(&app, form(5 << 20), chunked).await.status;
        assert!(matches!(status, 0 | 413), "chunked: {chunked}: {status}");
    }
    assert_eq!(app.rows("attempt").await, 2);
}

#[tokio::test]
async fn sr_86_a_body_that_never_ends_is_cut() {
    let app = App::start().await;
    let endless = [
        "POST /csp HTTP/1.1\r\nhost: {}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nffffffff\r\n",
        "POST /csp HTTP/1.1\r\nhost: {}\r\ncontent-length: 9999999999\r\nconnection: close\r\n\r\n",
    ];
    for head in endless {
        let mut bytes = head.replace("{}", &app.authority).into_bytes();
        bytes.resize(1 << 20, b'x');
        let status = app.raw(&bytes).await.status;
        assert!(matches!(status, 0 | 413), "{status}");
    }
    assert_eq!(app.browser().get("/").await.status, 200);
}

#[tokio::test]
async fn sr_86_compressed_requests_are_not_unpacked() {
    let app = App::start().await;
    let browser = app.browser();
    for encoding in ["gzip", "br", "deflate", "zstd", "identity", "gzip, gzip", "x"] {
        for path in ["/api/begin_connect", "/csp", "/no/such"] {
            let request = browser.request(Method::POST, path).header("content-encoding", encoding);
            let reply = browser.send(request.body(vec![0x1f, 0x8b, 8, 0])).await;
            assert_eq!(reply.status, 415, "{path} {encoding}");
        }
    }
}

#[tokio::test]
async fn sr_91_deep_and_wide_arguments_are_refused_and_not_followed() {
    let app = App::start().await;
    let deep = format!("a{}=1", "[b]".repeat(5_000));
    let wide = (0..9_000).map(|i| format!("a{i}=1&")).collect::<String>();
    let json = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    for path in crate::harness::routes::functions() {
        for body in [&deep, &wide, &json] {
            let browser = app.browser();
            let request = browser
                .request(Method::POST, &path)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.clone());
            let status = browser.send(request).await.status;
            assert!(status < 500, "{path}: {status}");
        }
    }
}
