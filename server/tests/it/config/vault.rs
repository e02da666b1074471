//! The database and its key, as the program meets them at the start.

use std::collections::BTreeMap;

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::assert_stopped;
use crate::harness::{
    postgres::Database,
    program::{Place, free_port},
};

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
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "does not hold the key"),
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

#[tokio::test]
async fn rf_27_a_database_of_the_first_version_is_left_as_it_is() {
    let place = Place::new();
    std::fs::create_dir(place.path("data")).unwrap();
    let options = SqliteConnectOptions::new().filename(place.path("data/sandbox.db")).create_if_missing(true);
    let mut db = options.connect().await.unwrap();
    sqlx::raw_sql(
        "PRAGMA application_id = 0x5044436e;
         CREATE TABLE vault_key (key_id TEXT NOT NULL PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
         INSERT INTO vault_key VALUES ('first', x'00')",
    )
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
    place.mode("data/sandbox.db", 0o600);
    let before = place.bytes("data/sandbox.db");
    let said = ["DATABASE_URL", "early version", "nothing was changed", "Move it away"];
    assert_stopped(&place.run(&["serve"]), &said);
    assert_eq!(place.bytes("data/sandbox.db"), before);
}

#[tokio::test]
async fn rf_27_a_database_of_a_newer_version_is_left_as_it_is() {
    let (place, _) = served().await;
    let options = SqliteConnectOptions::new().filename(place.path("data/sandbox.db"));
    let mut db = options.connect().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of the future', TRUE, x'00', 0)",
    )
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
    let before = data(&place);
    assert_stopped(&place.run(&["serve"]), &["DATABASE_URL", "newer version", "nothing was changed"]);
    assert_eq!(data(&place).get("sandbox.db"), before.get("sandbox.db"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    // Where nobody may make a file, root neither.
    let place = Place::new().file("sealed.key", "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n");
    for (flag, value, says) in [
        ("--database-url", "sqlite:/proc/pdconnect/v.db", "DATABASE_URL"),
        ("--vault-key-file", "/proc/pdconnect/vault.key", "VAULT_KEY_FILE"),
    ] {
        let port = free_port().to_string();
        let mut arguments = vec!["serve", "--port", &port, flag, value];
        if says == "DATABASE_URL" {
            arguments.extend(["--vault-key-file", "sealed.key"]);
        }
        assert_stopped(&place.run(&arguments), &[says, "/proc/pdconnect", "cannot be used"]);
    }
}

#[test]
fn a_server_that_does_not_answer_is_named_without_its_password() {
    let closed = free_port();
    for address in [
        format!("postgres://somebody:CANARY@127.0.0.1:{closed}/pdconnect"),
        format!("postgresql://somebody:CANARY@nowhere.invalid:{closed}/pdconnect"),
        "postgres://somebody:CANARY@[::1/".to_owned(),
    ] {
        let ended = Place::new().env("DATABASE_URL", &address).env("PORT", &free_port().to_string());
        let ended = ended.run(&["serve"]);
        assert_stopped(&ended, &["DATABASE_URL"]);
    }
}

#[tokio::test]
async fn a_database_the_server_does_not_have_is_named() {
    let database = Database::create().await;
    let missing = format!("{}_is_missing", database.url());
    let place = Place::new().env("DATABASE_URL", &missing).env("PORT", &free_port().to_string());
    assert_stopped(&place.run(&["serve"]), &["DATABASE_URL", "_is_missing", "does not exist"]);
}

#[test]
fn sr_80_a_password_on_the_command_line_is_refused_and_never_printed() {
    for (given, shown) in [
        ("postgres://somebody:CANARY@localhost/x", "postgres://somebody:••••@localhost/x"),
        ("postgres://localhost/x?user=u&password=CANARY", "postgres://localhost/x?user=u&password=••••"),
    ] {
        let ended = Place::new().run(&["serve", "--database-url", given]);
        assert_stopped(&ended, &["DATABASE_URL", "environment"]);
        let config = Place::new().env("DATABASE_URL", given).run(&["config"]);
        assert!(config.ok && config.out.contains(shown), "{}", config.out);
        for printed in [ended.err, ended.out, config.out, config.err] {
            assert!(!printed.contains("CANARY"), "{printed}");
        }
    }
}

#[test]
fn an_address_that_is_no_database_is_named() {
    for url in ["mysql://localhost/x", "x.db", "sqlite:", "sqlite:folder"] {
        let place = Place::new();
        std::fs::create_dir(place.path("folder")).unwrap();
        let ended = place.run(&["serve", "--port", &free_port().to_string(), "--database-url", url]);
        assert!(!ended.ok, "{url}");
        assert!(!ended.err.contains("panicked"), "{url}: {}", ended.err);
        assert!(ended.err.contains("pdconnect: "), "{url}: {}", ended.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_sandbox_kept_is_not_gone_on_with_at_pagerduty_nor_the_other_way_round() {
    let (one, other) = (Database::create().await, Database::create().await);
    let homes = [["sqlite:data/a.db", "sqlite:data/b.db"], [one.url(), other.url()]];
    let port = free_port();
    for [of_sandbox, of_pagerduty] in homes {
        let place = Place::new().env("PORT", &port.to_string());
        let start = |place: &Place| assert!(place.serve(&["serve"], port).terminate().0.success());

        let place = place.env("DATABASE_URL", of_sandbox);
        start(&place);
        let place = place.file("config.json", r#"{"client_id":"an-id","client_secret":"CANARY-s"}"#);
        let says = ["DATABASE_URL", "holds what a sandbox kept", "Choose another"];
        for command in [&["serve"][..], &["token", "--user", "x"], &["identities"], &["vault", "rotate"]] {
            assert_stopped(&place.run(command), &says);
        }
        let told = place.run(&["doctor"]).out;
        assert!(told.contains("✗ vault") && told.contains("holds what a sandbox kept"), "{told}");

        let place = place.env("DATABASE_URL", of_pagerduty);
        start(&place);
        start(&place);
        std::fs::remove_file(place.path("config.json")).unwrap();
        let says = ["DATABASE_URL", "holds what was kept with PagerDuty", "PD_CLIENT_ID"];
        for command in [&["serve"][..], &["identities"]] {
            assert_stopped(&place.run(command), &says);
        }
        // Each goes on with its own.
        start(&place.env("DATABASE_URL", of_sandbox));
    }
}
