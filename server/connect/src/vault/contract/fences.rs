//! Whoever acts on an old generation changes nothing, and what was wiped stays wiped.

use std::time::Duration;

use super::{
    LONG, at_once, connect, connection, content, count, due, home::Home, id, picture, revocation, sealed,
    session, text, user,
};
use crate::{
    state::{Reason, Times, Trouble},
    vault::store::*,
};

show_for!([memory, sqlite, postgres]: {
    the_next_generation_begins_without_the_troubles_of_the_last,
    rf_10_a_stale_refresh_changes_nothing,
    rf_10_of_20_refreshes_of_a_generation_one_is_stored,
    a_connection_is_given_up_once_and_in_its_generation,
    sr_27_sessions_end_only_when_that_is_asked_for,
    a_refresh_heals_what_was_given_up,
    wiping_takes_the_sessions_along_and_leaves_what_is_to_be_revoked,
    wiping_another_generation_changes_nothing,
    sr_30_nothing_brings_back_what_was_wiped,
    sr_30_nothing_that_runs_meanwhile_survives_the_wiping,
});

async fn the_next_generation_begins_without_the_troubles_of_the_last(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    connect(&*store, &user("PB"), 2).await;
    let others = picture(&*store, &user("PB")).await;
    let failure = Failure { trouble: Trouble::Unreadable, at: 5, pause: Duration::ZERO, ambiguous: true };
    store.lease(&pa, 1, "first", LONG).await.unwrap();
    store.release(&pa, 1, "first", &failure).await.unwrap();
    store.lease(&pa, 1, "second", LONG).await.unwrap();
    let row = connection(&*store, &pa).await;
    assert_eq!((row.lease, row.failures, row.trouble), (LeaseState::Held, 1, Some((Trouble::Unreadable, 5))));

    // When the person agreed, and until when that holds, is not the refresh's to say.
    let times = Times { connected_at: 1, window_until: 2, ..content(2).times };
    assert!(store.advance(&pa, &Content { times, ..content(2) }).await.unwrap());
    let fresh = ConnectionRow {
        data_key: sealed("data key"),
        content: content(2),
        reason: None,
        trouble: None,
        lease: LeaseState::Free,
        failures: 0,
        retry_in: Duration::ZERO,
        calls_in: Duration::ZERO,
    };
    assert_eq!(text(&connection(&*store, &pa).await), text(&fresh));
    assert_eq!(store.lease(&pa, 2, "third", LONG).await.unwrap(), Lease::Taken { sends_before: 0 });
    store.release(&pa, 2, "third", &Failure { pause: LONG, ..failure }).await.unwrap();
    assert!(store.advance(&pa, &content(3)).await.unwrap());
    let taken = store.lease(&pa, 3, "fourth", LONG).await.unwrap();
    assert_eq!(taken, Lease::Taken { sends_before: 0 }, "the pause is over too");
    assert_eq!(picture(&*store, &user("PB")).await, others);
    assert_eq!(store.sessions_of(&pa).await.unwrap().len(), 1, "sessions go on");
}

async fn rf_10_a_stale_refresh_changes_nothing(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    for generation in 2..=4 {
        assert!(store.advance(&pa, &content(generation)).await.unwrap());
    }
    store.lease(&pa, 4, "owner", LONG).await.unwrap();
    let before = picture(&*store, &pa).await;
    for stale in [1, 2, 3, 4, 6] {
        assert!(!store.advance(&pa, &content(stale)).await.unwrap(), "{stale}");
    }
    assert_eq!(picture(&*store, &pa).await, before);
    assert!(!store.advance(&user("PB"), &content(2)).await.unwrap());
    assert!(store.connection(&user("PB")).await.unwrap().is_none());
}

async fn rf_10_of_20_refreshes_of_a_generation_one_is_stored(home: Home) {
    let replicas = home.replicas().await;
    connect(&*replicas[0], &user("PA"), 1).await;
    for generation in 2..7 {
        let answers = at_once(20, |i| {
            let store = replicas[i % 2].clone();
            let next = Content { tokens: vec![i as u8], ..content(generation) };
            async move { store.advance(&user("PA"), &next).await.unwrap() }
        })
        .await;
        assert_eq!(count(&answers, |done| *done), 1);
        let row = connection(&*replicas[0], &user("PA")).await;
        let winner = answers.iter().position(|done| *done).unwrap();
        assert_eq!((row.content.generation, row.content.tokens), (generation, vec![winner as u8]));
    }
}

async fn a_connection_is_given_up_once_and_in_its_generation(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    store.lease(&pa, 1, "owner", LONG).await.unwrap();
    let before = picture(&*store, &pa).await;
    for (who, generation) in [(&pa, 0), (&pa, 2), (&user("PB"), 1)] {
        assert!(!store.give_up(who, generation, None, Reason::Revoked, true).await.unwrap());
    }
    assert_eq!(picture(&*store, &pa).await, before);
    let answers = at_once(20, |_| {
        let (store, pa) = (store.clone(), pa.clone());
        async move { store.give_up(&pa, 1, None, Reason::ReplyLost, false).await.unwrap() }
    })
    .await;
    assert_eq!(count(&answers, |done| *done), 1);
    assert!(!store.give_up(&pa, 1, None, Reason::Idle, true).await.unwrap(), "a second time");
    let row = connection(&*store, &pa).await;
    assert_eq!((row.reason, row.lease), (Some(Reason::ReplyLost), LeaseState::Free));
    assert_eq!(text(&row.content), text(&content(1)), "its tokens stay");
}

async fn sr_27_sessions_end_only_when_that_is_asked_for(home: Home) {
    let store = home.store().await;
    for (byte, name) in [(1, "PA"), (2, "PB"), (3, "PC")] {
        connect(&*store, &user(name), byte).await;
    }
    assert!(store.give_up(&user("PA"), 1, None, Reason::Idle, false).await.unwrap());
    assert!(store.give_up(&user("PB"), 1, None, Reason::Revoked, true).await.unwrap());
    for (byte, ended) in [(1, None), (2, Some(Reason::Revoked)), (3, None)] {
        assert_eq!(store.session(&id(byte)).await.unwrap().unwrap().ended, ended);
    }
    let end = async |name, generation| {
        store.end_sessions(&user(name), generation, Reason::ReplyLost).await.unwrap()
    };
    assert_eq!((end("PA", 2).await, end("PA", 1).await, end("PA", 1).await), (0, 1, 0), "and later");
    assert_eq!(store.session(&id(1)).await.unwrap().unwrap().ended, Some(Reason::ReplyLost));
    assert_eq!((end("PB", 1).await, end("PD", 1).await), (0, 0));
    assert_eq!(store.session(&id(3)).await.unwrap().unwrap().ended, None);
}

async fn a_refresh_heals_what_was_given_up(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    assert!(store.give_up(&pa, 1, None, Reason::ReplyLost, true).await.unwrap());
    assert!(store.advance(&pa, &content(2)).await.unwrap());
    assert_eq!(connection(&*store, &pa).await.reason, None);
    assert_eq!(store.lease(&pa, 2, "owner", LONG).await.unwrap(), Lease::Taken { sends_before: 0 });
    assert_eq!(
        store.session(&id(1)).await.unwrap().unwrap().ended,
        Some(Reason::ReplyLost),
        "nobody is let in"
    );
    assert!(store.give_up(&pa, 2, None, Reason::Revoked, false).await.unwrap(), "it can be given up again");
}

async fn wiping_takes_the_sessions_along_and_leaves_what_is_to_be_revoked(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    connect(&*store, &user("PB"), 2).await;
    let others = picture(&*store, &user("PB")).await;
    let row = (&sealed("data key"), &content(2));
    assert!(store.put_connection(&pa, row, Some(1), Some(&session(3, &pa)), None, None).await.unwrap());
    assert!(store.give_up(&pa, 2, None, Reason::Revoked, true).await.unwrap());

    let answers = at_once(20, |i| {
        let (store, pa, leftover) = (store.clone(), pa.clone(), revocation(i as u8));
        async move { store.remove(&pa, 2, Some(&leftover)).await.unwrap() }
    })
    .await;
    assert_eq!(count(&answers, |done| *done), 1);
    assert!(store.connection(&pa).await.unwrap().is_none());
    for byte in [1, 3] {
        assert!(store.session(&id(byte)).await.unwrap().is_none(), "session {byte}");
    }
    assert_eq!(picture(&*store, &user("PB")).await, others);
    // Whoever wiped it tries first; it is there for everybody else later.
    assert!(due(&*store).await.is_empty());
    for byte in 0..20 {
        store.postpone_revocation(&[byte; 16], Duration::ZERO).await.unwrap();
    }
    let winner = answers.iter().position(|done| *done).unwrap();
    assert_eq!(due(&*store).await, [[winner as u8; 16]]);
    assert!(store.remove(&user("PB"), 1, None).await.unwrap());
    assert!(store.session(&id(2)).await.unwrap().is_none());
}

async fn wiping_another_generation_changes_nothing(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    assert!(store.advance(&pa, &content(2)).await.unwrap());
    let before = picture(&*store, &pa).await;
    for (who, generation) in [(&pa, 1), (&pa, 3), (&user("PB"), 2)] {
        assert!(!store.remove(who, generation, Some(&revocation(1))).await.unwrap());
    }
    assert_eq!(picture(&*store, &pa).await, before);
    store.postpone_revocation(&[1; 16], Duration::ZERO).await.unwrap();
    assert!(due(&*store).await.is_empty());
}

async fn sr_30_nothing_brings_back_what_was_wiped(home: Home) {
    let store = home.store().await;
    let pa = user("PA");
    connect(&*store, &pa, 1).await;
    store.lease(&pa, 1, "owner", LONG).await.unwrap();
    assert!(store.remove(&pa, 1, None).await.unwrap());

    assert!(!store.advance(&pa, &content(2)).await.unwrap());
    assert!(!store.rewrite_about(&pa, 1, b"about").await.unwrap());
    assert!(!store.give_up(&pa, 1, None, Reason::Revoked, true).await.unwrap());
    store.touch_session(&id(1), 5000).await.unwrap();
    let failure = Failure { trouble: Trouble::InTrouble, at: 5, pause: LONG, ambiguous: true };
    store.release(&pa, 1, "owner", &failure).await.unwrap();
    assert_eq!(store.lease(&pa, 1, "owner", LONG).await.unwrap(), Lease::Moved);
    let row = (&sealed("data key"), &content(2));
    let again = store.put_connection(&pa, row, Some(1), Some(&session(2, &pa)), Some(&id(1)), None).await;
    assert!(!again.unwrap(), "a grant in place of what is no more");

    assert!(store.connection(&pa).await.unwrap().is_none());
    assert!(store.sessions_of(&pa).await.unwrap().is_empty());
    for byte in [1, 2] {
        assert!(store.session(&id(byte)).await.unwrap().is_none());
    }
}

async fn sr_30_nothing_that_runs_meanwhile_survives_the_wiping(home: Home) {
    let replicas = home.replicas().await;
    for round in 0..10 {
        let pa = user(&format!("P{round}"));
        connect(&*replicas[0], &pa, round).await;
        at_once(6, |i| {
            let (store, pa) = (replicas[i % 2].clone(), pa.clone());
            async move {
                for generation in 1..6 {
                    match i {
                        0 => drop(store.advance(&pa, &content(generation + 1)).await.unwrap()),
                        1 => drop(store.rewrite_about(&pa, generation, b"about").await.unwrap()),
                        2 => store.touch_session(&id(round), 5000 + generation).await.unwrap(),
                        3 => drop(store.lease(&pa, generation, "owner", LONG).await.unwrap()),
                        4 => drop(store.give_up(&pa, generation, None, Reason::Idle, true).await.unwrap()),
                        _ => {
                            while let Some(row) = store.connection(&pa).await.unwrap() {
                                store.remove(&pa, row.content.generation, None).await.unwrap();
                            }
                        }
                    }
                }
            }
        })
        .await;
        assert!(replicas[0].connection(&pa).await.unwrap().is_none(), "round {round}");
        assert!(replicas[0].session(&id(round)).await.unwrap().is_none(), "round {round}");
    }
}
