//! Three real processes on one PostgreSQL, in front of a PagerDuty that replaces
//! the refresh token at every use and ends the grant when one comes twice.
//!
//! Between each process and PagerDuty stands a gate: it sees every redemption, it
//! is slow, and it kills the process in front of it at every step of a refresh:
//! before PagerDuty got the request, before the answer is handed over, right
//! after. Whatever else that process was doing dies with it. What the gates saw,
//! what PagerDuty says and what the database holds must then fit together.
//!
//! `make torture` runs the whole of it, `make test` a smaller one.

#![allow(clippy::print_stdout, reason = "a long run tells how far it is")]

use std::{sync::Arc, time::Duration};

use crate::harness::Browser;

mod fleet;
mod gate;
mod history;
mod restarts;

use fleet::{Fleet, Person};

/// How a round finds everybody's access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tokens {
    /// Over: every call needs a new one. The program does not refresh a token
    /// younger than half a minute, whatever the API says of it.
    Over,
    /// With half a life left, which is when tokens as short as these are renewed:
    /// nobody may notice anything, whatever dies.
    Ageing,
}

impl Tokens {
    fn age(self, life: Duration) -> Duration {
        match self {
            Self::Over => Duration::from_secs(31),
            Self::Ageing => life / 2 + Duration::from_secs(1),
        }
    }
}

struct Round(Tokens, Duration);

/// How much of it.
struct Plan {
    people: u32,
    /// How long an access token lives.
    life: Duration,
    /// The tokens' age, and how slow the token endpoint is.
    rounds: &'static [Round],
    /// Of each person in each round.
    calls: u32,
    /// Every so many refreshes the process that asks for one is killed.
    kill_every: usize,
}

const SMALL: Plan = Plan {
    people: 10,
    life: Duration::from_secs(120),
    rounds: &[Round(Tokens::Over, Duration::from_millis(400)), Round(Tokens::Ageing, Duration::from_secs(2))],
    calls: 20,
    kill_every: 4,
};

const WHOLE: Plan = Plan {
    people: 50,
    life: Duration::from_secs(600),
    rounds: &[
        Round(Tokens::Over, Duration::ZERO),
        Round(Tokens::Over, Duration::from_secs(3)),
        Round(Tokens::Over, Duration::from_secs(9)),
        Round(Tokens::Ageing, Duration::from_secs(9)),
    ],
    calls: 100,
    kill_every: 10,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_10_processes_that_die_at_every_step_redeem_no_refresh_token_twice() {
    run(SMALL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a quarter of an hour: run it with `make torture`"]
async fn the_whole() {
    run(WHOLE).await;
}

async fn run(plan: Plan) {
    let fleet = Arc::new(Fleet::start(plan.people, plan.kill_every, plan.life).await);
    let mut people = Vec::new();
    for number in 1..=plan.people {
        people.push(fleet.connect(number).await);
    }
    let mut reconnected = 0;
    for (number, Round(tokens, latency)) in plan.rounds.iter().enumerate() {
        tokio::time::sleep(tokens.age(plan.life)).await;
        fleet.begin_round(*latency, *tokens == Tokens::Over);
        let between = BETWEEN_PEOPLE + *latency / PART_OF_LATENCY;
        let counts = calls_of(&fleet, &people, plan.calls, between).await;
        println!("round {number}, tokens {tokens:?}, latency {latency:?}: {counts:?}");
        assert_eq!(counts.unexpected, 0, "{counts:?}\n{}", fleet.errors());
        if *tokens == Tokens::Ageing {
            assert_eq!((counts.later, counts.reconnect), (0, 0), "somebody noticed: {counts:?}");
        }
        fleet.settle().await;
        reconnected += history::check_people(&fleet, &people).await;
    }
    let report = history::check(&fleet);
    let kills = fleet.kills();
    println!("{kills} kills, {reconnected} times somebody had to connect again, {report:?}");
    assert!(kills >= plan.rounds.len(), "hardly anybody was killed");
    assert!(report.renewed + report.lost >= plan.people as usize * plan.rounds.len(), "{report:?}");
}

const BETWEEN_PEOPLE: Duration = Duration::from_millis(150);
/// And this part of the time a refresh takes.
const PART_OF_LATENCY: u32 = 4;
/// So many at once for each person.
const CALLERS: u32 = 4;

async fn calls_of(fleet: &Arc<Fleet>, people: &[Person], calls: u32, between: Duration) -> Counts {
    let callers: Vec<_> = people
        .iter()
        .flat_map(|person| (0..CALLERS).map(|_| person.browser.twin()))
        .enumerate()
        .map(|(number, browser)| {
            let fleet = Arc::clone(fleet);
            tokio::spawn(async move {
                // People do not all come at the same moment: a process that dies takes few along.
                tokio::time::sleep(between * (number as u32 / CALLERS)).await;
                call(&fleet, &browser, number, calls / CALLERS).await
            })
        })
        .collect();
    let mut counts = Counts::default();
    for caller in callers {
        counts += caller.await.unwrap();
    }
    counts
}

#[derive(Debug, Default)]
struct Counts {
    answered: u32,
    /// "PagerDuty does not answer": while a process that died still held the lease.
    later: u32,
    /// "Connect again": the answer to a refresh was lost.
    reconnect: u32,
    /// The process died under the call; another one was asked.
    asked_again: u32,
    unexpected: u32,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.answered += other.answered;
        self.later += other.later;
        self.reconnect += other.reconnect;
        self.asked_again += other.asked_again;
        self.unexpected += other.unexpected;
    }
}

/// One caller's calls, each to whichever process is next, as a balancer would have it.
async fn call(fleet: &Fleet, browser: &Browser, start: usize, calls: u32) -> Counts {
    let mut counts = Counts::default();
    let mut next = start;
    for _ in 0..calls {
        loop {
            next += 1;
            let at = browser.reaching(&fleet.address(next));
            let Ok(reply) = at.try_send(at.form("/api/check", &[])).await else {
                counts.asked_again += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            match reply.headers.get("location").and_then(|to| to.to_str().ok()) {
                Some("/connection?note=checked") => counts.answered += 1,
                Some("/connection?note=later") => counts.later += 1,
                Some("/connection") => counts.reconnect += 1,
                _ => counts.unexpected += 1,
            }
            break;
        }
    }
    counts
}
