//! Pictures: fetched by the server from known hosts, and passed on only when
//! they are pictures.

use http::Method;
use pagerduty_sandbox::Fault;
use serde_json::json;

use super::names::pretend;
use crate::harness::{App, BETHANY, Canary};

#[tokio::test]
async fn sr_48_a_picture_comes_from_this_server_with_its_real_type() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let reply = browser.get("/avatar").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "image/png"));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(
        reply.header("content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    );
    let asked = app.sandbox.requests().into_iter().find(|r| r.path.ends_with(".png")).unwrap();
    assert_eq!(asked.header("authorization"), None, "no token goes to a picture host");
    assert_eq!(asked.header("cookie"), None);
    assert_eq!(app.browser().get("/avatar").await.status, 404, "a stranger sees nobody's picture");
}

#[tokio::test]
async fn sr_48_pictures_of_unknown_hosts_are_not_fetched() {
    let canary = Canary::start().await;
    let port = canary.url.rsplit(':').next().unwrap().to_owned();
    for address in [
        canary.url.clone(),
        format!("http://localhost:{port}/a.png"),
        format!("http://[::1]:{port}/a.png"),
        format!("http://2130706433:{port}/a.png"),
        format!("http://gravatar.com@127.0.0.1:{port}/a.png"),
        format!("https://secure.gravatar.com:{port}/a.png"),
        "http://169.254.169.254/latest/meta-data".into(),
        "file:///etc/passwd".into(),
        "data:image/png;base64,AAAA".into(),
        "//127.0.0.1/a.png".into(),
        String::new(),
    ] {
        let app = App::start().await;
        pretend(&app.sandbox, json!({ "avatar_url": address }));
        let (browser, _) = app.connected(BETHANY).await;
        let reply = browser.get("/avatar").await;
        assert_eq!(reply.status, 404, "{address}");
        assert!(reply.body.is_empty(), "{address}");
        assert_eq!(canary.hits(), 0, "{address}");
    }
}

#[tokio::test]
async fn sr_48_what_is_no_picture_is_not_passed_on() {
    let app = App::start().await;
    let canary = Canary::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let path = {
        browser.get("/avatar").await;
        app.sandbox.requests().into_iter().find(|r| r.path.ends_with(".png")).unwrap().path
    };
    let fault = || Fault::on("GET", &path).status(200);
    let wrong = [
        fault().header("content-type", "image/svg+xml").body("<svg onload=alert(1)/>"),
        fault().header("content-type", "image/png").body("<svg onload=alert(1)/>"),
        fault().header("content-type", "image/png").body("<!DOCTYPE html><script>alert(1)</script>"),
        fault().header("content-type", "text/html").body("<script>alert(1)</script>"),
        fault().body("GIF"),
        fault().body(""),
        fault().header("content-type", "image/gif").body("GIF89a").flood(300 << 10),
        fault().body("GIF89a").flood((256 << 10) - 5),
        fault().body("GIF89a").endless(),
        Fault::on("GET", &path).status(302).header("location", &canary.url),
        Fault::on("GET", &path).status(500).body("GIF89a"),
        Fault::on("GET", &path).status(404).body("GIF89a"),
        Fault::on("GET", &path).reset(pagerduty_sandbox::Reset::Before),
    ];
    for fault in wrong {
        let what = format!("{fault:?}");
        app.sandbox.fault(fault);
        let reply = browser.send(browser.request(Method::GET, "/avatar")).await;
        assert_eq!(reply.status, 404, "{what}");
        assert!(!reply.body.contains('<') && !reply.body.contains("GIF"), "{what}");
        reply.assert_event("avatar.failed", None);
    }
    assert_eq!(canary.hits(), 0, "a redirect was followed");

    // At the limit, and of a kind that a browser draws: it passes, under its true name.
    app.sandbox.fault(fault().header("content-type", "text/html").body("GIF89a").flood((256 << 10) - 6));
    let reply = browser.get("/avatar").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "image/gif"));
}
