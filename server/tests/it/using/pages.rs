//! Pages of what PagerDuty holds, as every browser gets them.

use std::time::Duration;

use pagerduty_sandbox::Fault;

use super::app_that_may;
use crate::harness::{App, BETHANY, DAY};

const PAGES: [&str; 4] = ["/services", "/incidents?state=all", "/on-call?days=14", "/explorer?q=users"];

#[tokio::test]
async fn sr_48_what_others_wrote_is_text_on_every_page() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    let run = "/explorer?op=GET+%2Fusers&run=1";
    for page in PAGES.into_iter().chain([run]) {
        let reply = browser.get(page).await;
        assert_eq!(reply.status, 200, "{page}");
        let document = reply.main();
        for markup in ["<script>alert", "<img src=x", "<b>Mallory", "<svg onload", "<i>Insight"] {
            assert!(!document.contains(markup), "{page} holds {markup}");
        }
    }
    let services = browser.get("/services").await;
    assert!(services.main().contains("&lt;script&gt;alert"), "the name that should be shown is not");
}

#[tokio::test]
async fn sr_48_links_lead_to_pagerduty_or_are_none() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    for address in [
        "javascript:alert(1)",
        "https://evil.example/x",
        "https://evil.example?.pagerduty.com/",
        "//evil.example/",
    ] {
        let body = serde_json::json!({ "services": [{ "id": "P1", "name": "Bait", "html_url": address }], "more": false });
        app.sandbox.fault(Fault::on("GET", "/services").status(200).body(&body.to_string()));
        let reply = browser.get("/services").await;
        reply.assert_shows(&["Bait"]);
        assert!(!reply.main().contains("evil.example") && !reply.main().contains("javascript:"), "{address}");
    }
}

#[tokio::test]
async fn sr_67_no_address_of_an_answer_is_fetched() {
    let app = app_that_may().await;
    let canary = crate::harness::Canary::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let address = canary.url.clone();
    let body = serde_json::json!({
        "services": [{ "id": "P1", "name": "Bait", "html_url": address, "self": address, "icon_url": address }],
        "more": true, "next": address, "self": address,
    });
    app.sandbox.fault(Fault::on("GET", "/services").status(200).body(&body.to_string()).times(2));
    assert_eq!(browser.get("/services").await.status, 200);
    assert_eq!(browser.get("/explorer?op=GET+%2Fservices&run=1").await.status, 200);
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn who_is_not_connected_is_asked_to_and_comes_back() {
    let app = app_that_may().await;
    let browser = app.browser();
    for page in PAGES {
        let reply = browser.get(page).await;
        assert_eq!(reply.status, 401, "{page}");
        assert!(reply.body.contains("name=\"return_to\""), "{page}");
    }
}

#[tokio::test]
async fn a_connection_that_is_over_says_so_and_keeps_the_place() {
    let app = app_that_may().await;
    let (browser, _) = app.person(BETHANY).await;
    app.sandbox.set_switches(|s| s.access_token_seconds = Some(3_600));
    app.clock.advance(DAY);
    app.sandbox.revoke_all_of(BETHANY);
    let reply = browser.get("/services?q=web").await;
    assert_eq!(reply.status, 401);
    reply.assert_shows(&["Connect again"]);
    assert!(reply.body.contains("value=\"/services?q=web\""), "{}", reply.main());
}

#[tokio::test]
async fn a_pause_is_shown_with_its_length() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    app.sandbox.fault(Fault::on("GET", "/incidents").status(429).header("ratelimit-reset", "40"));
    let reply = browser.get("/incidents").await;
    assert_eq!(reply.status, 429);
    reply.assert_shows(&["PagerDuty asks to slow down", "Try again in"]);
    let wait = Duration::from_secs(reply.header("retry-after").parse().unwrap());
    assert!(wait <= Duration::from_secs(40), "{wait:?}");
}

#[tokio::test]
async fn an_account_of_the_other_region_is_told_from_a_bad_token() {
    let app =
        App::start_with(crate::harness::Setup { scopes: Some(super::EVERYTHING), ..Default::default() })
            .await;
    let (browser, _) = app.connected(BETHANY).await;
    // The US host takes the token no more; that of the EU does.
    app.sandbox.fault(Fault::on("GET", "/services").status(401).always());
    let reply = browser.get("/services").await;
    assert_eq!(reply.status, 502);
    reply.assert_shows(&["PagerDuty does not accept the token"]);
}
