//! Who is on call.

use std::time::Duration;

use serde_json::Value;

use super::{Rest, each};
use crate::support::*;

#[tokio::test]
async fn every_level_of_every_policy_has_somebody() {
    let rest = Rest::of(BETHANY).await;
    let body = rest.get("/oncalls?limit=100").await;
    let oncalls = body["oncalls"].as_array().unwrap();
    for (policy, levels) in [("PESCAL1", 3), ("PESCAL2", 2), ("PESCAL3", 3), ("PESCAL4", 1), ("PESCAL5", 1)] {
        for level in 1..=levels {
            let there = oncalls.iter().any(|it| {
                it["escalation_policy"]["id"] == policy
                    && it["escalation_level"] == level
                    && it["user"]["id"].is_string()
            });
            assert!(there, "{policy} {level}");
        }
    }
    // Named in the policy: for always. By a schedule: from, until.
    for on_call in oncalls {
        assert_eq!(on_call["schedule"].is_null(), on_call["start"].is_null());
        assert_eq!(on_call["start"].is_null(), on_call["end"].is_null());
    }
}

#[tokio::test]
async fn the_rota_turns_with_the_clock() {
    let rest = Rest::of(BETHANY).await;
    let path = "/oncalls?schedule_ids[]=PSCHED3&escalation_policy_ids[]=PESCAL3";
    let who = async || rest.get(path).await["oncalls"][0]["user"]["id"].clone();
    let first = who().await;
    rest.sandbox().advance_clock(Duration::from_secs(7 * 86_400));
    // The token is a day's.
    let rest = Rest::around(rest.driver, BETHANY, None).await;
    let second = rest.get(path).await["oncalls"][0]["user"]["id"].clone();
    assert_ne!(first, second);
    for user in [first, second] {
        assert!(["PTOMA04", "PMARC02"].contains(&user.as_str().unwrap()));
    }
}

#[tokio::test]
async fn a_range_tells_every_shift_that_touches_it() {
    let rest = Rest::of(BETHANY).await;
    let range = "since=2026-01-14T00:00:00Z&until=2026-01-31T00:00:00%2B00:00";
    let body = rest.get(&format!("/oncalls?schedule_ids[]=PSCHED3&{range}")).await;
    let shifts: Vec<(&str, &str)> =
        each(&body, "oncalls", "start").into_iter().zip(each(&body, "oncalls", "end")).collect();
    assert_eq!(
        shifts,
        [
            ("2026-01-12T09:00:00Z", "2026-01-19T09:00:00Z"),
            ("2026-01-19T09:00:00Z", "2026-01-26T09:00:00Z"),
            ("2026-01-26T09:00:00Z", "2026-02-02T09:00:00Z"),
        ]
    );
    let one = rest.get(&format!("/oncalls?schedule_ids[]=PSCHED3&earliest=true&{range}")).await;
    assert_eq!(one["oncalls"].as_array().unwrap().len(), 2);
    let named = rest.get("/oncalls?schedule_ids[]=null&include[]=users&user_ids[]=PMARC02").await;
    assert_eq!(named["oncalls"][0]["user"]["email"], "marcus@acme.example");
    assert_eq!(named["oncalls"][0]["schedule"], Value::Null);
    let (status, _) = rest.refused("/oncalls?since=2026-11-20&until=2026-11-02").await;
    assert_eq!(status, 400);
}
