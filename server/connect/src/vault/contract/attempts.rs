//! Attempts: taken once, by their browser, in time.

use super::{at_once, count, home::Home, id, sealed};
use crate::vault::store::*;

show_for!([memory, sqlite, postgres]: {
    sr_04_of_64_at_once_one_takes_the_attempt,
    sr_02_another_browser_s_call_changes_nothing,
    an_attempt_is_too_late_after_its_time_and_unknown_when_nobody_began_it,
    what_was_remembered_goes_when_it_is_used_or_too_old,
    an_old_attempt_is_forgotten,
    what_was_remembered_opens_once,
});

const BROWSER: u8 = 7;

async fn put(store: &dyn Store, byte: u8, started_at: i64) {
    put_and_clear(store, byte, started_at, 0, 0).await;
}

async fn put_and_clear(store: &dyn Store, byte: u8, started_at: i64, forget_before: i64, blank_before: i64) {
    let sealed = sealed(&format!("attempt {byte}"));
    let row = AttemptRow { id: id(byte), browser: id(BROWSER), sealed, started_at };
    store.put_attempt(&row, None, forget_before, blank_before).await.unwrap();
}

async fn take(store: &dyn Store, byte: u8, too_late_before: i64) -> Taken<Sealed> {
    store.take_attempt(&id(byte), Some(&id(BROWSER)), 1000, too_late_before).await.unwrap()
}

/// What is remembered of all attempts.
async fn remembered(store: &dyn Store) -> Vec<String> {
    let all = store.sealed_otherwise("no key", 100).await.unwrap();
    let mut all: Vec<String> = all.into_iter().map(|s| String::from_utf8(s.sealed.bytes).unwrap()).collect();
    all.sort();
    all
}

async fn sr_04_of_64_at_once_one_takes_the_attempt(home: Home) {
    let replicas = home.replicas().await;
    for round in 0..5 {
        put(&*replicas[0], round, 100).await;
        let answers = at_once(64, |i| {
            let store = replicas[i % 2].clone();
            async move { take(&*store, round, 0).await }
        })
        .await;
        let right = |taken: &Taken<Sealed>| matches!(taken, Taken::Now(s) if *s == sealed(&format!("attempt {round}")));
        assert_eq!(count(&answers, right), 1);
        assert_eq!(count(&answers, |taken| matches!(taken, Taken::Before)), 63);
    }
}

async fn sr_02_another_browser_s_call_changes_nothing(home: Home) {
    let store = home.store().await;
    put(&*store, 1, 100).await;
    for browser in [None, Some(&id(8))] {
        let taken = store.take_attempt(&id(1), browser, 1000, 0).await.unwrap();
        assert!(matches!(taken, Taken::OtherBrowser), "{taken:?}");
    }
    assert!(matches!(take(&*store, 1, 0).await, Taken::Now(_)));
    let taken = store.take_attempt(&id(1), Some(&id(8)), 1000, 0).await.unwrap();
    assert!(matches!(taken, Taken::Before), "{taken:?}");
}

async fn an_attempt_is_too_late_after_its_time_and_unknown_when_nobody_began_it(home: Home) {
    let store = home.store().await;
    assert!(matches!(take(&*store, 1, 0).await, Taken::Unknown));
    put(&*store, 1, 100).await;
    assert!(matches!(take(&*store, 1, 101).await, Taken::TooLate));
    assert!(matches!(take(&*store, 2, 0).await, Taken::Unknown));
    assert!(matches!(take(&*store, 1, 100).await, Taken::Now(_)), "its last second");
    assert!(matches!(take(&*store, 1, 100).await, Taken::Before));
    assert!(matches!(take(&*store, 1, 101).await, Taken::TooLate));
}

async fn what_was_remembered_goes_when_it_is_used_or_too_old(home: Home) {
    let store = home.store().await;
    put(&*store, 1, 100).await;
    put(&*store, 2, 200).await;
    put(&*store, 3, 200).await;
    put_and_clear(&*store, 4, 300, 0, 100).await;
    assert_eq!(remembered(&*store).await, ["attempt 1", "attempt 2", "attempt 3", "attempt 4"]);
    put_and_clear(&*store, 5, 300, 0, 101).await;
    assert_eq!(remembered(&*store).await, ["", "attempt 2", "attempt 3", "attempt 4", "attempt 5"]);
    assert!(matches!(take(&*store, 2, 0).await, Taken::Now(_)));
    assert_eq!(remembered(&*store).await, ["", "", "attempt 3", "attempt 4", "attempt 5"]);
    assert!(matches!(take(&*store, 1, 101).await, Taken::TooLate), "that it was there is still known");
}

async fn an_old_attempt_is_forgotten(home: Home) {
    let store = home.store().await;
    put(&*store, 1, 100).await;
    put(&*store, 2, 101).await;
    put_and_clear(&*store, 3, 300, 101, 0).await;
    assert!(matches!(take(&*store, 1, 0).await, Taken::Unknown));
    assert!(matches!(take(&*store, 2, 0).await, Taken::Now(_)));
}

async fn what_was_remembered_opens_once(home: Home) {
    let vault = home.vault().await;
    vault.put_attempt(&id(1), &id(BROWSER), b"the verifier", None, 1000).await.unwrap();
    let taken = vault.take_attempt(&id(1), Some(&id(8)), 1000).await.unwrap();
    assert!(matches!(taken, Taken::OtherBrowser));
    let taken = vault.take_attempt(&id(1), Some(&id(BROWSER)), 1600).await.unwrap();
    assert!(matches!(taken, Taken::Now(plain) if plain.as_slice() == b"the verifier"));
    let taken = vault.take_attempt(&id(1), Some(&id(BROWSER)), 1600).await.unwrap();
    assert!(matches!(taken, Taken::Before));
    let taken = vault.take_attempt(&id(1), Some(&id(BROWSER)), 1601).await.unwrap();
    assert!(matches!(taken, Taken::TooLate));
}
