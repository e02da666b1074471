//! `pdconnect init`.

use std::{thread::sleep, time::Duration};

use serde_json::Value;

use super::{TAKEN, doctored, downloaded, empty, sorted};
use crate::harness::{
    BETHANY,
    program::{Place, browser},
};

const FILE: [&str; 3] = ["init", "--credentials", "downloaded.json"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_empty_folder_one_command_leads_to_a_program_that_connects() {
    let (place, sandbox, port) = empty().await;
    let place = place.file("downloaded.json", &downloaded(&sandbox));
    let ended = place.run(&FILE);
    assert!(ended.ok && ended.out.contains("config.json is written"), "{ended:?}");
    assert!(ended.out.contains("✓ credentials") && ended.out.contains("✓ redirect-url"), "{ended:?}");
    // More than it needs: told, and left behind.
    assert!(ended.out.contains("What is not taken over: name"), "{}", ended.out);
    assert!(!format!("{ended:?}").contains(sandbox.client_secret()));
    assert_eq!(place.mode_of("config.json"), 0o600);
    let kept: Value = serde_json::from_slice(&place.bytes("config.json")).unwrap();
    assert_eq!((kept.get("name"), kept["client_id"].as_str()), (None, Some(sandbox.client_id())));
    assert_eq!(kept["DATABASE_URL"], "sqlite:data/pdconnect.db");

    let _running = place.serve(&["serve"], port);
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    assert!(person.is_greeted("Bethany Developer").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_not_work_is_not_written_unless_somebody_says_so() {
    let (place, sandbox, _) = empty().await;
    let wrong = downloaded(&sandbox).replace(sandbox.client_secret(), "CANARY-not-the-secret");
    let place = place.file("downloaded.json", &wrong);
    let ended = place.run(&FILE);
    assert!(!ended.ok && ended.out.contains("✗ credentials"), "{ended:?}");
    assert!(ended.err.contains("config.json was not written") && !format!("{ended:?}").contains("CANARY"));
    assert!(!place.path("config.json").exists());
    let ended = place.run(&[&FILE[..], &["--anyway"]].concat());
    assert_eq!((ended.code, place.path("config.json").exists()), (Some(1), true), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_is_there_is_never_written_over() {
    let (place, sandbox, _) = empty().await;
    for text in ["{\"PORT\": 5003}", "", "not even JSON"] {
        let place = Place::new().file("downloaded.json", &downloaded(&sandbox)).file("config.json", text);
        let ended = place.run(&[&FILE[..], &["--anyway"]].concat());
        assert!(!ended.ok && ended.err.contains("is not written over"), "{ended:?}");
        assert_eq!(place.bytes("config.json"), text.as_bytes());
    }
    // Nor a link that leads nowhere yet.
    let place = place.file("downloaded.json", &downloaded(&sandbox));
    std::os::unix::fs::symlink(place.path("elsewhere.json"), place.path("config.json")).unwrap();
    assert!(!place.run(&FILE).ok && !place.path("elsewhere.json").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_moment_leaves_a_whole_configuration_or_none() {
    let (place, sandbox, _) = empty().await;
    let place = place.file("downloaded.json", &downloaded(&sandbox));
    let config = place.path("config.json");
    let (mut before, mut after) = (0, 0);
    for round in 0..40 {
        let mut running = place.start(&FILE);
        if round % 2 == 0 {
            sleep(Duration::from_millis(round * 5));
        } else {
            // The moment at which it stands, and the program has more to do.
            while !config.exists() && running.is_alive() {}
        }
        let was_at_work = running.is_alive();
        drop(running); // SIGKILL
        let Ok(bytes) = std::fs::read(&config) else {
            before += 1;
            continue;
        };
        after += u32::from(was_at_work);
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(whole["client_secret"], sandbox.client_secret());
        assert_eq!(place.mode_of("config.json"), 0o600);
        std::fs::remove_file(&config).unwrap();
    }
    assert!(before > 0 && after > 0, "killed {before} times before, {after} after");
    assert!(place.run(&FILE).ok, "it can be done again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_and_flags_that_will_not_do_are_told_in_words() {
    let (place, sandbox, _) = empty().await;
    let place = place
        .file("downloaded.json", &downloaded(&sandbox))
        .file("half.json", "{\"client_id\": \"CANARY\"}")
        .file("huge.json", &"CANARY".repeat(10_000));
    for (arguments, says) in [
        (&["init"][..], "--credentials FILE"),
        (&["init", "--credentials", "nowhere.json"], "nowhere.json cannot be read"),
        (&["init", "--credentials", "half.json"], "client_secret is missing"),
        (&["init", "--credentials", "huge.json"], "larger than 16 KiB"),
        (
            &["init", "--credentials", "downloaded.json", "--data", "postgres://u:CANARY@host/db"],
            "--data: it holds",
        ),
        (
            &["init", "--credentials", "downloaded.json", "--data", "postgres://db/x?password=CANARY"],
            "--data: it holds",
        ),
        (&["init", "--credentials", "downloaded.json", "--data", "mysql://host/db"], "not written"),
        // With it the program could not even start.
        (
            &["init", "--credentials", "downloaded.json", "--anyway", "--data", "mysql://host/db"],
            "not written",
        ),
    ] {
        let ended = place.run(arguments);
        let told = format!("{}{}", ended.out, ended.err);
        assert!(!ended.ok && told.contains(says), "{arguments:?}: {told}");
        assert!(!told.contains("CANARY") && !told.contains("panicked"), "{told}");
        assert!(!place.path("config.json").exists(), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_97_of_a_doctored_file_no_host_and_no_place_is_taken_over() {
    let (place, sandbox, port) = empty().await;
    let (file, more) = doctored(&sandbox, port);
    // A name that would write on the terminal.
    let file = file.replacen('{', "{\"\\u001b[31mred\": 1,", 1);
    let place = place.file("downloaded.json", &file);
    let ended = place.run(&FILE);
    assert!(ended.ok, "{ended:?}");
    assert!(!ended.out.contains('\u{1b}') && ended.out.contains("[31mred"), "{ended:?}");
    assert!(more.iter().all(|name| ended.out.contains(name)), "{ended:?}");
    assert!(!ended.out.contains("evil.example"), "{ended:?}");
    let kept: Value = serde_json::from_slice(&place.bytes("config.json")).unwrap();
    assert_eq!(sorted(kept.as_object().unwrap().keys()), TAKEN);
    assert_eq!(kept["DATABASE_URL"], "sqlite:data/pdconnect.db");
}
