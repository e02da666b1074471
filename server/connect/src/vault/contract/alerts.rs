//! Alerts: what is new is noted once, told in order, and stays until it is told.

use std::time::{Duration, Instant};

use super::{LONG, SHORT, at_once, connect, content, home::Home, sealed, session, text, user};
use crate::{
    UserId,
    state::Reason,
    vault::{alerts::store::*, store::*},
};

show_for!([memory, sqlite, postgres]: {
    what_broke_is_noted_once_by_20_at_once,
    what_is_over_is_told_after_what_broke_and_of_the_next_break_after_that,
    a_connection_that_is_gone_is_told_to_be_gone,
    each_way_is_told_by_itself,
    what_is_due_is_taken_once_by_20_at_once,
    what_was_taken_is_due_again_after_its_hold,
    what_is_told_is_gone_and_what_is_too_old_is_forgotten,
});

async fn give_up(store: &dyn Store, user: &UserId, generation: i64) {
    assert!(store.give_up(user, generation, None, Reason::Revoked, false).await.unwrap());
}

/// The news that are due, in the order they were taken; held for long.
async fn due(store: &dyn Store, way: &str) -> Vec<(UserId, String)> {
    let rows = store.due_alerts(way, 100, LONG).await.unwrap();
    assert!(rows.iter().all(|row| row.way == way));
    rows.into_iter().map(|row| (row.user, row.news)).collect()
}

/// The same, and they are told.
async fn tell(store: &dyn Store, way: &str) -> Vec<String> {
    let rows = store.due_alerts(way, 100, LONG).await.unwrap();
    for row in &rows {
        store.remove_alert(&row.id).await.unwrap();
    }
    rows.into_iter().map(|row| row.news).collect()
}

async fn what_broke_is_noted_once_by_20_at_once(home: Home) {
    let replicas = home.replicas().await;
    let store = &replicas[0];
    for round in 0..5u8 {
        let whom = user(&format!("P{round}"));
        connect(&**store, &whom, round).await;
        assert_eq!(store.note_news(&["webhook"], 5).await.unwrap(), 0, "it works");
        give_up(&**store, &whom, 1).await;
        let noted = at_once(20, |i| {
            let store = replicas[i % 2].clone();
            async move { store.note_news(&["webhook"], 5).await.unwrap() }
        })
        .await;
        assert_eq!(noted.iter().sum::<u64>(), 1, "{noted:?}");
        assert_eq!(due(&**store, "webhook").await, [(whom, "revoked".to_owned())]);
    }
}

async fn what_is_over_is_told_after_what_broke_and_of_the_next_break_after_that(home: Home) {
    let (store, pa) = (home.store().await, user("PA"));
    connect(&*store, &pa, 1).await;
    give_up(&*store, &pa, 1).await;
    store.note_news(&["webhook"], 5).await.unwrap();
    // Connected again and lost again before anybody looked.
    let row = (&sealed("data key"), &content(7));
    assert!(store.put_connection(&pa, row, Some(1), Some(&session(2, &pa)), None, None).await.unwrap());
    give_up(&*store, &pa, 7).await;
    assert_eq!(store.note_news(&["webhook"], 6).await.unwrap(), 2);
    assert_eq!(store.note_news(&["webhook"], 6).await.unwrap(), 0);
    for news in ["revoked", WORKS, "revoked"] {
        assert_eq!(tell(&*store, "webhook").await, [news]);
    }
    assert!(tell(&*store, "webhook").await.is_empty());
}

async fn a_connection_that_is_gone_is_told_to_be_gone(home: Home) {
    let (store, pa) = (home.store().await, user("PA"));
    connect(&*store, &pa, 1).await;
    give_up(&*store, &pa, 1).await;
    store.note_news(&["webhook"], 5).await.unwrap();
    assert!(store.remove(&pa, 1, None).await.unwrap());
    store.note_news(&["webhook"], 5).await.unwrap();
    assert_eq!([tell(&*store, "webhook").await, tell(&*store, "webhook").await], [["revoked"], [GONE]]);
    // What broke and is gone before anybody looked concerns nobody.
    connect(&*store, &pa, 1).await;
    give_up(&*store, &pa, 1).await;
    assert!(store.remove(&pa, 1, None).await.unwrap());
    assert_eq!(store.note_news(&["webhook"], 5).await.unwrap(), 0);
}

async fn each_way_is_told_by_itself(home: Home) {
    let store = home.store().await;
    for (byte, name) in [(1, "PA"), (2, "PB")] {
        connect(&*store, &user(name), byte).await;
        give_up(&*store, &user(name), 1).await;
    }
    assert_eq!(store.note_news(&["webhook", "pagerduty"], 5).await.unwrap(), 2);
    assert_eq!(tell(&*store, "webhook").await.len(), 2);
    assert_eq!(tell(&*store, "pagerduty").await.len(), 2);
    assert!(tell(&*store, "webhook").await.is_empty() && tell(&*store, "another").await.is_empty());
}

async fn what_is_due_is_taken_once_by_20_at_once(home: Home) {
    let replicas = home.replicas().await;
    let store = &replicas[0];
    for number in 0..30 {
        let whom = user(&format!("P{number}"));
        connect(&**store, &whom, number).await;
        give_up(&**store, &whom, 1).await;
    }
    store.note_news(&["webhook"], 5).await.unwrap();
    let answers = at_once(20, |i| {
        let store = replicas[i % 2].clone();
        async move { store.due_alerts("webhook", 4, LONG).await.unwrap() }
    })
    .await;
    assert!(answers.iter().all(|rows| rows.len() <= 4), "no more than asked for");
    let mut taken: Vec<String> = answers.iter().flatten().map(|row| row.user.to_string()).collect();
    // Who passes over rows that another holds may come back with fewer.
    taken.extend(due(&**store, "webhook").await.into_iter().map(|(user, _)| user.to_string()));
    taken.sort();
    let mut all: Vec<String> = (0..30).map(|number| user(&format!("P{number}")).to_string()).collect();
    all.sort();
    assert_eq!(taken, all, "each of them once");
    assert!(due(&**store, "webhook").await.is_empty());
}

async fn what_was_taken_is_due_again_after_its_hold(home: Home) {
    let (store, pa) = (home.store().await, user("PA"));
    connect(&*store, &pa, 1).await;
    give_up(&*store, &pa, 1).await;
    store.note_news(&["webhook"], 5).await.unwrap();
    let mut first = None;
    for tries in 1..4 {
        let asked_at = Instant::now();
        let rows = loop {
            let rows = store.due_alerts("webhook", 10, SHORT).await.unwrap();
            if !rows.is_empty() {
                break rows;
            }
            assert!(asked_at.elapsed() < Duration::from_secs(5), "never again");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let row = first.get_or_insert_with(|| rows[0].clone());
        assert_eq!(text(&rows), text(&[AlertRow { tries, ..row.clone() }]), "the same, id and all");
    }
    let id = first.unwrap().id;
    store.postpone_alert(&id, LONG).await.unwrap();
    tokio::time::sleep(2 * SHORT).await;
    assert!(due(&*store, "webhook").await.is_empty());
    store.postpone_alert(&id, Duration::ZERO).await.unwrap();
    assert_eq!(due(&*store, "webhook").await.len(), 1);
}

async fn what_is_told_is_gone_and_what_is_too_old_is_forgotten(home: Home) {
    let store = home.store().await;
    for (byte, name, at) in [(1, "PA", 100), (2, "PB", 200), (3, "PC", 300)] {
        connect(&*store, &user(name), byte).await;
        give_up(&*store, &user(name), 1).await;
        store.note_news(&["webhook"], at).await.unwrap();
    }
    assert!(store.forget_alerts(100).await.unwrap().is_empty());
    let old = store.forget_alerts(201).await.unwrap();
    assert_eq!(old.iter().map(|row| &row.user).collect::<Vec<_>>(), [&user("PA"), &user("PB")]);
    assert_eq!(due(&*store, "webhook").await, [(user("PC"), "revoked".to_owned())]);
    assert_eq!(store.note_news(&["webhook"], 400).await.unwrap(), 0, "it is not told anew");
}
