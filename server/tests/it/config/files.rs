//! Bad files, and files that too many can read.

use super::{DOWNLOADED, assert_stopped, setting};
use crate::harness::program::Place;

#[test]
fn a_file_that_cannot_be_used_is_named_and_its_content_is_not_shown() {
    for (text, says) in [
        ("PD_CLIENT_SECRET=CANARY-1", "not JSON"),
        ("{\"PD_CLIENT_SECRET\": CANARY-1}", "line 1 column"),
        ("{\"PD_CLIENT_SECRET\": \"CANARY-1\"", "not JSON"),
        ("{\"PD_CLIENT_SECRET\": \"CANARY-1\"} trailing", "not JSON"),
        ("[\"CANARY-1\"]", "not JSON"),
        ("\"CANARY-1\"", "not JSON"),
        ("", "not JSON"),
        ("{}", "PD_CLIENT_ID and PD_CLIENT_SECRET"),
        ("{\"unknown\": \"CANARY-1\"}", "PD_CLIENT_ID and PD_CLIENT_SECRET"),
        ("{\"PD_CLIENT_ID\": \"x\"}", "PD_CLIENT_SECRET"),
        ("{\"client_secret\": \"CANARY-1\"}", "PD_CLIENT_ID"),
        ("{\"client_id\": \"x\", \"client_secret\": \"\"}", "empty"),
        ("{\"client_id\": \" \", \"client_secret\": \"CANARY-1\"}", "empty"),
        ("{\"client_id\": {\"a\": \"CANARY-1\"}, \"client_secret\": \"s\"}", "must be text"),
        ("{\"client_id\": \"x\", \"client_secret\": null}", "must be text"),
    ] {
        for command in ["config", "serve"] {
            let ended = Place::new().file("config.json", text).run(&[command]);
            assert_stopped(&ended, &[says]);
        }
    }
}

#[test]
fn a_file_that_was_asked_for_must_exist() {
    assert_stopped(&Place::new().run(&["config", "--config", "nope.json"]), &["--config", "nope.json"]);
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).unwrap();
    assert_stopped(&place.run(&["config", "--config", "folder"]), &["--config", "folder"]);
}

#[test]
fn a_file_of_bytes_is_refused_without_showing_them() {
    let place = Place::new().file("config.json", "");
    std::fs::write(place.path("config.json"), b"\xff\xfe\x00CANARY").unwrap();
    assert_stopped(&place.run(&["serve"]), &["config.json"]);
}

#[test]
fn sr_79_a_file_with_the_secret_is_for_its_owner_only() {
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o777, 0o660] {
        let place = Place::new().file("config.json", DOWNLOADED);
        place.mode("config.json", mode);
        for command in ["config", "serve"] {
            assert_stopped(&place.run(&[command]), &["config.json", "chmod 600"]);
        }
    }
    for mode in [0o600, 0o400, 0o700] {
        let place = Place::new().file("config.json", DOWNLOADED);
        place.mode("config.json", mode);
        assert_eq!(setting(&place.run(&["config"]), "PD_CLIENT_ID").0, "file", "{mode:o}");
    }
    // Without a secret in it everyone may read it.
    let place = Place::new().file("config.json", "{\"PORT\": 5003}");
    place.mode("config.json", 0o644);
    assert_eq!(setting(&place.run(&["config"]), "PORT"), ("file", "5003"));
}
