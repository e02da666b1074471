//! Tokens to revoke: each is somebody's to try, and stays until it is done.

use std::time::{Duration, Instant};

use super::{LONG, SHORT, at_once, due, home::Home, revocation, text};
use crate::vault::store::*;

show_for!([memory, sqlite, postgres]: {
    what_is_due_is_taken_once_by_20_at_once,
    what_was_taken_is_due_again_after_its_hold,
    what_is_due_first_is_taken_first_and_no_more_than_asked_for,
    what_was_postponed_waits,
    what_is_done_is_gone,
});

async fn what_is_due_is_taken_once_by_20_at_once(home: Home) {
    let replicas = home.replicas().await;
    let store = &replicas[0];
    for round in 0..5u8 {
        let put: Vec<u8> = (round * 30..round * 30 + 30).collect();
        for byte in &put {
            store.put_revocation(&revocation(*byte), Duration::ZERO).await.unwrap();
        }
        let answers = at_once(20, |i| {
            let store = replicas[i % 2].clone();
            async move { store.due_revocations(4, LONG).await.unwrap() }
        })
        .await;
        assert!(answers.iter().all(|rows| rows.len() <= 4), "no more than asked for");
        let mut taken: Vec<u8> = answers.iter().flatten().map(|row| row.id[0]).collect();
        // Who passes over rows that another holds may come back with fewer.
        taken.extend(due(&**store).await.iter().map(|id| id[0]));
        taken.sort_unstable();
        assert_eq!(taken, put, "each of them once");
    }
    assert!(due(&**store).await.is_empty());
}

async fn what_was_taken_is_due_again_after_its_hold(home: Home) {
    let store = home.store().await;
    store.put_revocation(&revocation(1), Duration::ZERO).await.unwrap();
    for tries in 1..4 {
        let asked_at = Instant::now();
        let rows = loop {
            let rows = store.due_revocations(10, SHORT).await.unwrap();
            if !rows.is_empty() {
                break rows;
            }
            assert!(asked_at.elapsed() < Duration::from_secs(5), "never again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(text(&rows), text(&[RevocationRow { tries, ..revocation(1) }]));
    }
    let held_for = Instant::now();
    while due(&*store).await.is_empty() {
        assert!(held_for.elapsed() < Duration::from_secs(5), "never again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(due(&*store).await.is_empty(), "held for long");
}

async fn what_is_due_first_is_taken_first_and_no_more_than_asked_for(home: Home) {
    let store = home.store().await;
    for byte in [3, 1, 2] {
        store.put_revocation(&revocation(byte), Duration::ZERO).await.unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    store.put_revocation(&revocation(4), LONG).await.unwrap();
    for byte in [3, 1, 2] {
        let rows = store.due_revocations(1, LONG).await.unwrap();
        assert_eq!(text(&rows), text(&[RevocationRow { tries: 1, ..revocation(byte) }]));
    }
    assert!(due(&*store).await.is_empty());
}

async fn what_was_postponed_waits(home: Home) {
    let store = home.store().await;
    store.put_revocation(&revocation(1), Duration::ZERO).await.unwrap();
    store.put_revocation(&revocation(2), LONG).await.unwrap();
    store.postpone_revocation(&[1; 16], LONG).await.unwrap();
    assert!(due(&*store).await.is_empty());
    store.postpone_revocation(&[2; 16], Duration::ZERO).await.unwrap();
    assert_eq!(due(&*store).await, [[2; 16]]);
    store.postpone_revocation(&[3; 16], Duration::ZERO).await.unwrap();
    assert!(due(&*store).await.is_empty(), "what is not there is not made");
}

async fn what_is_done_is_gone(home: Home) {
    let store = home.store().await;
    for byte in [1, 2] {
        store.put_revocation(&revocation(byte), Duration::ZERO).await.unwrap();
    }
    for _ in 0..2 {
        store.remove_revocation(&[1; 16]).await.unwrap();
    }
    assert_eq!(due(&*store).await, [[2; 16]]);
    store.remove_revocation(&[2; 16]).await.unwrap();
    for byte in [1, 2] {
        store.postpone_revocation(&[byte; 16], Duration::ZERO).await.unwrap();
    }
    assert!(due(&*store).await.is_empty());
}
