//! The database in the hands of somebody who can write to it.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, sqlite::SqliteConnectOptions};

use crate::harness::{App, BETHANY, Browser, MARCUS};

impl App {
    /// Changes the database behind the program's back.
    async fn tamper(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.folder().join("pdconnect.db"));
        let mut db = options.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }

    async fn blob(&self, sql: &str) -> Vec<u8> {
        let options = SqliteConnectOptions::new().filename(self.folder().join("pdconnect.db"));
        let mut db = options.connect().await.unwrap();
        let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut db).await.unwrap();
        db.close().await.unwrap();
        row.get(0)
    }
}

/// The person is asked to connect again: not served, not crashed on, nobody else shown.
async fn assert_asked_to_reconnect(browser: &Browser, never: &str) {
    for path in ["/welcome", "/how"] {
        let reply = browser.get(path).await;
        assert_eq!(
            (reply.status, reply.problem().as_deref()),
            (409, Some("reconnect")),
            "{path}: {}",
            reply.body
        );
        assert!(!reply.body.contains(never), "{path} shows {never}");
        let events: Vec<String> = reply.log().iter().map(|line| line["event"].to_string()).collect();
        assert!(events.iter().any(|e| e.contains("vault.refused")), "{path}: {events:?}");
    }
    let home = browser.get("/").await;
    assert!(home.status < 500 && !home.body.contains(never), "/: {}", home.status);
    assert_eq!(browser.get("/avatar").await.status, 404);
}

#[tokio::test]
async fn sr_73_values_moved_between_people_and_columns_are_refused() {
    let app = App::start().await;
    let (bethany, _) = app.connected(BETHANY).await;
    let (marcus, _) = app.connected(MARCUS).await;
    let keep = "CREATE TABLE kept AS SELECT * FROM connection;";
    let put_back = "UPDATE connection SET about_sealed = (SELECT about_sealed FROM kept k WHERE k.user_id = connection.user_id),
        tokens_sealed = (SELECT tokens_sealed FROM kept k WHERE k.user_id = connection.user_id),
        generation = (SELECT generation FROM kept k WHERE k.user_id = connection.user_id)";
    app.tamper(keep).await;
    for swap in [
        "UPDATE connection SET about_sealed = (SELECT about_sealed FROM kept k WHERE k.user_id <> connection.user_id)",
        "UPDATE connection SET about_sealed = tokens_sealed, tokens_sealed = about_sealed",
        "UPDATE connection SET generation = generation + 1",
        "UPDATE connection SET about_sealed = x''",
        "UPDATE connection SET about_sealed = x'01'",
        "UPDATE connection SET about_sealed = CAST(x'02' || substr(about_sealed, 2) AS BLOB)",
        "UPDATE connection SET about_sealed = substr(about_sealed, 1, length(about_sealed) - 1)",
        "UPDATE connection SET about_sealed = CAST(about_sealed || x'00' AS BLOB)",
        "UPDATE connection SET about_sealed = (SELECT sealed FROM vault_key)",
    ] {
        app.tamper(swap).await;
        assert_asked_to_reconnect(&bethany, "Marcus").await;
        assert_asked_to_reconnect(&marcus, "Bethany").await;
        app.tamper(put_back).await;
        assert!(bethany.is_greeted("Bethany Developer").await, "{swap}");
    }
    // Connecting again mends it.
    app.tamper("UPDATE connection SET about_sealed = x''").await;
    assert_eq!(bethany.connect_as(BETHANY).await.location(), "/welcome");
    assert!(bethany.is_greeted("Bethany Developer").await);
}

#[tokio::test]
async fn sr_73_a_flipped_byte_anywhere_is_noticed() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let whole = app.blob("SELECT about_sealed FROM connection").await;
    for at in (0..whole.len()).step_by(whole.len() / 40).chain([1, 24, 25, whole.len() - 1]) {
        let mut bad = whole.clone();
        bad[at] ^= 1;
        app.tamper(&format!("UPDATE connection SET about_sealed = x'{}'", hex::encode(&bad))).await;
        let reply = browser.get("/welcome").await;
        assert_eq!((reply.status, reply.problem().as_deref()), (409, Some("reconnect")), "byte {at}");
    }
}

#[tokio::test]
async fn sr_73_another_persons_token_is_never_used() {
    let app = App::start().await;
    let (bethany, _) = app.connected(BETHANY).await;
    let (marcus, _) = app.connected(MARCUS).await;
    app.tamper(
        "CREATE TABLE kept AS SELECT * FROM connection;
         UPDATE connection SET tokens_sealed = (SELECT tokens_sealed FROM kept k WHERE k.user_id <> connection.user_id)",
    )
    .await;
    app.sandbox.reset();
    let reply = bethany.post("/api/disconnect", &[]).await;
    assert_eq!((reply.status, reply.location()), (303, "/disconnected?revoked=unreadable"), "{}", reply.body);
    assert!(app.calls("/oauth/revoke").is_empty(), "somebody's token was sent");
    assert_eq!(
        app.query("SELECT count(*) FROM connection WHERE user_id LIKE '%PBETH01'").await,
        0,
        "wiped anyway"
    );
    assert!(marcus.is_greeted("Marcus Okafor").await);
}

#[tokio::test]
async fn sr_74_an_old_value_put_back_is_refused() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let old = app.blob("SELECT about_sealed FROM connection").await;
    browser.connect_as(BETHANY).await;
    assert!(browser.is_greeted("Bethany Developer").await);
    app.tamper(&format!("UPDATE connection SET about_sealed = x'{}'", hex::encode(&old))).await;
    assert_asked_to_reconnect(&browser, "Bethany Developer").await;
}

#[tokio::test]
async fn sr_73_an_altered_attempt_is_refused_before_any_code_is_redeemed() {
    let app = App::start().await;
    for tampering in [
        "UPDATE attempt SET sealed = x''",
        "UPDATE attempt SET sealed = randomblob(100)",
        "UPDATE attempt SET sealed = (SELECT sealed FROM vault_key)",
    ] {
        let browser = app.browser();
        let back = browser.until_callback(BETHANY).await;
        app.tamper(tampering).await;
        let reply = browser.callback(&back).await;
        assert!((400..500).contains(&reply.status), "{tampering}: {}", reply.status);
        assert!(browser.session().is_none());
    }
    assert_eq!(app.token_calls(), 0);
}
