//! Tokens that PagerDuty does not take back at once.

use std::time::Duration;

use pagerduty_sandbox::{Fault, Options, Reset};
use sqlx::{Connection, SqliteConnection};

use crate::harness::{
    App, BETHANY, DAY, eventually, log_lines,
    program::{Place, browser},
};

/// Each of the two tokens is tried so often at a time.
const TRIES: u32 = 3;

fn on_revoke() -> Fault {
    Fault::on("POST", "/oauth/revoke").times(2 * TRIES)
}

/// The pause between two rounds is by the database's clock.
async fn is_due(app: &App) {
    app.execute("UPDATE revocation SET due_at = 0").await;
}

async fn pause_millis(app: &App) -> i64 {
    app.query("SELECT due_at - unixepoch() * 1000 FROM revocation").await
}

#[tokio::test]
async fn sr_15_what_could_not_be_revoked_is_revoked_later() {
    for fault in [on_revoke().status(503), on_revoke().reset(Reset::Before), on_revoke().status(429)] {
        let app = App::start().await;
        let (browser, _) = app.person(BETHANY).await;
        app.sandbox.fault(fault.clone());
        assert_eq!(browser.post("/api/disconnect", &[]).await.location(), "/disconnected?revoked=no");
        assert_eq!((app.rows("connection").await, app.rows("revocation").await), (0, 1));
        let calls = app.calls("/oauth/revoke").len();
        assert_eq!(calls, 2 * TRIES as usize);
        app.connect().sweep(false).await;
        assert_eq!(app.calls("/oauth/revoke").len(), calls, "not so soon");
        let first = pause_millis(&app).await;

        // The process that began it is not there any more.
        let app = app.restart().await;
        app.clock.advance(Duration::from_secs(3600));
        app.sandbox.fault(fault);
        is_due(&app).await;
        app.connect().sweep(false).await;
        assert_eq!(app.calls("/oauth/revoke").len(), 2 * calls);
        assert_eq!((app.rows("revocation").await, app.revoked()), (1, vec![false; 2]));
        assert!(pause_millis(&app).await > first, "each time a little later");

        is_due(&app).await;
        // Of two processes, one does it.
        let replica = app.replica().await;
        let (one, two) = (app.connect(), replica.connect());
        tokio::join!(one.sweep(false), two.sweep(true));
        assert_eq!((app.rows("revocation").await, app.revoked()), (0, vec![true; 2]));
        assert_eq!(app.calls("/oauth/revoke").len(), 2 * calls + 2);
    }
}

#[tokio::test]
async fn sr_15_after_a_day_it_is_given_up_and_the_tokens_are_forgotten() {
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    app.sandbox.fault(on_revoke().status(400).always());
    assert_eq!(browser.post("/api/disconnect", &[]).await.location(), "/disconnected?revoked=no");
    for _ in 0..4 {
        app.clock.advance(DAY / 4);
        is_due(&app).await;
        app.connect().sweep(false).await;
        assert_eq!(app.rows("revocation").await, 1);
    }
    app.clock.advance(Duration::from_secs(60));
    is_due(&app).await;
    app.connect().sweep(false).await;
    assert_eq!(app.rows("revocation").await, 0);
    assert!(log_lines("").iter().any(|line| line["event"] == "revoke.given-up"));
    let calls = app.calls("/oauth/revoke").len();
    app.connect().sweep(false).await;
    assert_eq!(app.calls("/oauth/revoke").len(), calls);
}

#[tokio::test]
async fn sr_15_killed_while_pagerduty_does_not_answer_the_next_start_revokes() {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    sandbox.fault(on_revoke().times(1).delay(Duration::from_secs(60)));
    let leaving = tokio::spawn(async move {
        let form = person.form("/api/disconnect", &[]);
        person.try_send(form).await.is_ok()
    });
    eventually("PagerDuty is told", async || {
        sandbox.requests().iter().any(|request| request.path == "/oauth/revoke")
    })
    .await;
    drop(running);
    assert!(!leaving.await.unwrap(), "there was an answer");
    let mut db = place.database().await;
    let rows = async |db: &mut SqliteConnection, table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(db).await.unwrap()
    };
    let left = [rows(&mut db, "connection").await, rows(&mut db, "session").await];
    assert_eq!((left, rows(&mut db, "revocation").await), ([0, 0], 1));
    sqlx::raw_sql("UPDATE revocation SET due_at = 0").execute(&mut db).await.unwrap();
    db.close().await.unwrap();

    let running = place.serve(&["serve"], port);
    eventually("they are revoked", async || sandbox.tokens().iter().all(|token| token.revoked)).await;
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");
    let mut db = place.database().await;
    assert_eq!(rows(&mut db, "revocation").await, 0);
    db.close().await.unwrap();
}
