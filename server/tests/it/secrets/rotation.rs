//! The operator changes the key while the program serves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pagerduty_sandbox::{Options, Sandbox};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::harness::{
    BETHANY, PATIENCE, eventually,
    program::{Place, browser, reopened},
};

/// Enough to kill a rotation half-way.
const ATTEMPTS: i64 = 2_000;

/// Somebody who goes on using the program until told to stop; how often it answered.
type Visitor = JoinHandle<usize>;

/// One who is connected, one who comes and goes, one who only begins.
async fn visitors(port: u16, stop: &Arc<AtomicBool>) -> Vec<Visitor> {
    let known = browser(port);
    assert_eq!(known.connect_as(BETHANY).await.location(), "/welcome");
    let until = |stop: &Arc<AtomicBool>| {
        let stop = Arc::clone(stop);
        move || !stop.load(Ordering::Relaxed)
    };
    let (going, coming, looking) = (until(stop), until(stop), until(stop));
    vec![
        tokio::spawn(async move {
            let mut times = 0;
            while going() {
                assert_eq!(known.check().await, "checked");
                assert!(known.is_greeted("Bethany Developer").await);
                times += 1;
            }
            times
        }),
        tokio::spawn(async move {
            let mut times = 0;
            while coming() {
                let person = browser(port);
                let reply = person.connect_as("person-0001@acme.example").await;
                assert_eq!(reply.location(), "/welcome", "{:?}", reply.problem());
                assert_eq!(person.post("/api/disconnect", &[]).await.location(), "/disconnected");
                times += 1;
            }
            times
        }),
        tokio::spawn(async move {
            let mut times = 0;
            while looking() {
                browser(port).begin().await;
                sleep(Duration::from_millis(20)).await;
                times += 1;
            }
            times
        }),
    ]
}

async fn number(db: &mut SqliteConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(db).await.unwrap()
}

async fn serving() -> (Place, Sandbox, u16) {
    let (place, sandbox, port) = Place::with_sandbox(Options { crowd: 1, ..Options::default() }).await;
    sandbox.set_switches(|s| s.rate_limit = u32::MAX);
    (place, sandbox, port)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_75_the_key_changes_under_load_and_a_rotation_that_was_killed_is_finished() {
    let (place, sandbox, port) = serving().await;
    let running = place.serve(&["serve"], port);
    let stop = Arc::new(AtomicBool::new(false));
    let visitors = visitors(port, &stop).await;
    let mut db = place.database().await;
    let more = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ATTEMPTS})
         INSERT INTO attempt (id, browser, key_id, sealed, started_at)
         SELECT randomblob(32), browser, key_id, sealed, started_at FROM n, (SELECT * FROM attempt LIMIT 1)"
    );
    sqlx::raw_sql(AssertSqlSafe(more)).execute(&mut db).await.unwrap();
    let old = "key_id = (SELECT key_id FROM vault_key WHERE current = 0)";
    let resealed = format!("SELECT count(*) FROM attempt WHERE NOT {old}");

    let mut killed = place.start(&["vault", "rotate"]);
    let in_the_midst = async {
        while number(&mut db, "SELECT count(*) FROM vault_key").await < 2
            || number(&mut db, &resealed).await < 200
        {
            // On a slow disk the visitors may leave it no moment to write in: then it is begun again.
            if !killed.is_alive() {
                killed = place.start(&["vault", "rotate"]);
            }
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, in_the_midst).await.expect("a rotation gets on");
    drop(killed);
    let left = number(&mut db, &format!("SELECT count(*) FROM attempt WHERE {old}")).await;
    assert!(left > 100, "too late to show anything: {left}");
    let refused = place.run(&["vault", "drop-old"]);
    assert!(!refused.ok && refused.err.contains("pdconnect vault rotate"), "{refused:?}");

    let done = place.run(&["vault", "rotate"]);
    assert!(done.ok, "{done:?}");
    assert!(done.out.contains("an earlier rotation was finished"), "{done:?}");
    assert!(done.out.contains("pdconnect vault drop-old"), "{done:?}");
    for table in ["attempt", "connection", "revocation"] {
        assert_eq!(number(&mut db, &format!("SELECT count(*) FROM {table} WHERE {old}")).await, 0, "{table}");
    }
    let done = place.run(&["vault", "drop-old"]);
    assert!(done.ok, "{done:?}");
    assert_eq!(number(&mut db, "SELECT count(*) FROM vault_key").await, 1);
    assert_eq!(String::from_utf8(place.bytes("data/vault.key")).unwrap().lines().count(), 1);

    sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::Relaxed);
    for visitor in visitors {
        assert!(visitor.await.unwrap() > 2);
    }
    assert!(!running.err().contains("\"ERROR\""), "{}", running.err());

    // With the new key alone, all of it works after a restart too.
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");
    let running = place.serve(&["serve"], port);
    let person = reopened(&person, port);
    assert_eq!(person.check().await, "checked", "{}", running.err());
    assert_eq!(person.post("/api/disconnect", &[]).await.location(), "/disconnected");
    sqlx::raw_sql("UPDATE revocation SET due_at = 0").execute(&mut db).await.unwrap();
    drop(running);
    let _running = place.serve(&["serve"], port);
    eventually("every token is revoked", async || sandbox.tokens().iter().all(|t| t.revoked)).await;
    db.close().await.unwrap();
}
