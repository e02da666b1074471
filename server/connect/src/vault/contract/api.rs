//! Keys of other programs and their links.

use super::{at_once, connect, count, home::Home, id, sealed, user};
use crate::{
    Owner, UserId,
    state::Reason,
    vault::{
        api::store::{ApiKeyRow, LinkRow},
        store::{AttemptRow, Store, Taken},
    },
};

show_for!([memory, sqlite, postgres]: {
    a_key_is_found_by_its_hash_alone_and_revoked_once,
    a_link_is_used_once_however_many_press,
    old_links_are_forgotten_when_a_new_one_is_made,
    an_owners_connections_are_found_the_last_one_first_or_a_page_at_a_time,
});

fn key(byte: u8) -> ApiKeyRow {
    ApiKeyRow {
        id: format!("key {byte}"),
        hash: id(byte),
        name: "billing".into(),
        scopes: "connect identities.read".into(),
        return_to: "https://a.example https://b.example".into(),
        created_at: 1000 - i64::from(byte),
        expires_at: (byte == 2).then_some(2000),
        used_at: None,
        revoked_at: None,
    }
}

fn link(byte: u8, created_at: i64) -> LinkRow {
    LinkRow {
        id: id(byte),
        key_id: "key 1".into(),
        owner: Owner::parse("alice").unwrap(),
        scopes: String::new(),
        return_to: "https://a.example/".into(),
        created_at,
        used_at: None,
    }
}

/// Begun by a press of a link's button.
fn attempt(byte: u8) -> AttemptRow {
    AttemptRow { id: id(byte), browser: id(0), sealed: sealed("attempt"), started_at: 30 }
}

async fn a_key_is_found_by_its_hash_alone_and_revoked_once(home: Home) {
    let store = home.store().await;
    store.put_api_key(&key(1)).await.unwrap();
    store.put_api_key(&key(2)).await.unwrap();
    assert_eq!(store.api_key(&id(1)).await.unwrap(), Some(key(1)));
    assert_eq!(store.api_key(&id(3)).await.unwrap(), None);
    assert_eq!(store.api_keys().await.unwrap(), [key(2), key(1)], "the oldest first");

    store.touch_api_key("key 1", 50).await.unwrap();
    store.touch_api_key("key 1", 40).await.unwrap();
    let used = ApiKeyRow { used_at: Some(50), ..key(1) };
    assert_eq!(store.api_key(&id(1)).await.unwrap(), Some(used.clone()));
    assert!(store.revoke_api_key("key 1", 60).await.unwrap());
    assert!(!store.revoke_api_key("key 1", 70).await.unwrap());
    assert!(!store.revoke_api_key("key 3", 70).await.unwrap());
    assert_eq!(store.api_key(&id(1)).await.unwrap(), Some(ApiKeyRow { revoked_at: Some(60), ..used }));
    assert_eq!(store.api_key(&id(2)).await.unwrap(), Some(key(2)));
}

async fn a_link_is_used_once_however_many_press(home: Home) {
    let store = home.store().await;
    store.put_api_key(&key(1)).await.unwrap();
    store.put_link(&link(1, 10), 0).await.unwrap();
    store.put_link(&link(2, 10), 0).await.unwrap();
    assert_eq!(store.link(&id(1)).await.unwrap(), Some(link(1, 10)));
    let answers = at_once(20, |i| {
        let (store, attempt) = (store.clone(), attempt(u8::try_from(i).unwrap()));
        async move { store.put_attempt(&attempt, Some(&id(1)), 0, 0).await.unwrap() }
    })
    .await;
    assert_eq!(count(&answers, |used| *used), 1);
    assert_eq!(store.link(&id(1)).await.unwrap(), Some(LinkRow { used_at: Some(30), ..link(1, 10) }));
    assert_eq!(store.link(&id(2)).await.unwrap(), Some(link(2, 10)));
    // Who comes too late has begun nothing.
    assert!(!store.put_attempt(&attempt(30), Some(&id(3)), 0, 0).await.unwrap());
    let taken = store.take_attempt(&id(30), Some(&id(0)), 30, 0).await.unwrap();
    assert!(matches!(taken, Taken::Unknown), "{taken:?}");
}

async fn old_links_are_forgotten_when_a_new_one_is_made(home: Home) {
    let store = home.store().await;
    store.put_api_key(&key(1)).await.unwrap();
    for (byte, made) in [(1, 10), (2, 20)] {
        store.put_link(&link(byte, made), 0).await.unwrap();
    }
    store.put_link(&link(3, 30), 20).await.unwrap();
    let mut there = Vec::new();
    for byte in 1..=3 {
        there.push(store.link(&id(byte)).await.unwrap().is_some());
    }
    assert_eq!(there, [false, true, true]);
}

async fn an_owners_connections_are_found_the_last_one_first_or_a_page_at_a_time(home: Home) {
    let store = home.store().await;
    let of = |person: &str, owner: &str| UserId::from_row(format!("PACCT/{person}@{owner}"));
    let (one, two, other) = (of("PA", "alice"), of("PB", "alice"), of("PA", "bob"));
    for (byte, who) in (1..).zip([&one, &other, &user("PA")]) {
        connect(&*store, who, byte).await;
    }
    later(&*store, &two).await;
    assert_eq!(store.newest_of("alice", 9).await.unwrap(), [two.clone(), one.clone()]);
    assert_eq!(store.newest_of("alice", 1).await.unwrap(), std::slice::from_ref(&two));
    assert_eq!(store.newest_of("bob", 9).await.unwrap(), std::slice::from_ref(&other));
    let page = async |owner: &str, after: &str, limit| store.users_of(owner, after, limit).await.unwrap();
    assert_eq!(page("alice", "", 9).await, [one.clone(), two.clone()]);
    assert_eq!(page("alice", "", 1).await, std::slice::from_ref(&one));
    assert_eq!(page("alice", one.as_str(), 9).await, std::slice::from_ref(&two));
    assert!(page("alice", two.as_str(), 9).await.is_empty() && page("alic", "", 9).await.is_empty());
    assert!(store.sessions_of(&two).await.unwrap().is_empty(), "it began no session");
    store.remove(&two, 1, None).await.unwrap();
    assert_eq!(page("alice", "", 9).await, std::slice::from_ref(&one));
    // Those that only their people can mend, and the others.
    assert!(store.give_up(&one, 1, None, Reason::Revoked, false).await.unwrap());
    let all = async |is_broken| store.users(is_broken, "", 9).await.unwrap();
    assert_eq!(all(Some(true)).await, std::slice::from_ref(&one));
    assert_eq!(all(Some(false)).await, [user("PA"), other.clone()]);
    assert_eq!(all(None).await.len(), 3);
}

/// A connection without a session, made after the others.
async fn later(store: &dyn Store, who: &UserId) {
    let mut content = super::content(1);
    content.times.connected_at += 1;
    let row = (&sealed("data key"), &content);
    assert!(store.put_connection(who, row, None, None, None, None).await.unwrap());
}
