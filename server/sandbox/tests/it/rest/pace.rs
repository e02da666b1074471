//! How fast the API lets itself be used, and how fast it answers.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Rest;
use crate::support::*;

fn header(response: &Response, name: &str) -> u64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

async fn look(rest: &Rest) -> Response {
    rest.ask(Method::GET, "/users/me", None).await
}

fn new(mailbox: &str) -> Value {
    json!({"user": {"type": "user", "name": "N", "email": format!("{mailbox}@acme.example")}})
}

#[tokio::test]
async fn the_rate_window_is_as_long_as_it_is_set() {
    let rest = Rest::of(BETHANY).await;
    rest.sandbox().set_switches(|switches| (switches.rate_limit, switches.rate_window_seconds) = (2, 6));
    for remaining in [1, 0] {
        let response = look(&rest).await;
        assert_eq!(header(&response, "ratelimit-limit"), 2);
        assert_eq!(header(&response, "ratelimit-remaining"), remaining);
        assert!((5..=6).contains(&header(&response, "ratelimit-reset")));
    }
    let response = look(&rest).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let reset = header(&response, "ratelimit-reset");
    assert!((1..=6).contains(&reset), "{reset}");
    rest.sandbox().advance_clock(Duration::from_secs(reset));
    assert_eq!(look(&rest).await.status(), StatusCode::OK, "who waits for so long is let through");
    let nobody = rest.driver.get(rest.driver.url("/users/me")).await;
    assert_eq!(header(&nobody, "ratelimit-reset"), 6);
}

#[tokio::test]
async fn every_answer_takes_its_time_and_many_take_no_longer() {
    const LATENCY: Duration = Duration::from_millis(500);
    let rest = Rest::of(BETHANY).await;
    rest.sandbox().set_switches(|switches| switches.latency_ms = 500);
    let start = Instant::now();
    let mut asked = JoinSet::new();
    for _ in 0..20 {
        let request = rest.driver.http.get(rest.driver.url("/users/me")).bearer_auth(&rest.token);
        asked.spawn(request.send());
    }
    for answer in asked.join_all().await {
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
    assert!((LATENCY..LATENCY * 10).contains(&start.elapsed()), "{:?}", start.elapsed());

    let start = Instant::now();
    assert_eq!(rest.driver.get(rest.driver.url("/nowhere")).await.status(), StatusCode::NOT_FOUND);
    assert!(start.elapsed() >= LATENCY, "what is refused takes as long");

    rest.sandbox().set_switches(|switches| switches.latency_ms = 5_000);
    let start = Instant::now();
    rest.driver.connect(BETHANY).await;
    assert!(start.elapsed() < Duration::from_secs(5), "signing in is no part of the API");
}

#[tokio::test]
async fn of_two_users_made_at_once_one_finds_the_account_locked() {
    let rest = Rest::of(BETHANY).await;
    let team = |name: &str| json!({"team": {"type": "team", "name": name}});
    rest.sandbox().set_switches(|switches| {
        (switches.parallel_user_writes, switches.latency_ms) = (false, 1_000);
    });
    let (one, other, team_made) = tokio::join!(
        rest.post("/users", new("one")),
        rest.post("/users", new("two")),
        rest.post("/teams", team("T"))
    );
    assert_eq!(team_made.0, StatusCode::CREATED, "other writes do not mind");
    let (made, locked) = if one.0 == StatusCode::CREATED { (one, other) } else { (other, one) };
    assert_eq!((made.0, locked.0), (StatusCode::CREATED, StatusCode::BAD_REQUEST));
    let sentence = "License error: Unable to perform request at this time. account could not be locked";
    let expected =
        json!({"error": {"message": "Invalid Input Provided", "code": 2001, "errors": [sentence]}});
    assert_eq!(locked.1, expected);

    // One after the other, and once a client hung up, the way is free.
    rest.sandbox().set_switches(|switches| switches.latency_ms = 300);
    assert_eq!(rest.post("/users", new("three")).await.0, StatusCode::CREATED);
    let request =
        rest.driver.http.post(rest.driver.url("/users")).bearer_auth(&rest.token).json(&new("four"));
    assert!(request.timeout(Duration::from_millis(100)).send().await.unwrap_err().is_timeout());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(rest.post("/users", new("five")).await.0, StatusCode::CREATED);

    rest.sandbox().set_switches(|switches| switches.parallel_user_writes = true);
    let (one, other) = tokio::join!(rest.post("/users", new("six")), rest.post("/users", new("seven")));
    assert_eq!((one.0, other.0), (StatusCode::CREATED, StatusCode::CREATED));
}
