//! Which host the program believes it is: the one it was set up with, always.

use crate::harness::{App, BETHANY};

fn head(target: &str, headers: &[&str]) -> Vec<u8> {
    let lines: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
    format!("GET {target} HTTP/1.1\r\n{lines}connection: close\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn sr_61_a_host_that_is_not_ours_is_refused() {
    let app = App::start().await;
    let own = &app.authority;
    let port = own.split(':').nth(1).unwrap();
    for host in [
        "host: evil.example".to_owned(),
        "host: localhost".into(),
        format!("host: evil.example:{port}"),
        format!("host: localhost.:{port}"),
        format!("host: {own}.evil.example"),
        format!("host: evil@{own}"),
        format!("host: 127.0.0.1:{port}"),
        format!("host: [::1]:{port}"),
        format!("host: {own}, evil.example"),
        format!("host: {own} evil.example"),
        format!("host: {own}/"),
        format!("host: {own}\r\nhost: evil.example"),
        format!("host: evil.example\r\nhost: {own}"),
        format!("host: {own}\r\nhost: {own}"),
        "host:".into(),
        "x-no-host: 1".into(),
    ] {
        let reply = app.raw(&head("/", &[&host])).await;
        assert!(matches!(reply.status, 400 | 421), "{host:?}: {}", reply.status);
        assert!(!reply.body.contains("evil"), "{host:?} comes back in the body");
        if reply.status == 421 {
            reply.assert_event("host.refused", None);
        }
    }
    // Names are the same in capitals (RFC 9110 §4.2.3).
    let capitals = format!("host: {}", own.to_uppercase());
    assert_eq!(app.raw(&head("/", &[&capitals])).await.status, 200);
}

#[tokio::test]
async fn sr_61_an_absolute_address_in_the_request_line_must_name_this_app() {
    let app = App::start().await;
    let (url, own) = (&app.url, &app.authority);
    let host = format!("host: {own}");
    assert_eq!(app.raw(&head(&format!("{url}/"), &[&host])).await.status, 200);
    for (target, host) in [
        ("http://evil.example/".to_owned(), host.clone()),
        (format!("http://evil.example@{own}/"), host.clone()),
        (format!("{url}.evil.example/"), host.clone()),
        (format!("{url}/"), "host: evil.example".to_owned()),
        ("http://evil.example/".to_owned(), "host: evil.example".to_owned()),
        ("//evil.example/".to_owned(), "host: evil.example".to_owned()),
    ] {
        let reply = app.raw(&head(&target, &[&host])).await;
        assert!(matches!(reply.status, 400 | 421), "{target} {host}: {}", reply.status);
    }
}

#[tokio::test]
async fn sr_61_every_address_comes_from_the_configuration() {
    let app = App::start().await;
    let own = &app.authority;
    for header in [
        "x-forwarded-host: evil.example",
        "x-forwarded-server: evil.example",
        "x-host: evil.example",
        "x-original-url: /how",
        "x-rewrite-url: /how",
        "x-forwarded-prefix: /evil",
        "forwarded: host=evil.example;proto=https",
        "x-forwarded-proto: https",
        "x-forwarded-port: 443",
    ] {
        let post = format!(
            "POST /api/begin_connect HTTP/1.1\r\nhost: {own}\r\n{header}\r\naccept: text/html\r\n\
             sec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: 0\r\nconnection: close\r\n\r\n"
        );
        let reply = app.raw(post.as_bytes()).await;
        let to = url::Url::parse(reply.location()).unwrap();
        let redirect = to.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        assert_eq!(redirect, format!("{}/callback", app.url), "{header}");
        let page = app.raw(&head("/", &[&format!("host: {own}"), header])).await;
        assert_eq!(page.status, 200, "{header}");
        assert!(!page.body.contains("evil"), "{header}");
    }
    let exchange = {
        app.connected(BETHANY).await;
        app.calls("/oauth/token").pop().unwrap()
    };
    assert_eq!(exchange.form("redirect_uri").unwrap(), format!("{}/callback", app.url));
}

#[tokio::test]
async fn sr_62_forwarded_headers_say_nothing_about_who_is_asking() {
    let app = App::start().await;
    for header in [
        "x-forwarded-for: 203.0.113.9",
        "x_forwarded_for: 203.0.113.9",
        "x-real-ip: 203.0.113.9",
        "forwarded: for=203.0.113.9",
        "true-client-ip: 203.0.113.9",
        "cf-connecting-ip: 203.0.113.9",
        "via: 203.0.113.9",
    ] {
        let reply = app.raw(&head("/avatar", &[&format!("host: {}", app.authority), header])).await;
        let lines = reply.log();
        let line = lines.iter().find(|line| line["event"] == "request").unwrap();
        assert_eq!(line["peer"], "127.0.0.1", "{header}");
        assert!(!format!("{lines:?}").contains("203.0.113.9"), "{header}");
    }
}
