//! Many callers at the moment a token ends, in one process and in three.

use std::{sync::Arc, time::Duration};

use pagerduty_sandbox::Rotation;
use tokio::task::JoinSet;

use crate::harness::{App, BETHANY, Browser, DAY, Setup, on_refresh};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_09_of_a_thousand_callers_one_refreshes() {
    const CALLERS: usize = 1_000;
    const ROUNDS: usize = 50;
    let app = App::start().await;
    let (_, user) = app.person(BETHANY).await;
    let mut last = app.token(&user).await.unwrap();
    for round in 1..=ROUNDS {
        app.clock.advance(DAY);
        // Long enough for all to come while it is under way.
        app.sandbox.fault(on_refresh().delay_after(Duration::from_millis(250)));
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let (connect, user) = (app.connect(), user.clone());
            callers.spawn(async move { connect.identity(&user).await.unwrap().access_token });
        }
        let mut tokens: Vec<String> =
            callers.join_all().await.iter().map(|token| token.expose().to_owned()).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "round {round}");
        assert_ne!(tokens[0], last, "round {round}");
        last = tokens.remove(0);
    }
    app.assert_redeemed(ROUNDS, ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_10_three_processes_on_one_file_redeem_each_refresh_token_once() {
    in_every_way(async || Setup::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_10_three_processes_on_one_postgres_redeem_each_refresh_token_once() {
    in_every_way(Setup::in_postgres).await;
}

async fn in_every_way(setup: impl AsyncFn() -> Setup) {
    for rotation in [Rotation::Strict, Rotation::ReuseRevokesFamily] {
        for latency in [Duration::ZERO, Duration::from_millis(300)] {
            three_processes(setup().await, rotation, latency).await;
        }
    }
}

async fn three_processes(setup: Setup, rotation: Rotation, latency: Duration) {
    const ROUNDS: usize = 3;
    const CALLERS: usize = 6;
    let first = App::start_with(setup).await;
    first.sandbox.set_switches(|s| s.rotation = rotation);
    let (browser, user) = first.person(BETHANY).await;
    let browser = Arc::new(browser);
    let processes = [first.replica().await, first.replica().await, first];
    let app = &processes[0];
    for _ in 0..ROUNDS {
        app.clock.advance(DAY);
        app.sandbox.fault(on_refresh().delay_after(latency));
        let mut callers = JoinSet::new();
        for process in &processes {
            let door = Arc::new(browser.twin().at(process));
            for _ in 0..CALLERS {
                let (connect, user) = (process.connect(), user.clone());
                callers.spawn(async move { connect.identity(&user).await.map(drop).unwrap() });
                callers.spawn(is_served(Arc::clone(&door)));
            }
        }
        callers.join_all().await;
    }
    app.assert_redeemed(ROUNDS, ROUNDS);
    assert!(app.sandbox.tokens().iter().all(|token| !token.revoked), "a refresh token came twice");
}

async fn is_served(door: Arc<Browser>) {
    assert_eq!(door.check().await, "checked");
}
