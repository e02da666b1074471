//! Sessions: listed, ended, forgotten.

use super::{connect, content, home::Home, id, sealed, session, text, user};
use crate::{UserId, state::Reason, vault::store::*};

show_for!([memory, sqlite, postgres]: {
    the_session_seen_last_is_listed_first,
    a_session_is_never_seen_earlier_than_before,
    ending_one_session_leaves_the_others,
    ending_the_other_sessions_leaves_this_one,
    an_ended_session_stays_ended_and_is_not_listed,
    sessions_begun_or_seen_too_long_ago_are_forgotten,
});

/// A person with the sessions of these numbers, the last of which began last.
async fn with_sessions(store: &dyn Store, user: &UserId, bytes: &[u8]) {
    let mut replaces = None;
    for byte in bytes {
        let row = (&sealed("data key"), &content(replaces.unwrap_or(0) + 1));
        let session = session(*byte, user);
        assert!(store.put_connection(user, row, replaces, Some(&session), None, None).await.unwrap());
        replaces = Some(row.1.generation);
    }
}

async fn listed(store: &dyn Store, user: &UserId) -> Vec<u8> {
    store.sessions_of(user).await.unwrap().iter().map(|row| row.id[0]).collect()
}

async fn the_session_seen_last_is_listed_first(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    with_sessions(&*store, &pa, &[1, 2, 3]).await;
    connect(&*store, &user("PB"), 4).await;
    assert_eq!(listed(&*store, &pa).await, [3, 2, 1]);
    store.touch_session(&id(1), 5000).await.unwrap();
    store.touch_session(&id(2), 5000).await.unwrap();
    assert_eq!(listed(&*store, &pa).await, [2, 1, 3], "of those seen at once, the one begun last");
    store.touch_session(&id(3), 6000).await.unwrap();
    assert_eq!(listed(&*store, &pa).await, [3, 2, 1]);
    let seen = SessionRow { seen_at: 5000, ..session(2, &pa) };
    assert_eq!(text(&store.sessions_of(&pa).await.unwrap()[1]), text(&seen), "as it was stored");
    assert!(listed(&*store, &user("PC")).await.is_empty());
}

async fn a_session_is_never_seen_earlier_than_before(home: Home) {
    let store = home.store().await;
    connect(&*store, &user("PA"), 1).await;
    for (now, seen_at) in [(2000, 2000), (1500, 2000), (2000, 2000), (2001, 2001)] {
        store.touch_session(&id(1), now).await.unwrap();
        assert_eq!(store.session(&id(1)).await.unwrap().unwrap().seen_at, seen_at);
    }
    store.touch_session(&id(2), 2000).await.unwrap();
    assert!(store.session(&id(2)).await.unwrap().is_none(), "what is not there is not made");
}

async fn ending_one_session_leaves_the_others(home: Home) {
    let store = home.store().await;
    with_sessions(&*store, &user("PA"), &[1, 2]).await;
    for _ in 0..2 {
        store.remove_session(&id(1)).await.unwrap();
        assert_eq!(listed(&*store, &user("PA")).await, [2]);
        assert!(store.session(&id(1)).await.unwrap().is_none());
    }
    assert!(store.connection(&user("PA")).await.unwrap().is_some());
}

async fn ending_the_other_sessions_leaves_this_one(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    with_sessions(&*store, &pa, &[1, 2, 3]).await;
    with_sessions(&*store, &user("PB"), &[4, 5]).await;
    assert_eq!(store.remove_other_sessions(&pa, &id(2)).await.unwrap(), 2);
    assert_eq!(store.remove_other_sessions(&pa, &id(2)).await.unwrap(), 0);
    assert_eq!(listed(&*store, &pa).await, [2]);
    assert_eq!(listed(&*store, &user("PB")).await, [5, 4]);
    assert_eq!(store.remove_other_sessions(&pa, &id(5)).await.unwrap(), 1, "somebody else's is no exception");
}

async fn an_ended_session_stays_ended_and_is_not_listed(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    with_sessions(&*store, &pa, &[1, 2]).await;
    assert!(store.give_up(&pa, 2, None, Reason::Revoked, true).await.unwrap());
    assert!(listed(&*store, &pa).await.is_empty());
    let row = (&sealed("data key"), &content(3));
    assert!(store.put_connection(&pa, row, Some(2), Some(&session(3, &pa)), None, None).await.unwrap());
    store.touch_session(&id(1), 5000).await.unwrap();
    assert!(store.give_up(&pa, 3, None, Reason::Idle, true).await.unwrap());
    assert!(store.advance(&pa, &content(4)).await.unwrap());
    for (byte, why) in [(1, Reason::Revoked), (2, Reason::Revoked), (3, Reason::Idle)] {
        let ended = store.session(&id(byte)).await.unwrap().unwrap().ended;
        assert_eq!(ended, Some(why), "session {byte} says what ended it first");
    }
    assert!(listed(&*store, &pa).await.is_empty());
    // The browser is still told why; there is nothing left to end.
    assert_eq!(store.remove_other_sessions(&pa, &id(3)).await.unwrap(), 0);
    assert!(store.session(&id(1)).await.unwrap().is_some());
}

async fn sessions_begun_or_seen_too_long_ago_are_forgotten(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    // Begun at 1001, 1002, 1003, 1004.
    with_sessions(&*store, &pa, &[1, 2, 3, 4]).await;
    store.touch_session(&id(1), 9000).await.unwrap();
    store.touch_session(&id(2), 3000).await.unwrap();
    store.touch_session(&id(4), 3000).await.unwrap();
    store.forget_sessions(1001, 1003).await.unwrap();
    assert_eq!(listed(&*store, &pa).await, [1, 4, 2, 3], "none is too old");
    store.forget_sessions(1002, 1003).await.unwrap();
    assert_eq!(listed(&*store, &pa).await, [4, 2, 3], "begun too long ago, however busy");
    store.forget_sessions(1002, 1004).await.unwrap();
    assert_eq!(listed(&*store, &pa).await, [4, 2], "not seen for too long");
    assert!(store.give_up(&pa, 4, None, Reason::Revoked, true).await.unwrap());
    store.forget_sessions(1003, 1004).await.unwrap();
    assert!(store.session(&id(2)).await.unwrap().is_none(), "ended ones are forgotten too");
    assert!(store.session(&id(4)).await.unwrap().is_some());
}
