//! A whole life of the program: start, serve, stop, start again.

use pagerduty_sandbox::Options;

use crate::harness::{
    BETHANY, eventually,
    program::{Place, browser, free_port, get, reopened},
};

#[tokio::test]
async fn asked_to_stop_it_stops_and_says_nothing_bad() {
    let port = free_port();
    let place = Place::new().env("PORT", &port.to_string());
    let running = place.serve(&[], port);
    assert_eq!(get(port, "/").await.status, 200);
    let (status, log) = running.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("panicked") && !log.contains("\"ERROR\""), "{log}");
}

#[tokio::test]
async fn a_sandbox_in_another_process_serves_and_a_restart_keeps_the_connection() {
    let (app_port, sandbox_port) = (free_port(), free_port());
    let redirect = format!("http://localhost:{app_port}/callback");
    let listen = format!("127.0.0.1:{sandbox_port}");
    let elsewhere = Place::new();
    let sandbox =
        elsewhere.serve(&["sandbox", "--listen", &listen, "--redirect-url", &redirect], sandbox_port);
    // PagerDuty's downloaded file, as it is.
    let stranger = browser(sandbox_port);
    let request = stranger.request(http::Method::GET, "/_sandbox/credentials");
    let credentials = stranger.send(request).await.body;
    let request = stranger.request(http::Method::GET, "/_sandbox/addresses");
    let addresses: serde_json::Value = serde_json::from_str(&stranger.send(request).await.body).unwrap();

    let place = Place::new()
        .file("config.json", &credentials)
        .env("PORT", &app_port.to_string())
        .env("PD_IDENTITY_URL", addresses["identity_url"].as_str().unwrap())
        .env("PD_API_URL", addresses["api_url"].as_str().unwrap())
        .env("PD_EU_API_URL", addresses["eu_api_url"].as_str().unwrap());
    let running = place.serve(&["serve"], app_port);
    let person = browser(app_port);
    let reply = person.connect_as(BETHANY).await;
    assert_eq!((reply.status, reply.location()), (303, "/welcome"), "{}", reply.body);
    assert!(person.is_greeted("Bethany Developer").await);
    let waiting = browser(app_port);
    let under_way = waiting.begin().await;

    let (status, log) = running.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    let running = place.serve(&["serve"], app_port);
    let (person, waiting) = (reopened(&person, app_port), reopened(&waiting, app_port));
    assert!(person.is_greeted("Bethany Developer").await, "{}", running.err());
    // So does a sign-in that was under way.
    let back = waiting.consent(&under_way, BETHANY).await;
    assert_eq!(waiting.callback(&back).await.location(), "/welcome");

    // And a kill: nothing that was acknowledged is lost.
    drop(running);
    let running = place.serve(&["serve"], app_port);
    let person = reopened(&person, app_port);
    assert!(person.is_greeted("Bethany Developer").await, "{}", running.err());
    assert_eq!(person.post("/api/disconnect", &[]).await.location(), "/disconnected");
    assert!(!person.is_greeted("Bethany Developer").await);
    let (status, _) = sandbox.terminate();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn requests_under_way_are_answered_before_it_stops() {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    let back = person.until_callback(BETHANY).await;
    let slow = pagerduty_sandbox::Fault::on("POST", "/oauth/token").delay(std::time::Duration::from_secs(2));
    sandbox.fault(slow);
    let callback = tokio::spawn(async move { person.callback(&back).await });
    eventually("the code is on its way", async || {
        sandbox.requests().iter().any(|r| r.path.ends_with("/oauth/token"))
    })
    .await;
    let (status, log) = tokio::task::spawn_blocking(|| running.terminate()).await.unwrap();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(callback.await.unwrap().location(), "/welcome");
}
