//! What a command has to say arrives, or the command has failed.

use std::process::Command;

use pagerduty::import::{Kind, csv};

use super::{Served, json_of};
use crate::harness::{BETHANY, program::Place};

const FULL: &str = "/dev/full";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_off_is_no_success() {
    let served = Served::start().await;
    served.person(BETHANY).await;
    for arguments in [
        &["audit", "export"][..],
        &["audit"],
        &["audit", "verify"],
        &["backup", "copy.db"],
        &["completions", "bash"],
        &["config", "--json"],
        &["doctor"],
        &["identities"],
        &["import", "list", "--json"],
        &["import", "template", "users"],
        &["keys", "list"],
        &["man"],
        &["ready"],
        &["sessions", "--json"],
        &["token"],
        &["vault", "prepare"],
    ] {
        let ended = served.place.run_into(FULL, arguments);
        assert_eq!(ended.code, Some(1), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains("could not be written: No space left"), "{arguments:?}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_nobody_has_seen_counts_for_nothing() {
    let served = Served::start().await;
    for json in [&[][..], &["--json"]] {
        let new = [&["keys", "create", "--name", "lost", "--scope", "identities.read"], json].concat();
        let ended = served.place.run_into(FULL, &new);
        assert!(ended.code == Some(1) && ended.err.contains("revoked"), "{ended:?}");
        assert!(!ended.err.contains("shown once"), "{ended:?}");
    }
    let keys = json_of(&served.place.run(&["keys", "list", "--json"]));
    let revoked = keys["keys"].as_array().unwrap().iter().filter(|key| key["revoked_at"].is_string());
    assert_eq!(revoked.count(), 2, "{keys}");
}

#[test]
fn who_has_read_enough_may_go() {
    let place = Place::new();
    let (running, out, _err) = place.piped(&["man"]);
    drop(out);
    let (status, said) = running.ended();
    assert!(status.success(), "{status}: {said}");
}

#[test]
fn a_file_is_written_to_the_last_byte_and_a_terminal_is_steered_by_nothing() {
    let place = Place::new();
    assert_eq!(place.run(&["import", "template", "users"]).out, csv::template(Kind::Users));
    let steers = place.run(&["import", "users", "\u{1b}[31mred.csv"]);
    assert!(!steers.ok && steers.err.contains("[31mred.csv"), "{steers:?}");
    assert!(!steers.err.contains('\u{1b}'), "{steers:?}");
}

/// What is shown on a terminal; none where nobody can make one.
fn on_a_terminal(place: &Place, command: &str) -> Option<String> {
    let done = Command::new("script")
        .args(["--quiet", "--return", "--command", command, "/dev/null"])
        .current_dir(place.path(""))
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
#[allow(clippy::print_stdout, reason = "a test that is skipped says so")]
fn on_a_terminal_a_file_is_text() {
    let place = Place::new();
    let command = format!("{} import template users", env!("CARGO_BIN_EXE_pdconnect"));
    let Some(shown) = on_a_terminal(&place, &command) else {
        println!("skipped, no terminal can be made: script is needed");
        return;
    };
    // The terminal puts one return before each line's end, and a page has none of its own.
    assert!(shown.starts_with("name,email") && !shown.contains("\r\r"), "{shown:?}");
}
