//! The Events API v2, as a client of PagerDuty's uses it.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::Driver;

async fn enqueue(driver: &Driver, event: &Value) -> (StatusCode, Value) {
    let request = driver.http.post(driver.url("/v2/enqueue")).body(event.to_string());
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn trigger(driver: &Driver, dedup_key: &str) -> Value {
    json!({
        "routing_key": driver.sandbox.routing_key(),
        "event_action": "trigger",
        "dedup_key": dedup_key,
        "payload": { "summary": "It broke", "source": "connect.example", "severity": "error" },
        "links": [{ "href": "https://connect.example/connection" }],
    })
}

fn about(driver: &Driver, action: &str, dedup_key: &str) -> Value {
    json!({ "routing_key": driver.sandbox.routing_key(), "event_action": action, "dedup_key": dedup_key })
}

#[tokio::test]
async fn events_of_one_key_make_one_alert_until_it_is_resolved() {
    let driver = Driver::start().await;
    for event in [trigger(&driver, "a"), trigger(&driver, "a"), about(&driver, "acknowledge", "a")] {
        let (status, answer) = enqueue(&driver, &event).await;
        let said = json!({ "status": "success", "message": "Event processed", "dedup_key": "a" });
        assert_eq!((status, answer), (StatusCode::ACCEPTED, said));
    }
    let alerts = driver.sandbox.alerts();
    assert_eq!((alerts.len(), alerts[0].status, alerts[0].events), (1, "acknowledged", 3));
    assert_eq!(alerts[0].payload["summary"], "It broke");

    for (event, shown) in [
        (about(&driver, "resolve", "a"), vec!["resolved"]),
        (about(&driver, "resolve", "unheard of"), vec!["resolved"]),
        (trigger(&driver, "a"), vec!["resolved", "triggered"]),
    ] {
        assert_eq!(enqueue(&driver, &event).await.0, StatusCode::ACCEPTED);
        let page: Value = driver.get(driver.url("/_sandbox/alerts")).await.json().await.unwrap();
        let statuses: Vec<_> = page["alerts"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
        assert_eq!(statuses, shown);
    }
    let mut unnamed = trigger(&driver, "");
    unnamed.as_object_mut().unwrap().remove("dedup_key");
    let (_, answer) = enqueue(&driver, &unnamed).await;
    assert_eq!(answer["dedup_key"].as_str().unwrap().len(), 36, "{answer}");
    driver.sandbox.reset();
    assert!(driver.sandbox.alerts().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_told_and_nothing_is_kept() {
    let driver = Driver::start().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut event = trigger(&driver, "a");
        change(&mut event);
        event
    };
    for (event, says) in [
        (with(&|it| it["routing_key"] = "short".into()), "Length of 'routing_key' is incorrect"),
        (with(&|it| it["routing_key"] = "0123456789abcdef0123456789abcdef".into()), "Invalid routing key"),
        (with(&|it| it["event_action"] = "open".into()), "'event_action'"),
        (with(&|it| it["payload"]["summary"] = "".into()), "'payload.summary'"),
        (with(&|it| it["payload"]["severity"] = "bad".into()), "'payload.severity'"),
        (with(&|it| it["payload"] = Value::Null), "'payload.source'"),
        (with(&|it| it["dedup_key"] = "x".repeat(256).into()), "'dedup_key' is too long"),
        (about(&driver, "resolve", ""), "'dedup_key' is missing"),
        (json!([]), "JSON cannot be parsed"),
    ] {
        let (status, answer) = enqueue(&driver, &event).await;
        assert_eq!(
            (status, &answer["status"]),
            (StatusCode::BAD_REQUEST, &json!("invalid event")),
            "{event}"
        );
        assert!(answer["errors"].to_string().contains(says), "{says}: {answer}");
    }
    assert!(driver.sandbox.alerts().is_empty());
}

#[tokio::test]
async fn more_events_than_a_minute_takes_are_turned_away() {
    let driver = Driver::start().await;
    for _ in 0..120 {
        assert_eq!(enqueue(&driver, &trigger(&driver, "a")).await.0, StatusCode::ACCEPTED);
    }
    let (status, answer) = enqueue(&driver, &trigger(&driver, "a")).await;
    assert_eq!((status, &answer["status"]), (StatusCode::TOO_MANY_REQUESTS, &json!("throttle exceeded")));
    driver.sandbox.advance_clock(Duration::from_secs(61));
    assert_eq!(enqueue(&driver, &trigger(&driver, "a")).await.0, StatusCode::ACCEPTED);
}
