//! `/setup`: the same in a browser, while no credentials are configured and no longer.

use http::Method;
use pagerduty_sandbox::Sandbox;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::{TAKEN, doctored, downloaded, empty, sorted};
use crate::harness::{
    BETHANY, Browser, Reply, eventually,
    program::{Place, browser, free_port, get},
};

/// The form as a browser sends it, with this file in it.
async fn send(at: &Browser, file: impl AsRef<[u8]>, fields: &[(&str, &str)]) -> Reply {
    at.send(form(at, file.as_ref(), fields).header("sec-fetch-site", "same-origin")).await
}

fn form(at: &Browser, file: &[u8], fields: &[(&str, &str)]) -> RequestBuilder {
    let field = |(name, value): &(&str, &str)| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body: Vec<u8> = fields.iter().map(field).collect::<String>().into();
    body.extend(
        b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"downloaded.json\"\r\n\r\n",
    );
    body.extend(file);
    body.extend(b"\r\n--b--\r\n");
    at.request(Method::POST, "/setup").header("content-type", "multipart/form-data; boundary=b").body(body)
}

/// The codes of what was found wrong.
fn found(page: &str) -> Vec<&str> {
    let codes = page.split("data-code=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    codes.filter(|code| !["ok", "setup", "nobody-yet", "not-told"].contains(code)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_empty_folder_the_page_leads_to_a_connection() {
    let (place, sandbox, port) = empty().await;
    let mut running = place.serve(&["serve"], port);
    assert!(running.out().contains(&format!("http://localhost:{port}/setup")), "{}", running.out());
    let person = browser(port);
    assert!(person.get("/").await.body.contains("href=\"/setup\""));
    let page = person.get("/setup").await;
    assert_eq!(page.status, 200);
    for says in
        [&*format!("http://localhost:{port}/callback"), "Read Access", "On-calls", "data/pdconnect.db"]
    {
        assert!(page.body.contains(says), "{says}: {}", page.body);
    }
    assert!(!page.body.contains("<script"), "{}", page.body);

    let reply = send(&person, downloaded(&sandbox), &[("home", "sqlite"), ("sqlite", "data/mine.db")]).await;
    assert_eq!((reply.status, found(&reply.body)), (200, vec![]), "{}", reply.body);
    assert!(reply.body.contains("What is not taken over: name"), "{}", reply.body);
    assert_eq!(place.mode_of("config.json"), 0o600);
    assert!(String::from_utf8(place.bytes("config.json")).unwrap().contains("sqlite:data/mine.db"));

    // The same process goes on, with PagerDuty in the place of the sandbox.
    eventually("it knows its account", async || get(port, "/setup").await.status == 404).await;
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    assert!(person.is_greeted("Bethany Developer").await);
    assert!(running.is_alive());
    // Now there is nothing to set up, for nobody.
    assert_eq!(person.get("/setup").await.status, 404);
    assert_eq!(send(&person, downloaded(&sandbox), &[]).await.status, 404);
    let (status, log) = running.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains(sandbox.client_secret()) && !log.contains("panicked"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_on_the_page_and_nothing_is_written() {
    let (place, sandbox, port) = empty().await;
    let _running = place.serve(&["serve"], port);
    let person = browser(port);
    let right = downloaded(&sandbox);
    let told = async |file: Vec<u8>, fields: &[(&str, &str)], says: &str| {
        let reply = send(&person, file, fields).await;
        assert_eq!(reply.status, 422, "{says}: {}", reply.body);
        assert!(reply.body.contains(says), "{says}: {}", reply.body);
        assert!(
            !reply.body.contains("CANARY") && !reply.body.contains(sandbox.client_secret()),
            "{}",
            reply.body
        );
        assert!(!place.path("config.json").exists(), "{says}");
        assert!(reply.body.contains("No configuration was written."), "{}", reply.body);
        reply.body
    };
    told(b"".to_vec(), &[], "There is no file in the form").await;
    told(b"{\"client_id\": \"CANARY\"}".to_vec(), &[], "client_secret is missing").await;
    told(vec![b' '; 20_000], &[], "larger than 16 KiB").await;
    told(vec![b'x'; 5 << 20], &[], "far too large").await;
    told(right.clone().into(), &[("unknown", "CANARY")], "more than it has fields for").await;
    told(right.clone().into(), &[("home", "postgres"), ("postgres", "")], "PostgreSQL database is missing")
        .await;
    let nobody = ("postgres", "postgres://u:CANARY@127.0.0.1:9/db");
    told(right.clone().into(), &[("home", "postgres"), nobody], "does not answer").await;
    told(
        right.clone().into(),
        &[("home", "sqlite"), ("sqlite", "/proc/nowhere/a.db")],
        "cannot be kept there",
    )
    .await;

    let bad = right.replace(sandbox.client_secret(), "CANARY-not-the-secret");
    assert_eq!(found(&told(bad.clone().into(), &[], "does not take the secret").await), ["wrong-secret"]);
    let bad = right.replace(sandbox.client_id(), "8e9146fe-0000-4000-8000-000000000000");
    let page = told(bad.into(), &[], "does not know this client ID").await;
    assert_eq!(found(&page), ["wrong-client-id"]);
    // The database was made when it was tried, and the page does not deny it.
    assert!(place.path("data/pdconnect.db").exists());
    assert!(page.contains("is made already"), "{page}");

    // Registered for another port; whoever knows better may go on.
    let other = Sandbox::start().await.unwrap();
    let port = free_port();
    let place = Place::new()
        .env("PORT", &port.to_string())
        .env("PD_IDENTITY_URL", other.identity_url())
        .env("PD_API_URL", other.api_url())
        .env("PD_EU_API_URL", other.eu_api_url());
    let _running = place.serve(&["serve"], port);
    let person = browser(port);
    let reply = send(&person, downloaded(&other), &[]).await;
    assert_eq!((reply.status, found(&reply.body)), (422, vec!["wrong-redirect"]), "{}", reply.body);
    assert!(!place.path("config.json").exists());
    let reply = send(&person, downloaded(&other), &[("anyway", "yes")]).await;
    assert_eq!((reply.status, place.path("config.json").exists()), (200, true), "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_97_the_setup_is_for_this_apps_own_page_and_writes_over_nothing() {
    let (place, sandbox, port) = empty().await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")]
    {
        let request = form(&person, downloaded(&sandbox).as_bytes(), &[]).header(name, value);
        assert_eq!(person.send(request).await.status, 403, "{name}: {value}");
    }
    // DNS rebinding: another name for this machine.
    let request = person.request(Method::GET, "/setup").header("host", "evil.example");
    assert_eq!(person.send(request).await.status, 421);
    assert!(!place.path("config.json").exists());

    // A file that somebody has doctored chooses neither hosts nor anything else that is this program's own.
    let (file, more) = doctored(&sandbox, port);
    let reply = send(&person, file, &[("anyway", "yes")]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let named = reply.body.split_once("What is not taken over: ").unwrap().1.split_once('<').unwrap().0;
    assert_eq!(sorted(named.split(", ")), more);
    let kept: Value = serde_json::from_slice(&place.bytes("config.json")).unwrap();
    assert_eq!(sorted(kept.as_object().unwrap().keys()), TAKEN);
    assert_eq!(kept["DATABASE_URL"], "sqlite:data/pdconnect.db");
    let alone = Place::new().file("config.json", &kept.to_string());
    let settings: Value = serde_json::from_str(&alone.run(&["config", "--json"]).out).unwrap();
    for name in more.iter().filter(|name| settings.get(**name).is_some() && **name != "DATABASE_URL") {
        assert_eq!(settings[name]["source"], "default", "{name}");
    }
    assert_eq!(settings["PD_IDENTITY_URL"]["value"], "https://identity.pagerduty.com");
    drop(running);
    std::fs::remove_file(place.path("config.json")).unwrap();
    let _running = place.serve(&["serve"], port);
    let person = browser(port);
    let policy = person.get("/setup").await;
    assert!(policy.header("content-security-policy").contains("default-src 'none'"), "{policy:?}");

    // Somebody writes the file by hand meanwhile.
    let place = place.file("config.json", "{\"PORT\": 5003}");
    let reply = send(&person, downloaded(&sandbox), &[("anyway", "yes")]).await;
    assert_eq!(reply.status, 409, "{}", reply.body);
    assert!(reply.body.contains("is not written over"));
    assert_eq!(place.bytes("config.json"), b"{\"PORT\": 5003}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_credentials_there_is_no_setup() {
    let (place, sandbox, port) = empty().await;
    let place = place.file("config.json", &downloaded(&sandbox));
    let _running = place.serve(&["serve"], port);
    let person = browser(port);
    assert_eq!(person.get("/setup").await.status, 404);
    assert!(!person.get("/").await.body.contains("/setup"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_there_are_not_tried_with_credentials_that_are_only_a_draft() {
    let (place, sandbox, port) = empty().await;
    let with_credentials = place.file("config.json", &downloaded(&sandbox));
    let running = with_credentials.serve(&["serve"], port);
    assert_eq!(browser(port).connect_as(BETHANY).await.location(), "/welcome");
    assert!(running.terminate().0.success());
    std::fs::remove_file(with_credentials.path("config.json")).unwrap();

    let _running = with_credentials.serve(&["serve"], port);
    let person = browser(port);
    let before = sandbox.requests().len();
    let wrong = downloaded(&sandbox).replace(sandbox.client_secret(), "not-the-secret");
    let reply = send(&person, wrong, &[]).await;
    assert_eq!((reply.status, found(&reply.body)), (422, vec!["wrong-secret"]), "{}", reply.body);
    let asked: Vec<String> = sandbox.requests().into_iter().skip(before).map(|it| it.path).collect();
    assert!(!asked.is_empty() && !asked.iter().any(|path| path.starts_with("/users")), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_sandbox_kept_is_never_gone_on_with() {
    let (place, sandbox, port) = empty().await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    let says = "holds what a sandbox kept";
    let reply =
        send(&person, downloaded(&sandbox), &[("home", "sqlite"), ("sqlite", "data/sandbox.db")]).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    assert!(reply.body.contains(says), "{}", reply.body);
    let both = [("home", "sqlite"), ("sqlite", "data/sandbox.db"), ("anyway", "yes")];
    let reply = send(&person, downloaded(&sandbox), &both).await;
    assert_eq!((reply.status, place.path("config.json").exists()), (422, false), "{}", reply.body);
    drop(running);

    // Nor where the environment names one and the same for both.
    let place = place.env("DATABASE_URL", "sqlite:data/both.db");
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    let reply = send(&person, downloaded(&sandbox), &[]).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    assert!(reply.body.contains(says), "{}", reply.body);
    drop(running);
}
