//! The operator's keys, as the database knows them.

use std::time::Duration;

use super::{
    KEY, at_once, connect, connection, content, home::Home, id, revocation, sealed, session, text, user,
};
use crate::vault::store::*;

show_for!([memory, sqlite, postgres]: {
    rf_27_of_20_first_keys_one_is_the_first,
    the_newest_current_key_is_the_only_one,
    a_key_is_dropped_when_nothing_needs_it,
    a_value_changes_keys_unless_it_has_changed_itself,
});
show_for!([sqlite, postgres]: {
    nothing_is_sealed_with_a_key_that_was_let_go,
});

fn key(id: &str, current: bool) -> KeyRow {
    KeyRow { id: id.into(), sealed: id.into(), current }
}

async fn known(store: &dyn Store) -> Vec<(String, bool)> {
    let mut keys: Vec<_> = store.keys().await.unwrap().into_iter().map(|row| (row.id, row.current)).collect();
    keys.sort();
    keys
}

/// One value of each kind, sealed with the key.
async fn seal_one_of_each(store: &dyn Store, byte: u8) {
    let attempt = AttemptRow { id: id(byte), browser: id(9), sealed: sealed("attempt"), started_at: 100 };
    store.put_attempt(&attempt, None, 0, 0).await.unwrap();
    connect(store, &user("PA"), byte).await;
    store.put_revocation(&revocation(byte), Duration::ZERO).await.unwrap();
}

async fn rf_27_of_20_first_keys_one_is_the_first(home: Home) {
    let store = home.bare_store().await;
    // All the connections there can be, so that nobody has to wait for one.
    at_once(20, |_| {
        let store = store.clone();
        async move { store.keys().await.unwrap() }
    })
    .await;
    at_once(20, |i| {
        let store = store.clone();
        async move { store.add_first_key(&key(&format!("key {}", i / 2), true)).await.unwrap() }
    })
    .await;
    let known = known(&*store).await;
    assert_eq!(known.len(), 1, "{known:?}");
    assert!(known[0].1);
}

async fn the_newest_current_key_is_the_only_one(home: Home) {
    let store = home.store().await;
    assert_eq!(known(&*store).await, [(KEY.into(), true)]);
    store.add_first_key(&key("another", true)).await.unwrap();
    store.add_key(&key("ready", false)).await.unwrap();
    assert_eq!(known(&*store).await, [(KEY.into(), true), ("ready".into(), false)]);
    store.add_key(&key("second", true)).await.unwrap();
    let after = [(KEY.into(), false), ("ready".into(), false), ("second".into(), true)];
    assert_eq!(known(&*store).await, after);
    store.add_key(&key("second", true)).await.unwrap();
    assert_eq!(known(&*store).await, after, "adding it again changes nothing");
    store.add_key(&KeyRow { sealed: b"something else".into(), ..key("ready", true) }).await.unwrap();
    let keys = store.keys().await.unwrap();
    let ready = keys.iter().find(|row| row.current).unwrap();
    assert_eq!((ready.id.as_str(), ready.sealed.as_slice()), ("ready", &b"ready"[..]), "its text stays");
    at_once(20, |i| {
        let store = store.clone();
        async move { store.add_key(&key(&format!("key {i}"), true)).await.unwrap() }
    })
    .await;
    assert_eq!(known(&*store).await.iter().filter(|(_, current)| *current).count(), 1);
}

async fn a_key_is_dropped_when_nothing_needs_it(home: Home) {
    let store = home.store().await;
    assert!(!store.drop_key(KEY).await.unwrap(), "it is current");
    seal_one_of_each(&*store, 1).await;
    store.add_key(&key("second", true)).await.unwrap();
    let old = store.sealed_otherwise("second", 10).await.unwrap();
    assert_eq!(old.len(), 3);
    let new = Sealed { key_id: "second".into(), bytes: b"anew".into() };
    for standing in &old {
        assert!(!store.drop_key(KEY).await.unwrap(), "{standing:?} is sealed with it");
        store.reseal(standing, &new).await.unwrap();
    }
    assert_eq!(known(&*store).await.len(), 2);
    assert!(store.drop_key(KEY).await.unwrap());
    assert!(!store.drop_key(KEY).await.unwrap(), "a second time");
    assert!(!store.drop_key("no key").await.unwrap());
    assert_eq!(known(&*store).await, [("second".into(), true)]);
}

async fn a_value_changes_keys_unless_it_has_changed_itself(home: Home) {
    let store = home.store().await;
    seal_one_of_each(&*store, 1).await;
    assert!(store.sealed_otherwise(KEY, 10).await.unwrap().is_empty());
    store.add_key(&key("second", true)).await.unwrap();
    let old = store.sealed_otherwise("second", 10).await.unwrap();
    let mut sorted: Vec<String> = old.iter().map(|standing| text(&standing.table)).collect();
    sorted.sort();
    assert_eq!(sorted, ["Attempt", "Connection", "Revocation"]);
    let new = Sealed { key_id: "second".into(), bytes: b"anew".into() };

    // What was written meanwhile stays as it was written.
    let row = (&sealed("another data key"), &content(2));
    assert!(
        store
            .put_connection(&user("PA"), row, Some(1), Some(&session(2, &user("PA"))), None, None)
            .await
            .unwrap()
    );
    store.take_attempt(&id(1), Some(&id(9)), 100, 0).await.unwrap();
    for standing in old.iter().filter(|standing| standing.table != Table::Revocation) {
        store.reseal(standing, &new).await.unwrap();
    }
    assert_eq!(connection(&*store, &user("PA")).await.data_key, sealed("another data key"));
    let other = Sealed { key_id: "second".into(), ..old[0].sealed.clone() };
    store.reseal(&Standing { sealed: other, ..old[0].clone() }, &new).await.unwrap();
    assert_eq!(store.sealed_otherwise("second", 10).await.unwrap().len(), 3, "none has changed keys");

    for standing in store.sealed_otherwise("second", 10).await.unwrap() {
        assert_eq!(standing.sealed.key_id, KEY);
        store.reseal(&standing, &new).await.unwrap();
    }
    assert!(store.sealed_otherwise("second", 10).await.unwrap().is_empty());
    let row = connection(&*store, &user("PA")).await;
    assert_eq!((row.data_key, row.content.generation), (new.clone(), 2));
    assert_eq!(store.due_revocations(1, Duration::ZERO).await.unwrap()[0].sealed, new);
    let some = store.sealed_otherwise(KEY, 1).await.unwrap().len();
    assert!((1..=3).contains(&some), "one, or one of each kind");
}

async fn nothing_is_sealed_with_a_key_that_was_let_go(home: Home) {
    let store = home.store().await;
    seal_one_of_each(&*store, 1).await;
    let old = Sealed { key_id: "let go".into(), bytes: vec![1] };
    let attempt = AttemptRow { id: id(2), browser: id(9), sealed: old.clone(), started_at: 100 };
    let put = store.put_attempt(&attempt, None, 0, 0).await;
    assert!(put.is_err_and(|e| e.is_old_key()));
    let row = (&old, &content(2));
    let pa = user("PA");
    let put = store.put_connection(&pa, row, Some(1), Some(&session(2, &pa)), None, None).await;
    assert!(put.is_err_and(|e| e.is_old_key()));
    let leftover = RevocationRow { sealed: old, ..revocation(2) };
    assert!(store.put_revocation(&leftover, Duration::ZERO).await.is_err_and(|e| e.is_old_key()));
    assert!(store.remove(&pa, 1, Some(&leftover)).await.is_err_and(|e| e.is_old_key()));
    assert_eq!(connection(&*store, &pa).await.content.generation, 1, "what was to be wiped is still there");
    assert!(store.sealed_otherwise(KEY, 10).await.unwrap().is_empty());
}
