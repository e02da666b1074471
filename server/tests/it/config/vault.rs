//! The database and its key, as the program meets them at the start.

use std::collections::BTreeMap;

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::assert_stopped;
use crate::harness::program::{Place, free_port};

/// A place that has served once.
async fn served() -> (Place, u16) {
    let port = free_port();
    let place = Place::new().env("PORT", &port.to_string());
    let (status, log) = place.serve(&[], port).terminate();
    assert!(status.success(), "{log}");
    (place, port)
}

/// Every file below `data`, byte by byte.
fn data(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(place.path("data")).unwrap().map(|e| e.unwrap().path());
    entries
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&p).unwrap()))
        .collect()
}

#[tokio::test]
async fn sr_79_what_is_created_is_for_its_owner_only_whatever_the_umask() {
    let port = free_port();
    let place = Place::new().env("PORT", &port.to_string());
    let running = place.serve(&["serve"], port);
    crate::harness::program::get(port, "/").await;
    assert_eq!(place.mode_of("data"), 0o700);
    for name in data(&place).keys() {
        assert_eq!(place.mode_of(&format!("data/{name}")), 0o600, "{name}");
    }
    assert!(data(&place).contains_key("sandbox.db-wal"), "the log beside the database was looked at too");
    drop(running);
    assert!(place.path("data/vault.key").exists() && place.path("data/sandbox.db").exists());
}

#[tokio::test]
async fn sr_79_a_key_or_database_that_others_can_read_is_refused() {
    let (place, _) = served().await;
    for name in ["data/vault.key", "data/sandbox.db"] {
        for mode in [0o644, 0o640, 0o604, 0o620, 0o666] {
            place.mode(name, mode);
            let before = data(&place);
            assert_stopped(&place.run(&["serve"]), &[name, "chmod 600"]);
            assert_eq!(data(&place), before, "{name} {mode:o}");
        }
        place.mode(name, 0o600);
    }
}

#[tokio::test]
async fn sr_76_without_its_key_the_database_is_left_as_it_is() {
    let (place, port) = served().await;
    let key = place.bytes("data/vault.key");
    let before = data(&place);

    std::fs::remove_file(place.path("data/vault.key")).unwrap();
    assert_stopped(&place.run(&["serve"]), &["vault.key", "missing"]);
    let after = data(&place);
    assert_eq!(after.get("sandbox.db"), before.get("sandbox.db"));
    assert!(!after.contains_key("vault.key"), "a new key was made for an old database");

    for (text, says) in [
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "not the one"),
        ("AAAA\n", "32 bytes"),
        ("", "32 bytes"),
        ("not base64 !", "32 bytes"),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", "32 bytes"),
    ] {
        std::fs::write(place.path("data/vault.key"), text).unwrap();
        place.mode("data/vault.key", 0o600);
        assert_stopped(&place.run(&["serve"]), &["vault.key", says]);
        assert_eq!(data(&place).get("sandbox.db"), before.get("sandbox.db"), "{text:?}");
        assert_eq!(place.bytes("data/vault.key"), text.as_bytes(), "the key file was written over");
    }

    std::fs::write(place.path("data/vault.key"), key).unwrap();
    let (status, _) = place.serve(&[], port).terminate();
    assert!(status.success(), "with its key, it starts again");
}

#[tokio::test]
async fn a_database_of_another_program_is_left_as_it_is() {
    let place = Place::new().file("other.db", "").file("text.db", "Dear diary,\nCANARY-free text.\n");
    std::fs::remove_file(place.path("other.db")).unwrap();
    let options = SqliteConnectOptions::new().filename(place.path("other.db")).create_if_missing(true);
    let mut db = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE session (id INTEGER)").execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    place.mode("other.db", 0o600);
    std::fs::write(place.path("short.db"), b"SQLite format 3\0").unwrap();
    place.mode("short.db", 0o600);

    for name in ["other.db", "text.db", "short.db"] {
        let before = place.bytes(name);
        let ended = place.run(&["serve", "--database-url", &format!("sqlite:{name}")]);
        assert_stopped(&ended, &[name, "nothing was changed"]);
        assert_eq!(place.bytes(name), before, "{name}");
        assert!(
            !place.path(&format!("{name}-wal")).exists() && !place.path(&format!("{name}-journal")).exists()
        );
        assert!(!place.path("data/vault.key").exists(), "{name}: a key was made");
    }
}

#[test]
fn an_address_that_is_no_database_is_named() {
    for url in ["postgres://localhost/x", "x.db", "sqlite:", "sqlite:folder"] {
        let place = Place::new();
        std::fs::create_dir(place.path("folder")).unwrap();
        let ended = place.run(&["serve", "--port", &free_port().to_string(), "--database-url", url]);
        assert!(!ended.ok, "{url}");
        assert!(!ended.err.contains("panicked"), "{url}: {}", ended.err);
        assert!(ended.err.contains("pdconnect: "), "{url}: {}", ended.err);
    }
}
