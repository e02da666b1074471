//! What stands in the place of what, and all of it or nothing.

use std::time::{Duration, Instant};

use super::{
    KEY, LONG, at_once, connect, connection, content, count, due, home::Home, id, picture, revocation,
    sealed, session, text, user,
};
use crate::{
    UserId,
    state::{Reason, Times, Trouble},
    token::Hash,
    vault::store::*,
};

show_for!([memory, sqlite, postgres]: {
    a_fresh_connection_comes_with_its_session,
    everybody_is_listed_once_in_the_order_of_their_ids,
    of_20_first_connections_at_once_one_stays,
    a_new_grant_takes_the_place_of_the_generation_it_names,
    a_grant_for_another_generation_changes_nothing,
    what_is_known_about_a_person_is_replaced_in_its_generation_only,
    only_what_ends_in_time_and_can_be_renewed_is_ending,
    what_is_over_is_forgotten_when_its_token_is_long_past,
});
show_for!([sqlite, postgres]: {
    of_a_grant_that_fails_half_way_nothing_is_kept,
    of_a_grant_that_is_cut_short_all_or_nothing_is_kept,
});

/// A new grant, of a generation that cannot be the next by chance.
async fn put(
    store: &dyn Store,
    user: &UserId,
    replaces: Option<i64>,
    session: &SessionRow,
    old: Option<&Hash>,
    leftover: Option<&RevocationRow>,
) -> Outcome<bool> {
    let row = (&sealed("another data key"), &content(replaces.unwrap_or(0) + 10));
    store.put_connection(user, row, replaces, Some(session), old, leftover).await
}

async fn everybody_is_listed_once_in_the_order_of_their_ids(home: Home) {
    let store = home.store().await;
    for (number, name) in (1..).zip(["PC", "PA", "PD", "PB"]) {
        connect(&*store, &user(name), number).await;
    }
    let list = async |after: &str, limit| store.users(None, after, limit).await.unwrap();
    assert_eq!(list("", 9).await, ["PA", "PB", "PC", "PD"].map(user));
    assert_eq!(list("", 2).await, ["PA", "PB"].map(user));
    assert_eq!(list(user("PB").as_str(), 9).await, ["PC", "PD"].map(user));
    assert!(list(user("PD").as_str(), 9).await.is_empty());
}

async fn a_fresh_connection_comes_with_its_session(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    assert!(store.connection(&pa).await.unwrap().is_none());
    connect(&*store, &pa, 1).await;
    let fresh = ConnectionRow {
        data_key: sealed("data key"),
        content: content(1),
        reason: None,
        trouble: None,
        lease: LeaseState::Free,
        failures: 0,
        retry_in: Duration::ZERO,
        calls_in: Duration::ZERO,
    };
    assert_eq!(text(&connection(&*store, &pa).await), text(&fresh));
    assert_eq!(text(&store.session(&id(1)).await.unwrap()), text(&Some(session(1, &pa))));
    assert!(store.connection(&user("PB")).await.unwrap().is_none());
}

async fn of_20_first_connections_at_once_one_stays(home: Home) {
    let store = home.store().await;
    for name in ["PA", "PB", "PC"] {
        let first = name.as_bytes()[1];
        let answers = at_once(20, |i| {
            let store = store.clone();
            let session = session(first + i as u8, &user(name));
            async move { put(&*store, &user(name), None, &session, None, None).await.unwrap() }
        })
        .await;
        assert_eq!(count(&answers, |put| *put), 1);
        assert_eq!(store.sessions_of(&user(name)).await.unwrap().len(), 1);
        store.forget_sessions(i64::MAX, i64::MAX).await.unwrap();
    }
}

async fn a_new_grant_takes_the_place_of_the_generation_it_names(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    connect(&*store, &user("PB"), 2).await;
    let others = picture(&*store, &user("PB")).await;
    // Everything that could be left over from the one before.
    store.lease(&pa, 1, "first", LONG).await.unwrap();
    let failure = Failure { trouble: Trouble::Unreachable, at: 5, pause: Duration::ZERO, ambiguous: true };
    store.release(&pa, 1, "first", &failure).await.unwrap();
    store.lease(&pa, 1, "second", LONG).await.unwrap();
    store.release(&pa, 1, "second", &Failure { pause: LONG, ..failure }).await.unwrap();
    store.give_up(&pa, 1, None, Reason::Revoked, false).await.unwrap();

    let new = session(3, &pa);
    assert!(put(&*store, &pa, Some(1), &new, Some(&id(1)), Some(&revocation(1))).await.unwrap());
    let fresh = ConnectionRow {
        data_key: sealed("another data key"),
        content: content(11),
        reason: None,
        trouble: None,
        lease: LeaseState::Free,
        failures: 0,
        retry_in: Duration::ZERO,
        calls_in: Duration::ZERO,
    };
    assert_eq!(text(&connection(&*store, &pa).await), text(&fresh));
    assert!(store.session(&id(1)).await.unwrap().is_none(), "the browser's old session");
    assert_eq!(text(&store.sessions_of(&pa).await.unwrap()), text(&[new]));
    assert_eq!(due(&*store).await, [[1; 16]], "at once");
    assert_eq!(store.lease(&pa, 11, "third", LONG).await.unwrap(), Lease::Taken { sends_before: 0 });
    assert_eq!(picture(&*store, &user("PB")).await, others);

    // Another browser's session goes on; one of somebody else may have been in this browser.
    assert!(put(&*store, &pa, Some(11), &session(4, &pa), Some(&id(2)), None).await.unwrap());
    assert_eq!(store.sessions_of(&pa).await.unwrap().len(), 2);
    assert!(store.sessions_of(&user("PB")).await.unwrap().is_empty());
}

async fn a_grant_for_another_generation_changes_nothing(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    let new = session(2, &pa);
    assert!(!put(&*store, &pa, Some(1), &new, None, Some(&revocation(1))).await.unwrap());
    assert!(store.connection(&pa).await.unwrap().is_none());
    connect(&*store, &pa, 1).await;
    assert!(store.advance(&pa, &content(2)).await.unwrap());
    let before = picture(&*store, &pa).await;
    for wrong in [None, Some(0), Some(1), Some(3)] {
        assert!(!put(&*store, &pa, wrong, &new, Some(&id(1)), Some(&revocation(1))).await.unwrap());
    }
    assert_eq!(picture(&*store, &pa).await, before);
    assert!(store.session(&id(2)).await.unwrap().is_none());
    assert!(due(&*store).await.is_empty());
}

async fn of_a_grant_that_fails_half_way_nothing_is_kept(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    connect(&*store, &user("PB"), 2).await;
    let before = picture(&*store, &pa).await;
    let unknown_key = Sealed { key_id: "no key".into(), bytes: vec![1] };
    let leftover = RevocationRow { sealed: unknown_key, ..revocation(2) };
    // Refused at the last step, at the one before, and at both.
    for (byte, leftover) in [(3, leftover.clone()), (2, revocation(1)), (2, leftover)] {
        let refused = put(&*store, &pa, Some(1), &session(byte, &pa), Some(&id(1)), Some(&leftover)).await;
        assert!(refused.is_err());
        let first = put(&*store, &user("PC"), None, &session(byte, &pa), Some(&id(1)), Some(&leftover)).await;
        assert!(first.is_err());
    }
    assert_eq!(picture(&*store, &pa).await, before);
    assert!(store.connection(&user("PC")).await.unwrap().is_none());
    assert!(store.session(&id(3)).await.unwrap().is_none());
    assert!(due(&*store).await.is_empty());
    assert!(
        put(&*store, &pa, Some(1), &session(3, &pa), Some(&id(1)), None).await.unwrap(),
        "it still works"
    );
}

async fn of_a_grant_that_is_cut_short_all_or_nothing_is_kept(home: Home) {
    let store = home.store().await;
    let begun = Instant::now();
    put(&*store, &user("P"), None, &session(255, &user("P")), None, Some(&revocation(255))).await.unwrap();
    let usual = begun.elapsed();
    store.remove_revocation(&[255; 16]).await.unwrap();
    for round in 0..40u8 {
        let pa = user(&format!("P{round}"));
        connect(&*store, &pa, round).await;
        let task = tokio::spawn({
            let (store, pa) = (store.clone(), pa.clone());
            async move {
                let new = session(round + 100, &pa);
                put(&*store, &pa, Some(1), &new, Some(&id(round)), Some(&revocation(round))).await
            }
        });
        // From at once to when it should be done.
        tokio::time::sleep(usual * u32::from(round) / 16).await;
        task.abort();
        _ = task.await;
        // What had been sent may still be on its way; whoever comes next waits for that, and for no more.
        let old = store.rewrite_about(&pa, 1, b"x").await.unwrap();
        assert!(old || store.rewrite_about(&pa, 11, b"x").await.unwrap());
        let generation = connection(&*store, &pa).await.content.generation;
        let before = store.session(&id(round)).await.unwrap().is_some();
        let after = store.session(&id(round + 100)).await.unwrap().is_some();
        let found = (generation, before, after, due(&*store).await.len());
        assert!([(1, true, false, 0), (11, false, true, 1)].contains(&found), "{found:?}");
    }
}

async fn what_is_known_about_a_person_is_replaced_in_its_generation_only(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    connect(&*store, &user("PB"), 2).await;
    store.lease(&pa, 1, "owner", LONG).await.unwrap();
    let (before, others) = (connection(&*store, &pa).await, picture(&*store, &user("PB")).await);
    for (who, generation) in [(&pa, 0), (&pa, 2), (&user("PC"), 1)] {
        assert!(!store.rewrite_about(who, generation, b"new").await.unwrap());
    }
    assert_eq!(text(&connection(&*store, &pa).await), text(&before));
    assert!(store.rewrite_about(&pa, 1, b"new").await.unwrap());
    let mut after = before;
    after.content.about = b"new".to_vec();
    assert_eq!(text(&connection(&*store, &pa).await), text(&after), "the lease, too, is as it was");
    assert_eq!(picture(&*store, &user("PB")).await, others);
}

async fn only_what_ends_in_time_and_can_be_renewed_is_ending(home: Home) {
    let store = home.store().await;
    let connections = [
        ("in time", 500, 9000),
        ("sooner", 400, 9000),
        ("later", 600, 9000),
        ("nothing to be won", 450, 450),
        ("window over", 300, 350),
        ("broken", 500, 9000),
    ];
    for (byte, (name, idle_until, window_until)) in (1..).zip(connections) {
        let times = Times { idle_until, window_until, ..content(1).times };
        let row = (&sealed("data key"), &Content { times, ..content(1) });
        let session = session(byte, &user(name));
        assert!(store.put_connection(&user(name), row, None, Some(&session), None, None).await.unwrap());
    }
    assert!(store.give_up(&user("broken"), 1, None, Reason::Revoked, false).await.unwrap());
    let ending = async |before, limit| store.ending(before, 350, limit).await.unwrap();
    assert_eq!(ending(501, 10).await, [user("sooner"), user("in time")]);
    assert_eq!(ending(500, 10).await, [user("sooner")]);
    assert_eq!(ending(501, 1).await, [user("sooner")]);
    assert_eq!(ending(9001, 10).await, [user("sooner"), user("in time"), user("later")]);
    assert!(ending(300, 10).await.is_empty());
    assert_eq!(
        store.ending(501, 349, 10).await.unwrap(),
        [user("window over"), user("sooner"), user("in time")]
    );
    let next = Content { times: Times { idle_until: 8000, ..content(2).times }, ..content(2) };
    assert!(store.advance(&user("sooner"), &next).await.unwrap());
    assert_eq!(ending(501, 10).await, [user("in time")], "it was refreshed");
    assert_eq!(KEY, connection(&*store, &user("sooner")).await.data_key.key_id);
}

async fn what_is_over_is_forgotten_when_its_token_is_long_past(home: Home) {
    let store = home.store().await;
    for (byte, name, reason, access_until) in [
        (1, "over and past", Some(Reason::WindowOver), 499),
        (2, "over", Some(Reason::Revoked), 500),
        (3, "past", None, 499),
    ] {
        let times = Times { access_until, ..content(1).times };
        let row = (&sealed("data key"), &Content { times, ..content(1) });
        let session = session(byte, &user(name));
        assert!(store.put_connection(&user(name), row, None, Some(&session), None, None).await.unwrap());
        if let Some(reason) = reason {
            assert!(store.give_up(&user(name), 1, None, reason, false).await.unwrap());
        }
    }
    assert_eq!(store.forget_connections(500).await.unwrap(), 1);
    assert!(store.connection(&user("over and past")).await.unwrap().is_none());
    assert!(store.session(&id(1)).await.unwrap().is_none());
    for (byte, name) in [(2, "over"), (3, "past")] {
        assert!(store.connection(&user(name)).await.unwrap().is_some(), "{name}");
        assert!(store.session(&id(byte)).await.unwrap().is_some(), "{name}");
    }
}
