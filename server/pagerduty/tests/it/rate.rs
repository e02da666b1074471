//! The rate limit, obeyed.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use pagerduty::{Api, Error, Retry, oncalls::FindOnCalls, services::FindServices};
use pagerduty_sandbox::{Fault, Reset};

use crate::support::*;

async fn ask(api: &Api<'_>) -> Result<(), Error> {
    api.services(&FindServices::default()).page(0).await.map(drop)
}

fn wait(answer: Result<(), Error>) -> Option<Duration> {
    match answer {
        Err(Error::RateLimited { wait }) => wait,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn rf_03_no_call_goes_out_during_a_pause_whoever_makes_it() {
    let there = There::of(BETHANY).await;
    there.sandbox.fault(Fault::on("GET", "/services").status(429).header("ratelimit-reset", "30"));
    let api = there.once().of_user("PBETH01");
    assert_eq!(wait(ask(&api).await), Some(Duration::from_secs(30)));
    let calls = there.sandbox.requests().len();
    for _ in 0..20 {
        // Another call for the same person, made elsewhere in the program.
        let elsewhere = there.once().of_user("PBETH01");
        assert!(wait(ask(&elsewhere).await).unwrap() <= Duration::from_secs(30));
        assert!(elsewhere.acknowledge(&["Q0INC00000026"]).await.is_err());
    }
    assert_eq!(there.sandbox.requests().len(), calls);
    // Nobody else waits.
    ask(&there.once().of_user("PMARC02")).await.unwrap();
}

#[tokio::test]
async fn rf_03_a_429_whose_body_is_cut_or_has_no_end_is_obeyed() {
    let there = There::of(BETHANY).await;
    let long = "x".repeat(9_000);
    let slow = Fault::on("GET", "/services").status(429).header("ratelimit-reset", "30").body(&long);
    for (user, fault) in [("PBETH01", slow.clone().reset(Reset::During)), ("PMARC02", slow.clone().endless())]
    {
        there.sandbox.fault(fault);
        let api = there.once().of_user(user);
        assert_eq!(wait(ask(&api).await), Some(Duration::from_secs(30)), "{user}");
        let calls = there.sandbox.requests().len();
        assert!(wait(ask(&api).await).is_some(), "{user}");
        assert_eq!(there.sandbox.requests().len(), calls, "{user}");
    }
}

#[tokio::test]
async fn rf_03_a_429_that_drips_is_obeyed_before_it_ends() {
    let there = There::of(BETHANY).await;
    let slow = Fault::on("GET", "/services").status(429).header("ratelimit-reset", "100");
    there.sandbox.fault(slow.endless().drip(Duration::from_millis(50)));
    let (api, started) = (there.once(), Instant::now());
    assert_eq!(wait(ask(&api).await), Some(Duration::from_secs(100)));
    assert!(started.elapsed() < Duration::from_secs(20), "read until the request's own end");
    assert!(wait(ask(&api).await).is_some());
    assert_eq!(there.calls("/services").len(), 1);
}

#[tokio::test]
async fn rf_03_a_429_that_says_nothing_is_a_pause_too() {
    let there = There::of(BETHANY).await;
    for (name, value) in [("x-nothing", "1"), ("ratelimit-reset", "soon"), ("retry-after", "tomorrow")] {
        there.sandbox.fault(Fault::on("GET", "/services").status(429).header(name, value));
        let api = there.once();
        assert_eq!(wait(ask(&api).await), Some(Duration::from_secs(5)), "{name}");
        let left = wait(ask(&api).await).unwrap();
        assert!(left <= Duration::from_secs(5) && left > Duration::ZERO, "{name}: {left:?}");
    }
    assert_eq!(there.calls("/services").len(), 3);
}

#[tokio::test]
async fn rf_03_a_short_pause_is_waited_for() {
    let there = There::of(BETHANY).await;
    there.sandbox.fault(Fault::on("GET", "/services").status(429).header("ratelimit-reset", "0"));
    ask(&there.often(2)).await.unwrap();
    assert_eq!(there.calls("/services").len(), 2);
}

#[tokio::test]
async fn rf_03_the_pause_that_is_kept_is_the_one_that_is_told() {
    let there = There::of(BETHANY).await;
    for (asked, kept) in [("0", 1), ("7", 7), ("86400", 120)] {
        there.sandbox.fault(Fault::on("GET", "/services").status(429).header("ratelimit-reset", asked));
        assert_eq!(wait(ask(&there.once()).await), Some(Duration::from_secs(kept)), "{asked}");
    }
}

#[tokio::test]
async fn rf_03_those_who_waited_out_a_pause_do_not_all_leave_at_once() {
    let there = There::of(BETHANY).await;
    let slow = Fault::on("GET", "/services").status(429).header("ratelimit-reset", "1").always();
    there.sandbox.fault(slow);
    let deadline = Duration::from_millis(2500);
    let api = there.client.api(US, &there.token).retry(Retry { deadline, ..often(9) }).of_user("PBETH01");
    wait(ask(&there.once().of_user("PBETH01")).await);
    let answers = join_all((0..50).map(|_| ask(&api))).await;
    assert!(answers.iter().all(Result::is_err));
    let calls = there.calls("/services").len();
    assert!((2..=5).contains(&calls), "{calls} were refused");
}

#[tokio::test]
async fn rf_03_after_the_first_has_learnt_more_the_others_follow() {
    let there = There::of(BETHANY).await;
    let slow = Fault::on("GET", "/services").status(429).header("ratelimit-reset", "1").times(2);
    there.sandbox.fault(slow);
    let api = there.often(9).of_user("PBETH01");
    wait(ask(&there.once().of_user("PBETH01")).await);
    let answers = join_all((0..50).map(|_| ask(&api))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(there.calls("/services").len(), 52);
}

#[tokio::test]
async fn a_limit_of_one_operation_stops_no_other() {
    let there = There::of(BETHANY).await;
    let spent = Fault::on("GET", "/oncalls").body(r#"{"oncalls":[]}"#);
    let headers = [("ratelimit-limit", "30"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "30")];
    there.sandbox.fault(headers.into_iter().fold(spent, |fault, (name, value)| fault.header(name, value)));
    let api = there.once();
    let find = FindOnCalls::default();
    api.oncalls(&find).page(0).await.unwrap();
    assert!(matches!(api.oncalls(&find).page(0).await, Err(Error::RateLimited { wait: Some(_) })));
    ask(&api).await.unwrap();
    assert_eq!(there.calls("/oncalls").len(), 1);
}

#[tokio::test]
async fn what_is_left_is_known_before_pagerduty_refuses() {
    let there = There::of(BETHANY).await;
    there.sandbox.set_switches(|switches| switches.rate_limit = 3);
    let api = there.client.api(US, &there.token).of_user("PBETH01").retry(Retry::never());
    for _ in 0..3 {
        ask(&api).await.unwrap();
    }
    assert!(wait(ask(&api).await).unwrap() <= Duration::from_secs(60));
    let statuses: Vec<_> = there.calls("/services").iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(200); 3], "the fourth never left");
}
