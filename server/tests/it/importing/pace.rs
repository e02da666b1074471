//! How near an import comes to what PagerDuty's rate limit allows: `make bench-import`. In a window of six seconds with
//! 96 calls, which is PagerDuty's minute with 960, ten times as fast.

#![allow(clippy::print_stdout, reason = "it prints figures")]

use std::time::{Duration, Instant};

use pagerduty::import::Kind;
use pagerduty_connect::imports::ImportState;

use super::{Desk, people};

const WINDOW: u64 = 6;
const CALLS: u32 = 96;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: run it with `make bench-import`"]
async fn wall_time_against_the_bound() {
    for (rows, latency) in [(1_500, 20), (1_500, 250), (5_000, 20), (5_000, 250)] {
        run(rows, latency).await;
    }
}

async fn run(rows: usize, latency_ms: u64) {
    let desk = Desk::new().await;
    desk.app.sandbox.set_switches(|it| {
        (it.rate_limit, it.rate_window_seconds) = (CALLS, WINDOW);
        (it.free_licenses, it.latency_ms) = (1_000_000, latency_ms);
    });
    let id = desk.load(Kind::Users, &people(rows)).await;
    wait(&desk, &id, ImportState::Planned).await;
    // The plan's calls are not the run's.
    tokio::time::sleep(Duration::from_secs(WINDOW)).await;
    let before = desk.app.sandbox.requests().len();
    let began = Instant::now();
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    wait(&desk, &id, ImportState::Done).await;
    let took = began.elapsed().as_secs_f64();

    let requests = desk.app.sandbox.requests().split_off(before);
    let refused = requests.iter().filter(|it| it.status == Some(429)).count();
    let calls = requests.len() - refused;
    let bound = ((rows as u64 - 1) / u64::from(CALLS) * WINDOW) as f64;
    let windows = took / WINDOW as f64;
    println!(
        "{rows} users, {latency_ms} ms: {took:.1} s, bound {bound:.0} s, ratio {:.3}; {calls} calls, {refused} refused \
         in {windows:.0} windows",
        took / bound
    );
}

async fn wait(desk: &Desk, id: &str, state: ImportState) {
    while desk.import(id).await.state != state {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
