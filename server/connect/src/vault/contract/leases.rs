//! Leases: one at a time, by the home's own clock.

use std::time::{Duration, Instant};

use super::{LONG, SHORT, at_once, connect, connection, content, count, home::Home, revocation, user};
use crate::{
    UserId,
    state::{Reason, Trouble},
    vault::store::*,
};

show_for!([memory, sqlite, postgres]: {
    rf_10_of_50_at_once_one_gets_the_lease,
    an_owner_that_asks_again_gets_it_and_it_counts,
    a_lease_ends_by_itself_and_one_takes_it_over,
    whoever_was_late_gives_nothing_back,
    a_pause_is_everybodys_until_it_is_over,
    after_a_failure_the_next_try_waits,
    only_what_may_have_been_redeemed_is_counted,
    a_refusal_counts_until_somebody_else_takes_the_lease,
    a_lease_on_what_has_moved_is_refused,
});
show_for!([sqlite, postgres]: {
    rf_12_what_was_written_before_the_clock_was_set_back_holds_nobody_up,
});

const FAILURE: Failure = Failure { trouble: Trouble::RateLimited, at: 1234, pause: LONG, ambiguous: false };

async fn lease(store: &dyn Store, user: &UserId, owner: &str, time: Duration) -> Lease {
    store.lease(user, 1, owner, time).await.unwrap()
}

/// Asks until the answer is another, which must not be before SHORT has passed.
async fn when_it_changes(store: &dyn Store, user: &UserId, owner: &str, asked_at: Instant) -> Lease {
    loop {
        let answer = lease(store, user, owner, LONG).await;
        if !matches!(answer, Lease::Held | Lease::NotYet(_)) {
            // Its clock may count in milliseconds.
            assert!(asked_at.elapsed() >= SHORT - Duration::from_millis(2), "{:?}", asked_at.elapsed());
            return answer;
        }
        assert!(asked_at.elapsed() < Duration::from_secs(5), "{answer:?} for ever");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn rf_10_of_50_at_once_one_gets_the_lease(home: Home) {
    let replicas = home.replicas().await;
    for (byte, name) in (1..).zip(["PA", "PB", "PC"]) {
        connect(&*replicas[0], &user(name), byte).await;
        let answers = at_once(50, |i| {
            let store = replicas[i % 2].clone();
            async move { lease(&*store, &user(name), &format!("owner {i}"), LONG).await }
        })
        .await;
        assert_eq!(count(&answers, |answer| *answer == Lease::Taken { sends_before: 0 }), 1, "{answers:?}");
        assert_eq!(count(&answers, |answer| *answer == Lease::Held), 49, "{answers:?}");
        assert_eq!(connection(&*replicas[1], &user(name)).await.lease, LeaseState::Held);
    }
}

async fn an_owner_that_asks_again_gets_it_and_it_counts(home: Home) {
    let store = home.store().await;
    connect(&*store, &user("PA"), 1).await;
    for sends_before in 0..3 {
        assert_eq!(lease(&*store, &user("PA"), "owner", LONG).await, Lease::Taken { sends_before });
        assert_eq!(lease(&*store, &user("PA"), "other", LONG).await, Lease::Held);
    }
}

async fn a_lease_ends_by_itself_and_one_takes_it_over(home: Home) {
    let store = home.store().await;
    connect(&*store, &user("PA"), 1).await;
    let asked_at = Instant::now();
    assert_eq!(lease(&*store, &user("PA"), "dead", SHORT).await, Lease::Taken { sends_before: 0 });
    let taken = when_it_changes(&*store, &user("PA"), "next", asked_at).await;
    assert_eq!(taken, Lease::Taken { sends_before: 1 });

    assert_eq!(lease(&*store, &user("PA"), "next", SHORT).await, Lease::Taken { sends_before: 2 });
    tokio::time::sleep(2 * SHORT).await;
    let answers = at_once(50, |i| {
        let store = store.clone();
        async move { lease(&*store, &user("PA"), &format!("owner {i}"), LONG).await }
    })
    .await;
    assert_eq!(count(&answers, |answer| *answer == Lease::Taken { sends_before: 3 }), 1, "{answers:?}");
    assert_eq!(count(&answers, |answer| *answer == Lease::Held), 49, "{answers:?}");
}

async fn whoever_was_late_gives_nothing_back(home: Home) {
    let store = home.store().await;
    connect(&*store, &user("PA"), 1).await;
    lease(&*store, &user("PA"), "late", Duration::ZERO).await;
    assert_ne!(connection(&*store, &user("PA")).await.lease, LeaseState::Held);
    assert_eq!(lease(&*store, &user("PA"), "next", LONG).await, Lease::Taken { sends_before: 1 });
    store.release(&user("PA"), 1, "late", &FAILURE).await.unwrap();
    store.release(&user("PA"), 2, "next", &FAILURE).await.unwrap();
    store.release(&user("PB"), 1, "next", &FAILURE).await.unwrap();
    let row = connection(&*store, &user("PA")).await;
    assert_eq!(
        (row.lease, row.failures, row.trouble, row.retry_in),
        (LeaseState::Held, 0, None, Duration::ZERO)
    );
    assert_eq!(lease(&*store, &user("PA"), "next", LONG).await, Lease::Taken { sends_before: 2 });
}

async fn a_pause_is_everybodys_until_it_is_over(home: Home) {
    let store = home.store().await;
    connect(&*store, &user("PA"), 1).await;
    connect(&*store, &user("PB"), 2).await;
    let left = async |who: &str| connection(&*store, &user(who)).await.calls_in;
    assert!(left("PA").await.is_zero());
    store.pause(&user("PA"), LONG).await.unwrap();
    store.pause(&user("PA"), SHORT).await.unwrap();
    store.pause(&user("nobody"), LONG).await.unwrap();
    let long = LONG - Duration::from_secs(10)..=LONG;
    assert!(long.contains(&left("PA").await), "a shorter one does not end a longer one");
    assert!(left("PB").await.is_zero(), "nobody else's");
    store.pause(&user("PB"), SHORT).await.unwrap();
    tokio::time::sleep(2 * SHORT).await;
    assert!(left("PB").await.is_zero());
}

async fn after_a_failure_the_next_try_waits(home: Home) {
    let store = home.store().await;
    connect(&*store, &user("PA"), 1).await;
    for failures in 1..3 {
        lease(&*store, &user("PA"), "owner", LONG).await;
        store.release(&user("PA"), 1, "owner", &Failure { pause: Duration::ZERO, ..FAILURE }).await.unwrap();
        let row = connection(&*store, &user("PA")).await;
        assert_eq!((row.failures, row.trouble), (failures, Some((Trouble::RateLimited, 1234))));
        assert!(row.lease == LeaseState::Free && row.retry_in.is_zero());
    }
    lease(&*store, &user("PA"), "owner", LONG).await;
    let released_at = Instant::now();
    store.release(&user("PA"), 1, "owner", &Failure { pause: SHORT, ..FAILURE }).await.unwrap();
    let taken = when_it_changes(&*store, &user("PA"), "next", released_at).await;
    assert_eq!(taken, Lease::Taken { sends_before: 0 });

    store.release(&user("PA"), 1, "next", &FAILURE).await.unwrap();
    let long = LONG - Duration::from_secs(10)..=LONG;
    for owner in ["next", "another"] {
        let answer = lease(&*store, &user("PA"), owner, LONG).await;
        assert!(matches!(answer, Lease::NotYet(pause) if long.contains(&pause)), "{answer:?}");
    }
    let row = connection(&*store, &user("PA")).await;
    assert!(row.lease == LeaseState::Free && long.contains(&row.retry_in), "{row:?}");
}

async fn only_what_may_have_been_redeemed_is_counted(home: Home) {
    let store = home.store().await;
    connect(&*store, &user("PA"), 1).await;
    let mut before = 0;
    for ambiguous in [false, true, false, true, true] {
        let taken = lease(&*store, &user("PA"), "owner", LONG).await;
        assert_eq!(taken, Lease::Taken { sends_before: before });
        let failure = Failure { ambiguous, pause: Duration::ZERO, ..FAILURE };
        store.release(&user("PA"), 1, "owner", &failure).await.unwrap();
        before += i64::from(ambiguous);
    }
    assert_eq!(before, 3);
}

async fn a_refusal_counts_until_somebody_else_takes_the_lease(home: Home) {
    let store = home.store().await;
    for (byte, name) in [(1, "PA"), (2, "PB"), (3, "PC")] {
        connect(&*store, &user(name), byte).await;
        store.lease(&user(name), 1, "first", Duration::ZERO).await.unwrap();
    }
    let give_up =
        async |name, owner| store.give_up(&user(name), 1, Some(owner), Reason::Revoked, true).await.unwrap();
    assert!(!give_up("PA", "another").await);
    assert!(give_up("PA", "first").await, "over, but nobody has taken it");
    assert!(matches!(store.lease(&user("PB"), 1, "second", LONG).await.unwrap(), Lease::Taken { .. }));
    assert!(!give_up("PB", "first").await);
    assert!(give_up("PB", "second").await);
    store.release(&user("PC"), 1, "first", &FAILURE).await.unwrap();
    assert!(!give_up("PC", "first").await, "given back");
}

async fn a_lease_on_what_has_moved_is_refused(home: Home) {
    let store = home.store().await;
    assert_eq!(lease(&*store, &user("PA"), "owner", LONG).await, Lease::Moved, "nobody's");
    connect(&*store, &user("PA"), 1).await;
    assert_eq!(store.lease(&user("PA"), 2, "owner", LONG).await.unwrap(), Lease::Moved, "not there yet");
    assert!(store.advance(&user("PA"), &content(2)).await.unwrap());
    assert_eq!(lease(&*store, &user("PA"), "owner", LONG).await, Lease::Moved, "gone on");
    assert_ne!(connection(&*store, &user("PA")).await.lease, LeaseState::Held);
    assert!(store.give_up(&user("PA"), 2, None, Reason::Revoked, false).await.unwrap());
    assert_eq!(store.lease(&user("PA"), 2, "owner", LONG).await.unwrap(), Lease::Moved, "broken");
}

async fn rf_12_what_was_written_before_the_clock_was_set_back_holds_nobody_up(home: Home) {
    let (store, mut db) = (home.store().await, home.database().await);
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    assert!(matches!(lease(&*store, &pa, "first", LONG).await, Lease::Taken { .. }));
    assert_eq!(lease(&*store, &pa, "second", LONG).await, Lease::Held);
    db.run("UPDATE connection SET lease_until = lease_until + 3600000").await;
    assert_eq!(connection(&*store, &pa).await.lease, LeaseState::RanOut);
    assert!(matches!(lease(&*store, &pa, "second", LONG).await, Lease::Taken { .. }));
    store.release(&pa, 1, "second", &FAILURE).await.unwrap();
    assert!(matches!(lease(&*store, &pa, "third", LONG).await, Lease::NotYet(_)));
    db.run("UPDATE connection SET retry_at = retry_at + 3600000").await;
    assert_eq!(connection(&*store, &pa).await.retry_in, Duration::ZERO);
    assert!(matches!(lease(&*store, &pa, "third", LONG).await, Lease::Taken { .. }));

    store.put_revocation(&revocation(1), LONG).await.unwrap();
    assert!(store.due_revocations(1, LONG).await.unwrap().is_empty());
    db.run("UPDATE revocation SET due_at = due_at + 8000000").await;
    assert_eq!(store.due_revocations(1, LONG).await.unwrap().len(), 1);
}
