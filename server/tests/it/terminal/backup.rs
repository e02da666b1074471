//! A copy of the database while it is in use.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use pagerduty_sandbox::Options;

use super::{Served, json_of};
use crate::harness::{
    BETHANY,
    postgres::Database,
    program::{Place, browser, free_port},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_under_load_opens_and_holds_whatever_was_acknowledged() {
    let served = Served::with(Options { crowd: 200, ..Options::default() }).await;
    let (place, port) = (&served.place, served.port);
    let (done, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let next = Arc::new(Mutex::new(1..=200));
    let flows: Vec<_> = (0..4)
        .map(|_| {
            let (done, acknowledged, next) =
                (Arc::clone(&done), Arc::clone(&acknowledged), Arc::clone(&next));
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let Some(number) = next.lock().unwrap().next() else { return };
                    let email = format!("person-{number:04}@acme.example");
                    assert_eq!(browser(port).connect_as(&email).await.location(), "/welcome");
                    acknowledged.lock().unwrap().push(email);
                }
            })
        })
        .collect();

    let mut copies = Vec::new();
    for number in 0..4 {
        while acknowledged.lock().unwrap().len() < 5 * (number + 1) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let before = acknowledged.lock().unwrap().clone();
        let name = format!("copy-{number}.db");
        let told = json_of(&place.run(&["backup", &name, "--json"]));
        assert!(told["connections"].as_u64().unwrap() >= before.len() as u64, "{told}");
        assert_eq!(place.mode_of(&name), 0o600);
        copies.push((name, before));
    }
    done.store(true, Ordering::Relaxed);
    for flow in flows {
        flow.await.unwrap();
    }
    let (status, log) = served.running.terminate();
    assert!(status.success() && !log.contains("database is locked"), "{log}");

    // Each of them in the database's place.
    for (name, before) in copies {
        for end in ["", "-wal", "-shm"] {
            _ = fs::remove_file(place.path(&format!("data/pdconnect.db{end}")));
        }
        fs::rename(place.path(&name), place.path("data/pdconnect.db")).unwrap();
        let running = place.serve(&["serve"], port);
        for email in before {
            let token = place.run(&["token", "--user", &email]);
            assert!(token.ok && token.out.starts_with("pdus+"), "{email}: {token:?}");
        }
        let (status, _) = running.terminate();
        assert!(status.success());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_says_what_it_needs_and_is_written_over_nothing() {
    let served = Served::start().await;
    let place = &served.place;
    served.person(BETHANY).await;
    let made = place.run(&["backup", "copy.db"]);
    assert!(made.ok && made.out.contains("connections: 1,") && made.out.contains("vault.key"), "{made:?}");
    let bytes = place.bytes("copy.db");
    for key in String::from_utf8(place.bytes("data/vault.key")).unwrap().lines() {
        assert!(!String::from_utf8_lossy(&bytes).contains(key), "the key is in the copy");
    }
    let again = place.run(&["backup", "copy.db"]);
    assert!(!again.ok && again.err.contains("copy.db is there already"), "{again:?}");
    assert_eq!(place.bytes("copy.db"), bytes);
    fs::create_dir(place.path("folder")).unwrap();
    let folder = place.run(&["backup", "folder"]);
    assert!(!folder.ok && folder.err.contains("is there already"), "{folder:?}");

    // With a key that does not open it, it would be worth nothing.
    let key = place.bytes("data/vault.key");
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    fs::write(place.path("data/vault.key"), other).unwrap();
    let locked = place.run(&["backup", "locked.db"]);
    assert!(!locked.ok && locked.err.contains("VAULT_KEY_FILE"), "{locked:?}");
    fs::write(place.path("data/vault.key"), key).unwrap();
    assert!(!place.path("locked.db").exists());

    let nothing = place.run(&["backup", "none.db", "--database-url", "sqlite:not-there.db"]);
    assert!(!nothing.ok && nothing.err.contains("no database of this program yet"), "{nothing:?}");
    assert!(!place.path("not-there.db").exists() && !place.path("none.db").exists());
    let nowhere = place.run(&["backup", "/proc/pdconnect/copy.db"]);
    assert!(!nowhere.ok && nowhere.err.contains("/proc/pdconnect"), "{nowhere:?}");
    let left: Vec<String> = fs::read_dir(place.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".new"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn of_postgresql_it_says_how_that_is_copied_and_shows_no_password() {
    let database = Database::create().await;
    let place = Place::new().env("DATABASE_URL", database.url()).env("PORT", &free_port().to_string());
    let ended = place.run(&["backup", "copy.db"]);
    assert!(!ended.ok && ended.err.contains("pg_dump --schema=pdconnect"), "{ended:?}");
    let place = place.env("DATABASE_URL", "postgres://u:CANARY@localhost/x");
    let ended = place.run(&["backup", "copy.db"]);
    assert!(!ended.ok && !ended.err.contains("CANARY") && !place.path("copy.db").exists(), "{ended:?}");
}
