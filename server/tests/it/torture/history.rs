//! What the gates, PagerDuty and the pages say must fit together.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use crate::harness::Browser;

use super::{
    fleet::{Fleet, Person},
    gate::Redemption,
};

/// A process that dies this soon after it got an answer may not have stored it.
const UNSTORED: Duration = Duration::from_secs(2);

#[derive(Debug)]
#[allow(dead_code, reason = "printed")]
pub struct Report {
    pub renewed: usize,
    pub lost: usize,
    pub grants_ended: usize,
}

/// Everybody is connected and served, or is told to connect again because the
/// answer to a refresh was lost, and then is served. How many were told.
pub async fn check_people(fleet: &Fleet, people: &[Person]) -> u32 {
    let lost = people_with_lost_answers(fleet);
    let mut reconnected = 0;
    for Person { number, browser } in people {
        // What was lost may only be noticed now.
        browser.post("/api/check", &[]).await;
        match state(browser).await.as_str() {
            "connected" => {}
            "reply-lost" => {
                assert!(lost.contains(number), "person {number} must connect again, and no answer was lost");
                fleet.reconnect(*number, browser).await;
                reconnected += 1;
            }
            other => panic!("person {number} is {other}"),
        }
        let checked = browser.post("/api/check", &[]).await;
        assert_eq!(checked.location(), "/connection?note=checked", "person {number}");
    }
    reconnected
}

/// What the connection page says, once no refresh is under way.
async fn state(browser: &Browser) -> String {
    loop {
        let page = browser.get("/connection").await;
        let state = page.body.split_once("data-state=\"").and_then(|(_, rest)| rest.split('"').next());
        match state {
            Some("refreshing") => tokio::time::sleep(Duration::from_millis(500)).await,
            Some(state) => return state.to_owned(),
            // The API refused the last access token, too.
            None if page.main().contains("Your connection must be made again") => return "reply-lost".into(),
            None => panic!("no connection page: {} {}", page.status, page.main()),
        }
    }
}

/// Over all rounds: no token was redeemed twice, none was sent again without need,
/// and no grant was ended but where an answer was lost.
pub fn check(fleet: &Fleet) -> Report {
    let seen = fleet.gates.seen.lock().unwrap().clone();
    let mut by_token: HashMap<&str, Vec<&Redemption>> = HashMap::new();
    seen.iter().for_each(|r| by_token.entry(r.spent.as_str()).or_default().push(r));
    for sends in by_token.values() {
        let redeemed = sends.iter().filter(|r| r.status == Some(200)).count();
        assert!(redeemed <= 1, "a refresh token was redeemed {redeemed} times: {sends:?}");
        for (earlier, later) in sends.iter().zip(sends.iter().skip(1)) {
            let unknown = earlier.status.is_none()
                || !earlier.handed_over
                || fleet.was_killed(earlier.member, earlier.came, later.came);
            // Or it is the last resort: the token after it was refused already.
            let refused = |r: &&Redemption| r.status == Some(400) && r.came < later.came;
            let next_is_refused = sends.iter().filter_map(|r| r.given.as_deref()).any(|next| {
                by_token.get(next).is_some_and(|sends| sends.iter().copied().any(|r| refused(&r)))
            });
            assert!(unknown || next_is_refused, "sent again although its answer had come: {sends:?}");
        }
    }

    let lost = people_with_lost_answers(fleet);
    let tokens = fleet.sandbox.tokens();
    let ended: HashSet<u32> = tokens
        .iter()
        .filter(|token| token.revoked && !token.rotated)
        .filter_map(|token| token.user.as_deref()?.get("person-".len().."person-0000".len())?.parse().ok())
        .collect();
    for person in &ended {
        assert!(lost.contains(person), "the grant of person {person} was ended, and no answer was lost");
    }
    let renewed = seen.iter().filter(|r| !r.is_code && r.status == Some(200)).count();
    let lost = seen.iter().filter(|r| is_lost(fleet, r)).count();
    Report { renewed: renewed - lost, lost, grants_ended: ended.len() }
}

/// PagerDuty has acted, and nobody may know.
fn is_lost(fleet: &Fleet, r: &Redemption) -> bool {
    let died = || fleet.was_killed(r.member, r.came, r.done + UNSTORED);
    !r.is_code && r.status == Some(200) && (!r.handed_over || died())
}

fn people_with_lost_answers(fleet: &Fleet) -> HashSet<u32> {
    let seen = fleet.gates.seen.lock().unwrap();
    let mut owner = fleet.first_tokens();
    for r in seen.iter() {
        if let (Some(person), Some(next)) = (owner.get(&r.spent).copied(), &r.given) {
            owner.insert(next.clone(), person);
        }
    }
    seen.iter().filter(|r| is_lost(fleet, r)).filter_map(|r| owner.get(&r.spent).copied()).collect()
}
