//! Any line that is edited, dropped or reordered is found, and named.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::Watched;
use crate::harness::{BETHANY, postgres::Database};

/// What is done to a log, and what is said of it.
const DEEDS: [(&str, &str); 7] = [
    ("UPDATE audit_line SET detail = '{\"scopes\":\"users.read\"}' WHERE seq = 2", "line 2 was edited"),
    ("UPDATE audit_line SET at = at - 3600 WHERE seq = 4", "line 4 was edited"),
    ("DELETE FROM audit_line WHERE seq = 3", "line 3 was dropped"),
    (
        "UPDATE audit_line SET seq = 99 WHERE seq = 2; UPDATE audit_line SET seq = 2 WHERE seq = 4;
         UPDATE audit_line SET seq = 4 WHERE seq = 99",
        "line 2 is out of order: what stands there was written as line 4",
    ),
    ("DELETE FROM audit_line WHERE seq = 5", "cut off: line 5"),
    (
        "DELETE FROM audit_line WHERE seq = 5;
         UPDATE audit_head SET lines = 4, last_hash = (SELECT hash FROM audit_line WHERE seq = 4)",
        "its head, which says how many lines there are, was edited",
    ),
    ("DELETE FROM audit_line; DELETE FROM audit_head", "no line"),
];

const KEEP: &str =
    "CREATE TABLE kept_line AS SELECT * FROM audit_line; CREATE TABLE kept_head AS SELECT * FROM audit_head";
const PUT_BACK: &str = "DELETE FROM audit_line; INSERT INTO audit_line SELECT * FROM kept_line;
    DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept_head";

/// Five lines.
async fn live(it: &Watched) {
    for _ in 0..4 {
        assert_eq!(it.person.connect_as(BETHANY).await.location(), "/welcome");
    }
}

async fn assert_found(it: &Watched, mut change: impl AsyncFnMut(&'static str)) {
    live(it).await;
    change(KEEP).await;
    for (deed, found) in DEEDS {
        assert!(it.verified().unwrap().contains("All 5 lines stand"), "before {deed}");
        change(deed).await;
        match it.verified() {
            Err(said) => assert!(said.contains(found) && said.contains("earlier export"), "{deed}: {said}"),
            // A log of nothing says so: that it had lines, only an export kept elsewhere shows.
            Ok(said) => assert!(said.contains(found), "{deed}: {said}"),
        }
        change(PUT_BACK).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_done_to_a_log_in_a_file_is_found() {
    let it = Watched::in_a_file().await;
    let mut db = it.place.database().await;
    assert_found(&it, async |sql| _ = sqlx::raw_sql(sql).execute(&mut db).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_done_to_a_log_in_postgres_is_found() {
    let database = Database::create().await;
    let it = Watched::in_postgres(&database).await;
    let mut db = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql("SET search_path TO pdconnect").execute(&mut db).await.unwrap();
    let change =
        async |sql: &'static str| _ = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    assert_found(&it, change).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_done_to_an_exported_file_is_found() {
    let it = Watched::in_a_file().await;
    live(&it).await;
    let whole = it.export();
    assert_eq!(whole.len(), 6, "five lines and the head");
    // It is checked by itself: what has been written since makes no difference.
    assert_eq!(it.person.connect_as(BETHANY).await.location(), "/welcome");
    assert!(it.verified_file(&whole).unwrap().contains("All 5 lines stand"));

    let edited = |line: usize, from: &str, to: &str| {
        let mut file = whole.clone();
        assert!(file[line].contains(from), "{}", file[line]);
        file[line] = file[line].replacen(from, to, 1);
        file
    };
    let without = |line: usize| {
        let mut file = whole.clone();
        file.remove(line);
        file
    };
    let mut swapped = whole.clone();
    swapped.swap(1, 3);
    let mut twice = whole.clone();
    twice.insert(2, whole[1].clone());
    for (file, found) in [
        (edited(1, "connected.again", "connected"), "line 2 was edited"),
        (edited(2, "PBETH01", "PMARC01"), "line 3 was edited"),
        (edited(3, "\"seq\":4", "\"seq\": 4"), "line 4 was edited"),
        (edited(4, "{\"scopes\"", "{\"scopes\":\"\",\"scopes\""), "line 5 was edited"),
        (without(2), "line 3 was dropped"),
        (without(0), "line 1 was dropped"),
        (without(4), "cut off: line 5"),
        (whole[..3].to_vec(), "its head, which says how many lines there are, is missing"),
        (without(5), "its head, which says how many lines there are, is missing"),
        (edited(5, "\"lines\":5", "\"lines\":4"), "head, which says how many lines there are, was edited"),
        (swapped, "line 2 is out of order: what stands there was written as line 4"),
        (twice, "line 3 is out of order: what stands there was written as line 2"),
    ] {
        let said = it.verified_file(&file).unwrap_err();
        assert!(said.contains(found), "“{found}”: {said}");
    }

    // With another key file nothing can be said.
    let elsewhere = Watched::in_a_file().await;
    let said = elsewhere.verified_file(&whole).unwrap_err();
    assert!(said.contains("VAULT_KEY_FILE") && said.contains("--vault-key-file"), "{said}");
}
