//! The program is killed at any moment, and started again: nobody is there twice, no row is lost, and what was told as
//! done stays done.

#![allow(clippy::print_stdout, reason = "a long run tells how far it is")]

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use pagerduty_sandbox::{Options, Sandbox};
use serde_json::Value;
use sqlx::Connection as _;

use super::{Desk, EVERYTHING, people, timeout};
use crate::harness::{
    BETHANY, Setup, eventually,
    program::{Place, browser},
};
use pagerduty::import::Kind;
use pagerduty_connect::imports::ImportState;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_15_killed_again_and_again_it_ends_with_each_once() {
    killed(60, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: run it with `make torture`"]
async fn the_whole() {
    killed(1_000, 200).await;
}

/// So many rows, so many kills, spread over the whole of it: each at another of 40 moments within a call.
async fn killed(rows: usize, kills: usize) {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    sandbox.set_switches(|it| (it.rate_limit, it.free_licenses, it.latency_ms) = (1_000_000, 1_000_000, 40));
    let place = place.env("PD_SCOPES", EVERYTHING).file("people.csv", &people(rows));
    let running = place.serve(&["serve"], port);
    assert_eq!(browser(port).connect_as(BETHANY).await.location(), "/welcome");
    let plan = place.run(&["import", "users", "people.csv", "--json"]);
    let id = serde_json::from_str::<Value>(&plan.out).unwrap()["id"].as_str().unwrap().to_owned();
    drop(running);

    let (mut before, mut last, mut killed) = (BTreeSet::new(), 0, 0);
    while killed < kills {
        // After so many more were sent, and so long within the call: before it is there, after, on its way back.
        // (What is under way by then comes on top.)
        let sent = posts(&sandbox) + (rows / kills).saturating_sub(2).max(1);
        let mut running = place.start(&["import", "apply", &id]);
        let started = Instant::now();
        while posts(&sandbox) < sent && running.is_alive() && started.elapsed() < timeout() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(killed as u64 % 40 * 2)).await;
        if !running.is_alive() {
            break;
        }
        drop(running);
        killed += 1;
        // Its lease would run out by itself.
        let mut db = place.database().await;
        sqlx::query("UPDATE import SET lease_until = 1").execute(&mut db).await.unwrap();
        db.close().await.unwrap();

        let told: Value = serde_json::from_str(&place.run(&["import", "list", "--json"]).out).unwrap();
        let mine = told["imports"].as_array().unwrap().iter().find(|it| it["id"] == id.as_str()).unwrap();
        let done: u64 = ["created", "probably", "failed", "exists"]
            .iter()
            .map(|state| mine["rows_at"][state].as_u64().unwrap())
            .sum();
        assert!(done >= last, "it went back from {last} to {done}");
        let total: u64 = mine["rows_at"].as_object().unwrap().values().map(|it| it.as_u64().unwrap()).sum();
        assert_eq!(total, rows as u64, "a row was lost");
        last = done;
        let there = emails(&sandbox);
        assert!(there.is_superset(&before), "somebody was removed");
        before = there;
    }
    let end = place.run(&["import", "apply", &id, "--json"]);
    let told: Value = serde_json::from_str(&end.out).unwrap_or_else(|e| panic!("{e}: {end:?}"));
    let at = |state: &str| told["rows_at"][state].as_u64().unwrap();
    println!("{killed} kills, {} of {rows} probably by us, {} posts", at("probably"), posts(&sandbox));
    assert_eq!(
        (told["state"].as_str(), at("created") + at("probably")),
        (Some("done"), rows as u64),
        "{told}"
    );
    assert!(killed * 3 >= kills, "hardly ever killed: {killed}");
    // Whoever was made has one answer that says so, or none: never two.
    let made = made(&sandbox);
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len(), "somebody was made twice");
    assert_eq!(emails(&sandbox).len(), rows);
}

fn posts(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|it| it.method == "POST" && it.path == "/users").count()
}

/// The addresses of everybody who was made with an answer.
fn made(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests();
    let made =
        requests.iter().filter(|it| it.method == "POST" && it.path == "/users" && it.status == Some(201));
    made.map(|it| address(&it.body)).collect()
}

/// Everybody who was asked for and is there: refused ones are not.
fn emails(sandbox: &Sandbox) -> BTreeSet<String> {
    let requests = sandbox.requests();
    let asked =
        requests.iter().filter(|it| it.method == "POST" && it.path == "/users" && it.status != Some(400));
    asked.map(|it| address(&it.body)).collect()
}

fn address(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["user"]["email"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_second_replica_takes_over_what_the_first_left() {
    let setup = Setup { scopes: Some(EVERYTHING), ..Setup::in_postgres().await };
    let mut desk = Desk::of(setup, BETHANY).await;
    desk.app.sandbox.set_switches(|it| it.latency_ms = 100);
    let id = desk.plan(Kind::Users, &people(60)).await;
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    eventually("it is on its way", async || desk.import(&id).await.tally.done() > 3).await;
    let second = desk.app.replica().await;
    desk.app.halt().await;
    desk.connect = second.state().connect;
    let left = desk.import(&id).await.tally.done();
    assert!(left < 60, "it was over too soon");
    desk.until(&id, ImportState::Done).await;
    desk.assert_each_once(60).await;
    drop(second);
}
