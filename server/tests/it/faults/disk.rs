//! A disk without room.

use std::time::Duration;

use crate::harness::{App, BETHANY, DAY, MARCUS, Setup, disk::Disk, eventually, on_refresh};

/// The key, the database and its log.
const ROOM_KIB: u32 = 2048;
const GENERATION: &str = "SELECT generation FROM connection";

async fn app_on(disk: &Disk) -> App {
    let app = App::start_with(Setup { folder: Some(disk.folder()), ..Setup::default() }).await;
    app.sandbox.set_switches(|s| s.code_seconds = 600);
    app
}

#[tokio::test]
async fn rf_16_with_a_full_disk_no_token_is_spent_and_all_works_when_there_is_room_again() {
    let Some(disk) = Disk::mount(ROOM_KIB) else { return };
    let app = app_on(&disk).await;
    let (browser, user) = app.person(BETHANY).await;
    for asked in 0..2 {
        app.pass(DAY);
        let (marcus, calls) = (app.browser(), app.token_calls());
        let back = marcus.until_callback(MARCUS).await;
        // What the log has room for could be written all the same.
        app.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
        disk.fill();
        for _ in 0..3 {
            assert_eq!(browser.check().await, "/unavailable");
            assert_eq!(app.token(&user).await.unwrap_err().code(), "unavailable");
        }
        assert!(browser.is_greeted("Bethany Developer").await, "what only reads goes on");
        let page = marcus.callback(&back).await;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"));
        assert_eq!(browser.post("/api/disconnect", &[]).await.location(), "/unavailable");
        assert_eq!(app.browser().post("/api/begin_connect", &[]).await.location(), "/unavailable");
        assert_eq!(app.token_calls(), calls, "a code or a refresh token was spent");
        assert!(app.calls("/oauth/revoke").is_empty());

        disk.clear();
        assert_eq!(browser.check().await, "checked");
        assert!(browser.is_greeted("Bethany Developer").await);
        let reply = marcus.callback(&back).await;
        assert_eq!(reply.location(), "/welcome", "{:?} {:#?}", reply.problem(), reply.log());
        app.assert_redeemed(asked + 1, asked + 1);
    }
}

#[tokio::test]
async fn rf_16_an_answer_that_finds_no_room_is_kept_until_there_is_some() {
    let Some(disk) = Disk::mount(ROOM_KIB) else { return };
    let app = app_on(&disk).await;
    let (browser, user) = app.person(BETHANY).await;
    let before = app.token(&user).await.unwrap();
    let first = app.query(GENERATION).await;
    app.clock.advance(DAY);
    app.sandbox.fault(on_refresh().delay_after(Duration::from_millis(800)));
    let (connect, whose) = (app.connect(), user.clone());
    let caller = tokio::spawn(async move { connect.identity(&whose).await.unwrap().access_token });
    eventually("PagerDuty is asked", async || app.refreshes().len() == 1).await;
    disk.fill();
    eventually("PagerDuty has answered", async || app.refreshes()[0].status == Some(200)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!caller.is_finished(), "it was used before it was stored");
    assert_eq!(app.query(GENERATION).await, first);

    disk.clear();
    let token = caller.await.unwrap().expose().to_owned();
    assert_ne!(token, before);
    assert_eq!(app.query(GENERATION).await, first + 1);
    assert_eq!(browser.check().await, "checked");
    let app = app.restart().await;
    assert_eq!(app.token(&user).await.unwrap(), token, "it is really there");
    app.assert_redeemed(1, 1);
}
