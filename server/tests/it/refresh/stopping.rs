//! The real program is asked to stop while a token is on its way.

use std::{net::TcpStream, time::Duration};

use pagerduty_sandbox::{Options, Sandbox};
use sqlx::Connection;

use crate::harness::{
    BETHANY, Browser, eventually, on_refresh,
    program::{Place, Running, browser, reopened},
};

/// A program that serves a person whose access token is over.
async fn serving() -> (Place, Sandbox, u16, Browser, Running) {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");
    let mut db = place.database().await;
    let over = "UPDATE connection SET refreshed_at = 0, access_until = 0";
    sqlx::raw_sql(over).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    let running = place.serve(&["serve"], port);
    let person = reopened(&person, port);
    (place, sandbox, port, person, running)
}

fn refreshes(sandbox: &Sandbox) -> Vec<Option<u16>> {
    let all = sandbox.requests().into_iter();
    all.filter(|r| r.form("grant_type").as_deref() == Some("refresh_token")).map(|r| r.status).collect()
}

/// Presses "Check it now" and leaves before there is an answer.
async fn hangs_up(person: &Browser, sandbox: &Sandbox) {
    let form = person.form("/api/check", &[]).timeout(Duration::from_millis(300));
    assert!(person.try_send(form).await.is_err_and(|e| e.is_timeout()), "it was to hang up");
    eventually("PagerDuty is asked", async || !refreshes(sandbox).is_empty()).await;
}

// Waiting for the program's end must not hold up its PagerDuty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_18_asked_to_stop_it_stores_the_answer_whose_caller_has_hung_up() {
    let (place, sandbox, port, person, running) = serving().await;
    sandbox.fault(on_refresh().delay_after(Duration::from_secs(7)));
    hangs_up(&person, &sandbox).await;
    let (status, log) = running.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("\"token.refreshed\""), "{log}");
    assert_eq!(refreshes(&sandbox), [Some(200)]);

    let running = place.serve(&["serve"], port);
    let person = reopened(&person, port);
    assert_eq!(person.check().await, "checked", "{}", running.err());
    assert_eq!(refreshes(&sandbox), [Some(200)], "the one that was stored is used");
}

// Waiting for the program's end must not hold up its PagerDuty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_18_asked_twice_it_ends_at_once() {
    let (_place, sandbox, port, person, running) = serving().await;
    sandbox.fault(on_refresh().delay(Duration::from_secs(60)));
    hangs_up(&person, &sandbox).await;
    running.ask_to_stop();
    eventually("it takes nobody in any more", async || TcpStream::connect(("127.0.0.1", port)).is_err())
        .await;
    running.ask_to_stop();
    let (status, log) = running.ended();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(!log.contains("settle.cut"), "it waited for the answer: {log}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn sr_72_no_crash_writes_memory_to_a_file() {
    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let values: Vec<&str> = line.trim_start_matches("Max core file size").split_whitespace().collect();
    assert_eq!(values, ["0", "0", "bytes"]);
}
