//! A database file that somebody else holds.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection, SqliteConnection};
use tokio::task::JoinSet;

use crate::harness::{App, BETHANY, DAY, Setup, eventually};

/// Begins to write, and does not end.
async fn hold(app: &App) -> SqliteConnection {
    let mut other = app.file().await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    other
}

async fn let_go(mut other: SqliteConnection) {
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn rf_13_a_file_that_is_locked_for_three_seconds_is_waited_for() {
    const PEOPLE: u32 = 16;
    let app = Arc::new(App::start_with(Setup { crowd: PEOPLE, ..Setup::default() }).await);
    app.sandbox.set_switches(|s| s.code_seconds = 600);
    let (bethany, _) = app.person(BETHANY).await;
    let mut waiting = Vec::new();
    for number in 1..=PEOPLE {
        let browser = app.browser();
        let back = browser.until_callback(&format!("person-{number:04}@acme.example")).await;
        waiting.push((browser, back));
    }
    app.clock.advance(Duration::from_secs(310));

    let other = hold(&app).await;
    let mut all = JoinSet::new();
    for (browser, back) in waiting {
        all.spawn(async move { browser.callback(&back).await.location().to_owned() });
    }
    let door = bethany.twin();
    // It has been five minutes: that it was seen is written down.
    all.spawn(async move { door.get("/welcome").await.status.to_string() });
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(all.try_join_next().map(|done| done.unwrap()), None, "somebody did not wait");
    assert_eq!(app.rows("connection").await, 1);
    let_go(other).await;

    let mut done = all.join_all().await;
    done.sort();
    assert_eq!(done.pop().as_deref(), Some("200"));
    assert_eq!(done, ["/welcome"; PEOPLE as usize]);
    assert_eq!(app.rows("connection").await, i64::from(PEOPLE) + 1);
}

#[tokio::test]
async fn rf_13_a_refresh_waits_for_the_lock_before_it_spends_a_token() {
    let app = Arc::new(App::start().await);
    let (browser, _) = app.person(BETHANY).await;
    app.clock.advance(DAY);
    let other = hold(&app).await;
    let checking = tokio::spawn(async move { browser.check().await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((app.refreshes().len(), checking.is_finished()), (0, false));
    let_go(other).await;
    assert_eq!(checking.await.unwrap(), "checked");
    app.assert_redeemed(1, 1);
}

/// Takes five seconds: that is how long it is waited for.
#[tokio::test]
async fn rf_13_a_file_that_stays_locked_is_a_page_that_says_so_and_nothing_is_lost() {
    let app = App::start().await;
    let (bethany, user) = app.person(BETHANY).await;
    app.pass(DAY);
    app.sandbox.set_switches(|s| s.code_seconds = 600);
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;

    let other = hold(&app).await;
    let (called_back, form, token, ready) =
        tokio::join!(browser.callback(&back), bethany.check(), app.token(&user), bethany.get("/readyz"),);
    assert_eq!(called_back.status, 503);
    assert_eq!(called_back.header("retry-after"), "5");
    assert_eq!(called_back.problem().as_deref(), Some("unavailable"));
    assert_eq!(form, "/unavailable");
    assert_eq!(token.unwrap_err().code(), "unavailable");
    assert_eq!(ready.status, 200, "what only reads goes on");
    assert_eq!((app.token_calls(), app.refreshes().len()), (1, 0), "nothing was spent");
    let_go(other).await;

    assert_eq!(browser.callback(&back).await.location(), "/welcome", "the same answer is taken now");
    assert_eq!(bethany.check().await, "checked");
}

#[tokio::test]
async fn rf_13_a_long_reader_holds_nobody_up() {
    let app = App::start().await;
    let (browser, _) = app.person(BETHANY).await;
    let mut reader = app.file().await;
    let look = "BEGIN; SELECT count(*) FROM session";
    sqlx::raw_sql(look).execute(&mut reader).await.unwrap();
    for _ in 0..5 {
        app.clock.advance(DAY);
        assert_eq!(browser.check().await, "checked");
    }
    app.assert_redeemed(5, 5);
    reader.close().await.unwrap();
    eventually("the next is like any other", async || browser.check().await == "checked").await;
}
