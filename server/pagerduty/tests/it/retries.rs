//! What is tried again, and what never is.

use std::time::Duration;

use pagerduty::{Error, Retry, api::NewTeam, services::FindServices};
use pagerduty_sandbox::{Fault, Reset};

use crate::support::*;

#[tokio::test]
async fn rf_01_rf_06_a_read_is_tried_again_while_pagerduty_is_in_trouble() {
    let there = There::of(BETHANY).await;
    for status in [500, 502, 503, 504, 408] {
        there.sandbox.fault(Fault::on("GET", "/services").status(status));
        there.often(2).services(&FindServices::default()).page(0).await.unwrap();
    }
    for reset in [Reset::Before, Reset::During, Reset::After] {
        there.sandbox.fault(Fault::on("GET", "/services").reset(reset));
        there.often(2).services(&FindServices::default()).page(0).await.unwrap();
    }
    assert_eq!(there.calls("/services").len(), 16);
}

#[tokio::test]
async fn rf_01_trying_ends() {
    let there = There::of(BETHANY).await;
    there.sandbox.fault(Fault::on("GET", "/services").status(503).always());
    let error = there.often(4).services(&FindServices::default()).page(0).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 503, .. }) && error.is_transient());
    assert_eq!(there.calls("/services").len(), 4);
}

#[tokio::test]
async fn rf_02_a_call_ends_at_its_deadline_however_often_it_might_try() {
    let there = There::of(BETHANY).await;
    let retry = Retry { deadline: Duration::from_millis(400), ..often(1000) };
    let ask = async || {
        let api = there.client.api(US, &there.token).retry(retry);
        api.services(&FindServices::default()).page(0).await.unwrap_err()
    };
    there.sandbox.fault(Fault::on("GET", "/services").delay(Duration::from_secs(60)));
    assert!(matches!(ask().await, Error::Unreachable { sent: true, .. }));
    assert_eq!(there.calls("/services").len(), 1, "one that hangs uses up all there is");
    // A pause is not begun that would end too late.
    there.sandbox.fault(Fault::on("GET", "/services").status(429).header("ratelimit-reset", "3").always());
    assert!(matches!(ask().await, Error::RateLimited { .. }));
    assert_eq!(there.calls("/services").len(), 2);
}

#[tokio::test]
async fn rf_02_pauses_count_too() {
    let there = There::of(BETHANY).await;
    there.sandbox.fault(Fault::on("GET", "/services").status(503).always());
    let (pause, deadline) = (Duration::from_millis(200), Duration::from_secs(1));
    let api = there.client.api(US, &there.token).retry(Retry { pause, deadline, ..often(1000) });
    let error = api.services(&FindServices::default()).page(0).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 503, .. }));
    // Each pause is twice as long as the one before, or nearly.
    assert!((2..=5).contains(&there.calls("/services").len()));
}

#[tokio::test]
async fn a_refusal_is_not_asked_twice() {
    let there = There::of(BETHANY).await;
    for status in [400, 401, 402, 403, 404, 409, 413, 422] {
        there.sandbox.fault(Fault::on("GET", "/services").status(status));
        there.often(5).services(&FindServices::default()).page(0).await.unwrap_err();
    }
    assert_eq!(there.calls("/services").len(), 8);
}

#[tokio::test]
async fn rf_01_a_write_whose_answer_is_lost_is_never_sent_twice() {
    let there = There::of(BETHANY).await;
    let team = |name: &str| NewTeam { name: name.to_owned(), description: None };
    for (name, fault) in [
        ("One", Fault::on("POST", "/teams").reset(Reset::After)),
        ("Half", Fault::on("POST", "/teams").reset(Reset::During)),
        ("Two", Fault::on("POST", "/teams").status(502).after_the_effect()),
        ("Three", Fault::on("POST", "/teams").status(500).after_the_effect()),
        ("Four", Fault::on("POST", "/teams").status(201).body("<html>").after_the_effect()),
    ] {
        there.sandbox.fault(fault);
        let error = there.often(5).create_team(&team(name)).await.unwrap_err();
        assert!(error.is_ambiguous(), "{name}: {error:?}");
    }
    assert_eq!(there.calls("/teams").len(), 5);
    there.sandbox.fault(Fault::on("PUT", "/incidents").status(503));
    assert!(there.often(5).resolve(&["Q0INC00000026"]).await.is_err());
    assert_eq!(there.calls("/incidents").len(), 1);
}

#[tokio::test]
async fn a_write_that_plainly_was_not_done_is_sent_again() {
    let there = There::of(BETHANY).await;
    there.sandbox.fault(Fault::locked("POST", "/teams").times(2));
    let team = NewTeam { name: "Lucky".to_owned(), description: None };
    assert_eq!(there.often(3).create_team(&team).await.unwrap().name, "Lucky");
    assert_eq!(there.calls("/teams").len(), 3);

    there.sandbox.fault(Fault::on("POST", "/teams").status(429).header("ratelimit-reset", "1"));
    let team = NewTeam { name: "Later".to_owned(), description: None };
    assert_eq!(there.often(2).create_team(&team).await.unwrap().name, "Later");
    // Everything else with code 2001 would be refused again.
    assert!(there.often(5).create_team(&team).await.unwrap_err().invalid_input().is_some());
    assert_eq!(there.calls("/teams").len(), 6);
}
