//! Imports and their journal.

use std::time::Duration;

use super::{LONG, SHORT, at_once, count, home::Home, sealed, user};
use crate::{
    Vault,
    vault::{Find, NewLine, imports::store::*, store::Store},
};

show_for!([memory, sqlite, postgres]: {
    of_two_under_way_one_is_refused,
    a_lease_has_one_holder_and_is_taken_over,
    rows_are_claimed_once_and_only_while_it_runs,
    who_lost_the_lease_changes_nothing,
    rows_are_told_in_the_order_they_changed,
    what_waits_is_left_alone_until_it_is_woken,
    rows_are_chosen_only_by_their_person_and_only_while_it_stands_still,
    the_oldest_that_is_over_makes_room,
    what_is_old_is_forgotten,
    what_is_kept_opens_after_the_key_was_changed,
    sr_73_a_row_opens_in_no_other_place,
});

fn import(id: &str, name: &str, state: &str, at: i64) -> ImportRow {
    ImportRow {
        id: id.into(),
        user: user(name),
        data_key: sealed("data key"),
        state: state.into(),
        why: None,
        about: b"about".to_vec(),
        created_at: at,
        started_at: None,
        ended_at: None,
        changes: 0,
        retry_in: Duration::ZERO,
        is_held: false,
    }
}

fn line(number: i64) -> LineRow {
    LineRow {
        number,
        action: "create".into(),
        state: "pending".into(),
        calls: 2,
        tries: 0,
        remote_id: None,
        changed: 0,
        row: format!("row {number}").into_bytes(),
        plan: None,
        outcome: None,
    }
}

async fn put(store: &dyn Store, id: &str, state: &str) {
    let lines: Vec<_> = (1..=5).map(line).collect();
    assert!(store.put_import(&import(id, "ann", state, 1000), &lines, 100).await.unwrap());
}

fn marked(number: i64, state: &str) -> Marked<'_> {
    Marked { number, state, remote_id: None, outcome: None, in_vain: false }
}

async fn numbers(store: &dyn Store, which: Find<'_>) -> Vec<i64> {
    store.lines("a", which).await.unwrap().iter().map(|line| line.number).collect()
}

const ALL: Find<'static> = Find { action: "", state: "", changed_after: None, offset: 0, limit: 100 };

async fn of_two_under_way_one_is_refused(home: Home) {
    let [store, other] = home.replicas().await;
    for id in ["a", "b", "c", "d"] {
        put(&*store, id, "planned").await;
    }
    let moves = at_once(4, |i| {
        let store = [&store, &other][i % 2].clone();
        async move {
            store
                .move_import(["a", "b", "c", "d"][i], &user("ann"), &["planned"], "running", 7)
                .await
                .unwrap()
        }
    })
    .await;
    assert_eq!(count(&moves, |it| *it == Moved::Done), 1, "{moves:?}");
    assert_eq!(count(&moves, |it| *it == Moved::Busy), 3, "{moves:?}");
    // Somebody else's is no matter.
    store.put_import(&import("e", "bob", "planned", 1), &[], 100).await.unwrap();
    assert_eq!(store.move_import("e", &user("bob"), &["planned"], "running", 7).await.unwrap(), Moved::Done);
    assert_eq!(store.move_import("e", &user("ann"), &["running"], "cancelled", 7).await.unwrap(), Moved::No);
    assert_eq!(store.move_import("e", &user("bob"), &["planned"], "cancelled", 7).await.unwrap(), Moved::No);
    let row = store.import("e").await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.started_at, row.ended_at), ("running", Some(7), None));
}

async fn a_lease_has_one_holder_and_is_taken_over(home: Home) {
    let [store, other] = home.replicas().await;
    put(&*store, "a", "planning").await;
    put(&*store, "b", "planned").await;
    let leases = at_once(8, |i| {
        let store = [&store, &other][i % 2].clone();
        async move { store.lease_import(&format!("owner {i}"), LONG).await.unwrap() }
    })
    .await;
    assert_eq!(count(&leases, Option::is_some), 1);
    let holder = leases.iter().position(Option::is_some).unwrap();
    let owner = format!("owner {holder}");
    assert!(store.renew_import("a", &owner, SHORT).await.unwrap().is_some());
    assert!(store.renew_import("a", "another", LONG).await.unwrap().is_none());
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(other.lease_import("next", LONG).await.unwrap().unwrap().id, "a");
    assert!(store.renew_import("a", &owner, LONG).await.unwrap().is_none());
    // Given back for a while, it is nobody's until then.
    store.release_import("a", "next", None, Duration::from_millis(300)).await.unwrap();
    assert!(store.lease_import("soon", LONG).await.unwrap().is_none());
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(store.lease_import("later", LONG).await.unwrap().is_some());
}

async fn rows_are_claimed_once_and_only_while_it_runs(home: Home) {
    let [store, other] = home.replicas().await;
    put(&*store, "a", "running").await;
    store.lease_import("me", LONG).await.unwrap().unwrap();
    let claims = at_once(4, |i| {
        let store = [&store, &other][i % 2].clone();
        async move { store.claim_lines("a", "me", 1).await.unwrap() }
    })
    .await;
    let mut claimed: Vec<_> = claims.concat().iter().map(|line| line.number).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, [1, 2, 3, 4]);
    assert!(store.claim_lines("a", "another", 1).await.unwrap().is_empty());
    assert_eq!(store.move_import("a", &user("ann"), &["running"], "paused", 8).await.unwrap(), Moved::Done);
    assert!(store.claim_lines("a", "me", 1).await.unwrap().is_empty());
    assert_eq!(numbers(&*store, Find { state: "pending", ..ALL }).await, [5]);
    let tally = store.tally("a").await.unwrap();
    let sent = tally.iter().find(|it| it.state == "sent").unwrap();
    assert_eq!((sent.action.as_str(), sent.rows, sent.calls), ("create", 4, 8));
}

async fn who_lost_the_lease_changes_nothing(home: Home) {
    let store = home.store().await;
    put(&*store, "a", "running").await;
    store.lease_import("me", SHORT).await.unwrap().unwrap();
    store.claim_lines("a", "me", 1).await.unwrap();
    assert!(store.mark_line("a", "me", Marked { remote_id: Some("P1"), ..marked(1, "sent") }).await.unwrap());
    tokio::time::sleep(SHORT * 2).await;
    store.lease_import("next", LONG).await.unwrap().unwrap();
    assert!(!store.mark_line("a", "me", marked(1, "created")).await.unwrap());
    assert!(!store.plan_lines("a", "me", &[line(1)]).await.unwrap());
    assert!(!store.finish_import("a", "me", "done", b"x", Some(9)).await.unwrap());
    store.release_import("a", "me", Some("connect"), Duration::ZERO).await.unwrap();
    let row = store.import("a").await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.why, row.about.as_slice()), ("running", None, &b"about"[..]));
    // What was made stays known.
    let outcome = Marked { outcome: Some(b"outcome"), in_vain: true, ..marked(1, "created") };
    assert!(store.mark_line("a", "next", outcome).await.unwrap());
    let line = store.lines("a", ALL).await.unwrap().remove(0);
    assert_eq!(
        (line.remote_id.as_deref(), line.outcome.as_deref(), line.tries),
        (Some("P1"), Some(&b"outcome"[..]), 1)
    );
    assert!(store.finish_import("a", "next", "done", b"new", Some(9)).await.unwrap());
    let row = store.import("a").await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.ended_at, row.about.as_slice()), ("done", Some(9), &b"new"[..]));
}

async fn rows_are_told_in_the_order_they_changed(home: Home) {
    let store = home.store().await;
    put(&*store, "a", "running").await;
    store.lease_import("me", LONG).await.unwrap();
    for number in [3, 1, 2] {
        assert!(store.mark_line("a", "me", marked(number, "created")).await.unwrap());
    }
    let since = |changed_after| Find { changed_after: Some(changed_after), ..ALL };
    assert_eq!(numbers(&*store, since(0)).await, [3, 1, 2]);
    assert_eq!(numbers(&*store, since(2)).await, [2]);
    assert_eq!(numbers(&*store, Find { state: "created", limit: 2, ..ALL }).await, [1, 2]);
    assert_eq!(numbers(&*store, Find { offset: 3, limit: 1, ..ALL }).await, [4]);
    assert_eq!(numbers(&*store, Find { action: "update", ..ALL }).await, [] as [i64; 0]);
}

async fn what_waits_is_left_alone_until_it_is_woken(home: Home) {
    let store = home.store().await;
    put(&*store, "a", "running").await;
    store.lease_import("me", LONG).await.unwrap();
    store.release_import("a", "me", Some("licence"), Duration::ZERO).await.unwrap();
    assert!(store.lease_import("me", LONG).await.unwrap().is_none());
    let waiting = store.waiting_imports(10).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].why.as_deref()), (1, Some("licence")));
    store.wake_import("a", "connect").await.unwrap();
    assert!(store.lease_import("me", LONG).await.unwrap().is_none(), "it waits for something else");
    store.wake_import("a", "licence").await.unwrap();
    assert!(store.waiting_imports(10).await.unwrap().is_empty());
    assert!(store.lease_import("me", LONG).await.unwrap().is_some());
    // A person who says “go on” wakes it, too.
    store.release_import("a", "me", Some("licence"), Duration::ZERO).await.unwrap();
    assert_eq!(store.move_import("a", &user("ann"), &["running"], "running", 9).await.unwrap(), Moved::Done);
    assert!(store.lease_import("me", LONG).await.unwrap().is_some());
}

async fn rows_are_chosen_only_by_their_person_and_only_while_it_stands_still(home: Home) {
    let store = home.store().await;
    put(&*store, "a", "planned").await;
    let (ann, bob) = (user("ann"), user("bob"));
    assert_eq!(store.choose_lines("a", &bob, &[1, 2], "pending", "excluded").await.unwrap(), 0);
    assert_eq!(store.choose_lines("a", &ann, &[1, 2, 99], "pending", "excluded").await.unwrap(), 2);
    assert_eq!(store.choose_lines("a", &ann, &[1, 3], "excluded", "pending").await.unwrap(), 1);
    assert_eq!(numbers(&*store, Find { state: "excluded", ..ALL }).await, [2]);
    store.move_import("a", &ann, &["planned"], "running", 1).await.unwrap();
    assert_eq!(store.choose_lines("a", &ann, &[1], "pending", "excluded").await.unwrap(), 0);
}

async fn the_oldest_that_is_over_makes_room(home: Home) {
    let store = home.store().await;
    for (id, state, at) in [("a", "running", 1), ("b", "done", 2), ("c", "done", 3)] {
        assert!(store.put_import(&import(id, "ann", state, at), &[], 3).await.unwrap());
    }
    let put = async |id| store.put_import(&import(id, "ann", "planning", 9), &[line(1)], 3).await.unwrap();
    assert!(put("d").await);
    let kept = store.imports_of(&user("ann"), 10).await.unwrap();
    assert_eq!(kept.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["d", "c", "a"]);
    assert!(put("e").await);
    assert!(!put("f").await, "none of those that are left is over");
}

async fn what_is_old_is_forgotten(home: Home) {
    let store = home.store().await;
    put(&*store, "a", "planned").await;
    put(&*store, "b", "planned").await;
    put(&*store, "c", "planned").await;
    let ann = user("ann");
    store.move_import("a", &ann, &["planned"], "running", 1990).await.unwrap();
    store.move_import("a", &ann, &["running"], "cancelled", 2000).await.unwrap();
    store.move_import("b", &ann, &["planned"], "running", 2000).await.unwrap();
    assert_eq!(store.forget_imports(2000, 1000).await.unwrap(), 0);
    assert_eq!(store.forget_imports(2000, 1001).await.unwrap(), 1, "the plan that nobody applied");
    assert!(store.import("b").await.unwrap().is_some() && store.import("a").await.unwrap().is_some());
    // One that was never ended is not kept for ever either.
    assert_eq!(store.forget_imports(2001, 1001).await.unwrap(), 2);
    assert!(store.lines("a", ALL).await.unwrap().is_empty());
}

async fn kept(vault: &Vault) -> String {
    let rows = ["first", "second"];
    let line = |(row, number)| NewLine {
        number,
        action: "create",
        state: "pending",
        calls: 1,
        row: Some(row),
        plan: Some(&7),
    };
    let lines: Vec<_> = rows.iter().zip(1..).map(line).collect();
    vault.put_import(&user("ann"), "planned", &"about", &lines, (1000, 10)).await.unwrap().unwrap()
}

async fn what_is_kept_opens_after_the_key_was_changed(home: Home) {
    let vault = home.vault().await;
    let id = kept(&vault).await;
    vault.rotate().await.unwrap();
    assert!(vault.drop_old_keys().await.unwrap().is_empty(), "something is sealed with the old key");
    let import = vault.import(&id).await.unwrap().unwrap();
    assert_eq!(import.about::<String>().unwrap(), "about");
    let lines = vault.lines(&import, Find { limit: 10, ..Find::default() }).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.row().unwrap()).collect::<Vec<String>>(), ["first", "second"]);
    assert_eq!(lines[1].plan::<u8>().unwrap(), Some(7));
}

async fn sr_73_a_row_opens_in_no_other_place(home: Home) {
    let vault = home.vault().await;
    let id = kept(&vault).await;
    let import = vault.import(&id).await.unwrap().unwrap();
    let store = vault.store().unwrap();
    let mut rows = store.lines(&id, ALL).await.unwrap();
    // The plan of the first row, where that of the second stands.
    rows[1].plan = rows[0].plan.clone();
    store.move_import(&id, &user("ann"), &["planned"], "planning", 1).await.unwrap();
    store.lease_import("me", LONG).await.unwrap().unwrap();
    assert!(store.plan_lines(&id, "me", &rows[1..]).await.unwrap());
    let lines = vault.lines(&import, Find { limit: 10, ..Find::default() }).await.unwrap();
    assert!(lines[0].plan::<u8>().is_ok() && lines[1].plan::<u8>().is_err());
}
