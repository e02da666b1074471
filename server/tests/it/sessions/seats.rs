//! Where one is signed in, and ending the others.

use std::time::Duration;

use crate::harness::{App, BETHANY, Browser, DAY, MARCUS};

/// How many browsers the connection page lists.
async fn seats(browser: &Browser) -> usize {
    let page = browser.get("/connection").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.main().matches("this browser").count(), 1, "{}", page.main());
    page.main().matches("Chrome on Linux").count()
}

#[tokio::test]
async fn sr_25_ending_the_others_ends_all_sessions_but_this_one_in_every_process() {
    let app = App::start().await;
    let replica = app.replica().await;
    let (one, _) = app.person(BETHANY).await;
    assert_eq!(seats(&one).await, 1);
    let (two, _) = app.person(BETHANY).await;
    let (three, _) = app.person(BETHANY).await;
    let (marcus, _) = app.person(MARCUS).await;
    for browser in [&one, &two, &three] {
        assert_eq!(seats(browser).await, 3);
    }
    assert_eq!(seats(&marcus).await, 1, "nobody else's are listed");

    let reply = two.post("/api/end_other_sessions", &[]).await;
    assert_eq!((reply.status, reply.location()), (303, "/connection?note=others-ended"));
    reply.assert_event("sessions.ended", None);
    two.get("/connection?note=others-ended").await.assert_shows(&["Every other browser was signed out."]);
    assert_eq!(seats(&two).await, 1);
    for process in [&app, &replica] {
        for ended in [&one, &three] {
            let ended = ended.twin().at(process);
            for path in ["/welcome", "/connection", "/how"] {
                assert_eq!(ended.get(path).await.status, 401, "{path}");
            }
            assert_eq!(ended.check().await, "/connection");
        }
        assert!(two.twin().at(process).is_greeted("Bethany Developer").await);
        assert!(marcus.twin().at(process).is_greeted("Marcus Okafor").await);
    }
    assert_eq!(two.check().await, "checked", "the connection itself goes on");
    assert_eq!(app.rows("session").await, 2);
}

#[tokio::test]
async fn sr_25_signing_out_ends_this_browsers_session_in_every_process_and_nothing_else() {
    let app = App::start().await;
    let replica = app.replica().await;
    let (one, user) = app.person(BETHANY).await;
    let (two, _) = app.person(BETHANY).await;
    let kept = one.twin();
    let reply = one.post("/api/sign_out", &[]).await;
    assert_eq!((reply.status, reply.location()), (303, "/"));
    assert_eq!(reply.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(one.session(), None, "the cookie is gone");
    reply.assert_event("session.ended", None);
    for process in [&app, &replica] {
        assert_eq!(kept.twin().at(process).get("/welcome").await.status, 401);
        assert!(two.twin().at(process).is_greeted("Bethany Developer").await);
    }
    assert_eq!(two.check().await, "checked");
    assert!(app.token(&user).await.is_ok(), "the connection stays");
    assert!(app.calls("/oauth/revoke").is_empty());
    assert_eq!(app.browser().post("/api/sign_out", &[]).await.location(), "/", "nobody");
}

#[tokio::test]
async fn sr_25_who_has_no_session_ends_none() {
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    let (other, _) = app.person(BETHANY).await;
    let stranger = app.browser();
    assert_eq!(stranger.post("/api/end_other_sessions", &[]).await.location(), "/connection");
    stranger.set_cookie("__Host-pdc_s", &"A".repeat(43));
    assert_eq!(stranger.post("/api/end_other_sessions", &[]).await.location(), "/connection");
    assert_eq!(stranger.check().await, "/connection");
    assert!(browser.is_greeted("Bethany Developer").await && other.is_greeted("Bethany Developer").await);
    assert_eq!(app.api_calls().len(), 2, "and asks PagerDuty nothing");
}

#[tokio::test]
async fn sr_26_a_session_that_has_ended_by_itself_is_not_listed() {
    let app = App::start().await;
    let (busy, _) = app.person(BETHANY).await;
    let (idle, _) = app.person(BETHANY).await;
    assert_eq!(seats(&busy).await, 2);
    for _ in 0..8 {
        app.clock.advance(DAY);
        assert!(busy.is_greeted("Bethany Developer").await);
    }
    assert_eq!(seats(&busy).await, 1);
    app.connect().sweep(false).await;
    assert_eq!(app.rows("session").await, 1, "and is forgotten though nobody brings it");
    assert_eq!(idle.get("/welcome").await.status, 401);

    // The other limit is 30 days however busy; a sweep never ends one that is live.
    for _ in 0..22 {
        app.clock.advance(DAY - Duration::from_secs(1));
        app.connect().sweep(false).await;
        assert!(busy.is_greeted("Bethany Developer").await);
    }
    app.clock.advance(DAY);
    app.connect().sweep(false).await;
    assert_eq!((busy.get("/welcome").await.status, app.rows("session").await), (401, 0));
    assert_eq!(app.rows("connection").await, 1, "the connection is not the session");
}
