//! A PostgreSQL that goes away and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pagerduty_sandbox::Rotation;
use tokio::{
    sync::Mutex,
    task::{JoinSet, block_in_place},
};

use crate::harness::{App, BETHANY, Browser, DAY, Reply, Setup, cluster::Cluster, eventually, on_refresh};

/// An answer that takes longer is none.
const FAST: Duration = Duration::from_secs(10);
const GENERATION: &str = "SELECT generation FROM connection";
const LONGER_THAN_A_LEASE: Duration = Duration::from_secs(22);

async fn app_on(cluster: &Cluster, crowd: u32) -> App {
    let setup = Setup { database: Some(cluster.url.clone()), crowd, ..Setup::default() };
    App::start_with(setup).await
}

async fn open(browser: &Browser, path: &str) -> Reply {
    browser.send(browser.navigation(path, "none").timeout(FAST)).await
}

#[tokio::test]
async fn rf_14_while_postgres_is_away_pages_say_so_at_once_and_then_all_recovers() {
    let cluster = Cluster::start();
    let app = app_on(&cluster, 0).await;
    let (browser, user) = app.person(BETHANY).await;
    let stranger = app.browser();
    assert_eq!(open(&browser, "/readyz").await.status, 200);
    for how in ["fast", "immediate"] {
        app.clock.advance(DAY);
        let asked = app.token_calls();
        cluster.stop(how);
        for path in ["/welcome", "/connection", "/how"] {
            let page = open(&browser, path).await;
            assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{path}");
            assert_eq!(page.problem().as_deref(), Some("unavailable"), "{path}");
        }
        for form in ["/api/check", "/api/disconnect", "/api/end_other_sessions", "/api/begin_connect"] {
            let reply = browser.send(browser.form(form, &[]).timeout(FAST)).await;
            assert_eq!((reply.status, reply.location()), (303, "/unavailable"), "{form}");
        }
        let page = open(&browser, "/unavailable").await;
        assert_eq!(page.problem().as_deref(), Some("unavailable"));
        assert_eq!(open(&stranger, "/").await.status, 200, "who has no session needs no database");
        assert_eq!(open(&stranger, "/readyz").await.status, 503);
        assert_eq!(open(&stranger, "/healthz").await.status, 200);
        assert_eq!(app.token(&user).await.unwrap_err().code(), "unavailable");
        assert_eq!(app.token_calls(), asked, "a refresh token was sent");

        cluster.resume();
        eventually("it is ready again", async || open(&stranger, "/readyz").await.status == 200).await;
        assert_eq!(browser.check().await, "checked");
        assert!(browser.is_greeted("Bethany Developer").await);
    }
    app.assert_redeemed(2, 2);
}

#[tokio::test]
async fn rf_14_what_was_acknowledged_is_there_after_postgres_crashed() {
    const PEOPLE: u32 = 24;
    let cluster = Cluster::start();
    let app = Arc::new(app_on(&cluster, PEOPLE).await);
    app.sandbox.set_switches(|s| s.code_seconds = 600);
    let (browser, user) = app.person(BETHANY).await;
    app.pass(DAY);
    let mut waiting = Vec::new();
    for number in 1..=PEOPLE {
        let browser = app.browser();
        let back = browser.until_callback(&format!("person-{number:04}@acme.example")).await;
        waiting.push((browser, back));
    }

    // One refresh is under way, and people come in, when it crashes.
    app.sandbox.fault(on_refresh().delay_after(Duration::from_secs(1)));
    let (connect, whose) = (app.connect(), user.clone());
    let refreshing = tokio::spawn(async move { connect.identity(&whose).await.unwrap().access_token });
    eventually("PagerDuty is asked", async || app.refreshes().len() == 1).await;
    let inside = Arc::new(Mutex::new(Vec::new()));
    let mut coming = JoinSet::new();
    for (number, (browser, back)) in waiting.into_iter().enumerate() {
        let inside = Arc::clone(&inside);
        coming.spawn(async move {
            tokio::time::sleep(Duration::from_millis(40) * number as u32).await;
            let reply = browser.callback(&back).await;
            let is_in = (reply.status, reply.location()) == (303, "/welcome");
            assert!(is_in || reply.status == 503, "{}", reply.status);
            if is_in {
                inside.lock().await.push((number + 1, browser));
            }
        });
    }
    eventually("somebody is inside", async || inside.lock().await.len() > 2).await;
    cluster.stop("immediate");
    coming.join_all().await;
    assert!(!refreshing.is_finished(), "it was used before it was stored");
    cluster.resume();

    let token = refreshing.await.unwrap().expose().to_owned();
    assert_eq!(app.token(&user).await.unwrap(), token);
    app.assert_redeemed(1, 1);
    assert_eq!(browser.check().await, "checked");
    for (number, browser) in inside.lock().await.iter() {
        let who = format!("Person {number:04}");
        assert!(browser.is_greeted(&who).await, "{who} was lost");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_14_an_answer_that_waits_longer_than_the_lease_is_stored_before_anybody_asks_again() {
    let cluster = Cluster::start();
    let app = app_on(&cluster, 0).await;
    let replica = app.replica().await;
    app.sandbox.set_switches(|s| s.rotation = Rotation::ReuseRevokesFamily);
    let (browser, user) = app.person(BETHANY).await;
    let first = app.query(GENERATION).await;
    app.pass(DAY);
    app.sandbox.fault(on_refresh().delay_after(Duration::from_secs(1)));
    let (connect, whose) = (app.connect(), user.clone());
    let refreshing = tokio::spawn(async move { connect.identity(&whose).await });
    eventually("PagerDuty is asked", async || app.refreshes().len() == 1).await;
    block_in_place(|| cluster.stop("immediate"));
    tokio::time::sleep(LONGER_THAN_A_LEASE).await;
    let (elsewhere, stop) = (browser.twin().at(&replica), Arc::new(AtomicBool::new(false)));
    let asking = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            while !stop.load(Ordering::Relaxed) {
                elsewhere.check().await;
            }
            elsewhere.check().await
        }
    });
    block_in_place(|| cluster.resume());
    eventually("it can be read", async || app.connect().connection(&user).await.is_ok()).await;
    eventually("it is stored", async || app.query(GENERATION).await == first + 1).await;
    stop.store(true, Ordering::Relaxed);
    assert_eq!(asking.await.unwrap(), "checked");
    app.assert_redeemed(1, 1);
    drop(refreshing);
}
