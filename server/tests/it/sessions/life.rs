//! How sessions begin, and every way they end.

use std::time::Duration;

use crate::harness::{App, BETHANY, MARCUS};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn sr_22_a_planted_session_id_is_not_taken_over() {
    let app = App::start().await;
    let planted = "A".repeat(43);
    let browser = app.browser();
    browser.set_cookie("__Host-pdc_s", &planted);
    assert_eq!(browser.connect_as(BETHANY).await.status, 303);
    assert_ne!(browser.session().unwrap(), planted);

    let attacker = app.browser();
    attacker.set_cookie("__Host-pdc_s", &planted);
    assert_eq!(attacker.get("/how").await.status, 401);
    assert!(!attacker.is_greeted("Bethany").await);
}

#[tokio::test]
async fn sr_22_connecting_again_gives_a_new_session_and_ends_the_old_one() {
    let app = App::start().await;
    let replica = app.replica().await;
    let (browser, first) = app.connected(BETHANY).await;
    let old = browser.twin();
    assert!(old.is_greeted("Bethany Developer").await);
    assert_eq!(browser.connect_as(BETHANY).await.status, 303);
    assert_ne!(browser.session().unwrap(), first);
    assert!(browser.is_greeted("Bethany Developer").await);
    assert!(!old.is_greeted("Bethany").await, "the old id still opens the door");
    let old = old.at(&replica);
    assert!(!old.is_greeted("Bethany").await, "the old id still opens the other process's door");

    // Also when it is somebody else who connects in that browser.
    let bethany = browser.twin();
    browser.connect_as(MARCUS).await;
    assert!(browser.is_greeted("Marcus Okafor").await);
    assert!(!bethany.is_greeted("Bethany").await);
}

#[tokio::test]
async fn sr_25_disconnecting_ends_everything_at_once() {
    let app = App::start().await;
    let replica = app.replica().await;
    let (browser, _) = app.connected(BETHANY).await;
    let set = browser.connect_as(BETHANY).await.cookies();
    let set = set.into_iter().find(|c| c.name == "__Host-pdc_s").unwrap();
    let copy = browser.twin();

    let reply = browser.post("/api/disconnect", &[]).await;
    assert_eq!((reply.status, reply.location()), (303, "/disconnected"));
    assert_eq!(reply.header("clear-site-data"), "\"cache\", \"storage\"");
    reply.assert_event("connect.end", None);
    let removed = reply.cookies().into_iter().find(|c| c.name == "__Host-pdc_s").unwrap();
    assert_eq!((removed.value.as_str(), removed.attribute("max-age")), ("", Some("0")));
    for name in ["path", "samesite", "secure", "httponly", "domain"] {
        assert_eq!(removed.attribute(name), set.attribute(name), "{name}");
    }
    assert_eq!(browser.session(), None);

    for process in [&app, &replica] {
        let copy = copy.twin().at(process);
        assert_eq!(copy.get("/how").await.status, 401);
        assert_eq!(copy.get("/avatar").await.status, 404);
        assert!(!copy.is_greeted("Bethany").await);
    }
    for table in ["connection", "session"] {
        assert_eq!(app.rows(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn sr_15_disconnecting_revokes_the_refresh_token_then_the_access_token_in_the_body() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    browser.post("/api/disconnect", &[]).await;
    let calls = app.calls("/oauth/revoke");
    let hints: Vec<String> = calls.iter().map(|c| c.form("token_type_hint").unwrap()).collect();
    assert_eq!(hints, ["refresh_token", "access_token"]);
    assert!(calls.iter().all(|c| c.method == "POST" && c.query.is_empty() && c.status == Some(200)));
    assert!(app.sandbox.tokens().iter().all(|t| t.revoked));
}

#[tokio::test]
async fn sr_25_disconnecting_twice_or_without_a_session_does_nothing() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let stranger = app.browser();
    assert_eq!(stranger.post("/api/disconnect", &[]).await.location(), "/");
    stranger.set_cookie("__Host-pdc_s", "made-up");
    assert_eq!(stranger.post("/api/disconnect", &[]).await.location(), "/");
    assert!(browser.is_greeted("Bethany Developer").await, "somebody else's press ended it");
    // Looking at the page that says so ends nothing either.
    browser.get("/disconnected").await;
    assert!(browser.is_greeted("Bethany Developer").await);
    assert_eq!(app.calls("/oauth/revoke").len(), 0);
}

#[tokio::test]
async fn sr_26_a_session_unused_for_a_week_ends() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    app.clock.advance(7 * DAY - Duration::from_secs(60));
    assert!(browser.is_greeted("Bethany Developer").await);
    app.clock.advance(7 * DAY + Duration::from_secs(1));
    assert!(!browser.is_greeted("Bethany").await);
    assert_eq!(browser.get("/how").await.status, 401);
    app.connect().sweep(false).await;
    assert_eq!(app.rows("session").await, 0, "and its row is gone");
}

#[tokio::test]
async fn sr_26_a_session_ends_after_thirty_days_however_busy() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    for day in 1..=29 {
        app.clock.advance(DAY);
        assert!(browser.is_greeted("Bethany Developer").await, "day {day}");
    }
    app.clock.advance(DAY + Duration::from_secs(1));
    assert!(!browser.is_greeted("Bethany").await);
}

#[tokio::test]
async fn sr_26_the_cookie_lives_no_longer_than_the_session() {
    let app = App::start().await;
    let reply = app.browser().connect_as(BETHANY).await;
    let cookie = reply.cookies().into_iter().find(|c| c.name == "__Host-pdc_s").unwrap();
    let lives: u64 = cookie.attribute("max-age").unwrap().parse().unwrap();
    assert!(lives <= 30 * DAY.as_secs());
}

#[tokio::test]
async fn sr_27_disconnecting_in_one_browser_ends_the_other_ones_session() {
    let app = App::start().await;
    let (one, _) = app.connected(BETHANY).await;
    let (other, _) = app.connected(BETHANY).await;
    let (marcus, _) = app.connected(MARCUS).await;
    assert_eq!(app.rows("session").await, 3);
    assert!(one.is_greeted("Bethany Developer").await && other.is_greeted("Bethany Developer").await);

    one.post("/api/disconnect", &[]).await;
    assert!(!other.is_greeted("Bethany").await);
    assert_eq!(other.get("/how").await.status, 401);
    assert!(marcus.is_greeted("Marcus Okafor").await, "somebody else's session is untouched");
    assert_eq!(app.rows("session").await, 1);
}

#[tokio::test]
async fn rf_19_the_same_callback_again_leads_home_with_a_session_and_to_a_page_without() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    browser.callback(&back).await;
    let session = browser.session();
    for _ in 0..3 {
        let reply = browser.callback(&back).await;
        assert_eq!((reply.status, reply.location()), (303, "/welcome"));
    }
    assert_eq!(browser.session(), session, "nothing changed");

    browser.post("/api/disconnect", &[]).await;
    let reply = browser.callback(&back).await;
    app.assert_refused(&reply, 400, "already-used");
    assert!(reply.body.contains("action=\"/api/begin_connect\""), "no way on");
    assert_eq!(app.token_calls(), 1);
    assert_eq!(browser.connect_as(BETHANY).await.status, 303);
}
