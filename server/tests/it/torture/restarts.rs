//! PostgreSQL goes away and comes back, over and over, while people come, use
//! their connection, and leave. What anybody was told is true ever after.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    task::{JoinSet, block_in_place},
    time::sleep,
};
use url::Url;

use crate::harness::{App, Browser, Reply, Setup, cluster::Cluster, eventually};

const PEOPLE: u32 = 6;
const AGAIN: Duration = Duration::from_millis(50);
/// So long it is there, and so long it is away at least.
const UP: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_14_what_anybody_was_told_is_true_after_postgres_restarted() {
    restart(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a minute: run it with `make torture`"]
async fn postgres_restarts_20_times_under_load() {
    let slowest = restart(20).await;
    assert!(slowest < Duration::from_secs(5), "ready again after {slowest:?}");
}

/// How long it took at most until the app was ready again.
async fn restart(times: u32) -> Duration {
    let cluster = Cluster::start();
    let setup = Setup { database: Some(cluster.url.clone()), crowd: PEOPLE, ..Setup::default() };
    let app = Arc::new(App::start_with(setup).await);
    app.sandbox.set_switches(|s| {
        s.code_seconds = 600;
        s.rate_limit = u32::MAX;
    });
    let stop = Arc::new(AtomicBool::new(false));
    let mut people = JoinSet::new();
    for number in 1..=PEOPLE {
        let (app, stop) = (Arc::clone(&app), Arc::clone(&stop));
        people.spawn(async move {
            let mut told = Told::default();
            while !stop.load(Relaxed) {
                comes_and_goes(&app, number, &mut told).await;
            }
            told
        });
    }
    let mut slowest = Duration::ZERO;
    for round in 0..times {
        sleep(UP).await;
        let how = if round % 2 == 0 { "immediate" } else { "fast" };
        block_in_place(|| cluster.stop(how));
        block_in_place(|| cluster.resume());
        let resumed = Instant::now();
        eventually("it is ready again", async || app.browser().get("/readyz").await.status == 200).await;
        slowest = slowest.max(resumed.elapsed());
    }
    stop.store(true, Relaxed);
    let mut all = Told::default();
    while let Some(told) = people.join_next().await {
        let told = told.unwrap();
        all = Told {
            is_in: all.is_in + told.is_in,
            is_out: all.is_out + told.is_out,
            later: all.later + told.later,
        };
    }
    println!("{times} restarts, {all:?}, ready again after {slowest:?} at most");
    assert!(all.is_in > times && all.is_out > times && all.later > times, "it was not under load: {all:?}");
    slowest
}

/// How often people were told what.
#[derive(Debug, Default)]
struct Told {
    is_in: u32,
    is_out: u32,
    later: u32,
}

async fn comes_and_goes(app: &App, number: u32, told: &mut Told) {
    let browser = app.browser();
    let begun = insist(&browser, "/api/begin_connect", told).await;
    let Ok(authorize) = Url::parse(begun.location()) else { panic!("sent to {}", begun.location()) };
    let back = browser.consent(&authorize, &format!("person-{number:04}@acme.example")).await;
    let reply = browser.callback(&back).await;
    if (reply.status, reply.location()) != (303, "/welcome") {
        assert_eq!(reply.status, 503, "{:?}", reply.problem());
        told.later += 1;
        return sleep(AGAIN).await;
    }
    told.is_in += 1;
    for _ in 0..3 {
        let page = welcome(&browser, told).await;
        assert_eq!(page.status, 200, "was told to be in, and is not: {:?}", page.problem());
        assert!(page.body.contains(&format!("Person {number:04}")), "somebody else");
        let checked = insist(&browser, "/api/check", told).await;
        assert_eq!(checked.location(), "/connection?note=checked");
    }
    // Said or not, it may be done: then there is nothing to end the second time.
    let left = insist(&browser, "/api/disconnect", told).await;
    assert!(["/disconnected", "/"].contains(&left.location()), "{}", left.location());
    told.is_out += 1;
    assert_eq!(welcome(&browser, told).await.status, 401, "was told to be out, and is not");
}

/// The welcome page, as soon as there is one.
async fn welcome(browser: &Browser, told: &mut Told) -> Reply {
    loop {
        let page = browser.get("/welcome").await;
        if page.status != 503 {
            return page;
        }
        told.later += 1;
        sleep(AGAIN).await;
    }
}

/// Presses a button until it is not told to come later.
async fn insist(browser: &Browser, button: &str, told: &mut Told) -> Reply {
    loop {
        let reply = browser.post(button, &[]).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        if !["/unavailable", "/connection?note=later"].contains(&reply.location()) {
            return reply;
        }
        told.later += 1;
        sleep(AGAIN).await;
    }
}
