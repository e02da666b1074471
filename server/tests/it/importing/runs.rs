//! What is applied is done once, all of it, and told.

use std::time::Duration;

use pagerduty::import::Kind;
use pagerduty_connect::imports::{ImportError, ImportState, RowState};
use pagerduty_sandbox::{Fault, Reset};

use super::{Desk, people};

#[tokio::test]
async fn a_person_comes_with_everything_the_row_says() {
    let desk = Desk::new().await;
    let file = "name,email,role,job title,time zone,description,teams,phone,sms,emails,notify_high,notify_low\n\
        Noor Haddad,noor@acme.example,Responder,Engineer,Europe/Berlin,On loan,Checkout:responder; Mobile,\
        +49 30 1234567,+49 151 7654321,noor@home.example,email:0; sms:5; phone:10,email:30\n";
    let id = desk.run(Kind::Users, file).await;
    let row = desk.row(&id, "noor@acme.example").await;
    assert_eq!(row.state, RowState::Created, "{:?}", row.outcome);

    let noor = desk.person("noor@acme.example").await;
    assert_eq!(Some(&noor.user.id), row.remote_id.as_ref());
    assert_eq!((noor.user.role.as_str(), noor.user.time_zone.as_str()), ("limited_user", "Europe/Berlin"));
    assert_eq!(noor.description.as_deref(), Some("On loan"));
    let mut teams: Vec<_> = noor.user.teams.iter().map(|it| it.name()).collect();
    teams.sort_unstable();
    assert_eq!(teams, ["Checkout", "Mobile"]);
    let contacts: Vec<_> =
        noor.contact_methods.iter().map(|it| (it.kind(), it.address.as_str(), it.country_code)).collect();
    for contact in [
        ("phone_contact_method", "301234567", Some(49)),
        ("sms_contact_method", "1517654321", Some(49)),
        ("email_contact_method", "noor@home.example", None),
    ] {
        assert!(contacts.contains(&contact), "{contact:?} in {contacts:?}");
    }
    assert_eq!(noor.notification_rules.len(), 4, "one was there: {:?}", noor.notification_rules);
    // The same file again changes nothing.
    let again = desk.plan(Kind::Users, file).await;
    let planned = desk.row(&again, "noor@acme.example").await.planned.unwrap();
    assert_eq!(planned.action.name(), "unchanged", "{planned:?}");
}

#[tokio::test]
async fn what_there_is_is_changed_field_by_field_and_nothing_else() {
    let desk = Desk::new().await;
    let before = desk.person("priya@acme.example").await;
    let id = desk.run(Kind::Users, "email,name,title\npriya@acme.example,Priya R.,Lead\n").await;
    assert_eq!(desk.row(&id, "priya@acme.example").await.state, RowState::Updated);
    let after = desk.person("priya@acme.example").await;
    assert_eq!((after.user.name.as_str(), after.user.job_title.as_deref()), ("Priya R.", Some("Lead")));
    assert_eq!((after.user.time_zone, after.user.role), (before.user.time_zone, before.user.role));
    let sent: Vec<_> = desk.app.sandbox.requests().into_iter().filter(|it| it.method == "PUT").collect();
    assert_eq!(sent.len(), 1);
    assert!(!sent[0].body.contains("time_zone"), "{}", sent[0].body);
}

#[tokio::test]
async fn rf_15_an_answer_that_was_lost_makes_nobody_twice() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, &people(12)).await;
    for reset in [Reset::Before, Reset::During, Reset::After] {
        desk.app.sandbox.fault(Fault::on("POST", "/users").times(2).reset(reset));
    }
    desk.app.sandbox.fault(Fault::on("POST", "/users").times(2).status(502).after_the_effect());
    desk.app.sandbox.fault(Fault::on("POST", "/users").times(2).status(500));
    desk.apply(&id).await;
    desk.assert_each_once(12).await;
    let ends = desk.ends(&id).await;
    let made = ends.get(&RowState::Created).unwrap_or(&0) + ends.get(&RowState::Probably).unwrap_or(&0);
    assert_eq!(made, 12, "{ends:?}");
}

#[tokio::test]
async fn rf_15_ways_to_be_reached_are_added_once_whatever_becomes_of_the_answers() {
    let desk = Desk::new().await;
    let file = "name,email,phone,sms,notify_high\nNoor,noor@acme.example,+1 415 5550100,+1 415 5550101,sms:5; phone:10\n";
    let id = desk.plan(Kind::Users, file).await;
    desk.app.sandbox.fault(Fault::on("POST", "/users/*").times(2).reset(Reset::After));
    desk.apply(&id).await;
    let row = desk.row(&id, "noor@acme.example").await;
    assert_eq!(row.state, RowState::Created, "{:?}", row.outcome);
    let noor = desk.person("noor@acme.example").await;
    assert_eq!((noor.contact_methods.len(), noor.notification_rules.len()), (3, 3));
}

#[tokio::test]
async fn writes_that_meet_are_taken_one_after_the_other() {
    let desk = Desk::new().await;
    desk.app.sandbox.set_switches(|it| (it.parallel_user_writes, it.latency_ms) = (false, 5));
    let id = desk.run(Kind::Users, &people(60)).await;
    desk.assert_each_once(60).await;
    assert_eq!(desk.ends(&id).await[&RowState::Created], 60);
    let refused =
        desk.app.calls("/users").iter().filter(|it| it.method == "POST" && it.status == Some(400)).count();
    assert!(refused < 30, "{refused} of 60 were sent too early");
}

#[tokio::test]
async fn rf_03_the_limit_is_kept() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, &people(45)).await;
    desk.app.sandbox.set_switches(|it| (it.rate_limit, it.rate_window_seconds) = (20, 2));
    desk.apply(&id).await;
    desk.assert_each_once(45).await;
    let refused = desk.app.sandbox.requests().iter().filter(|it| it.status == Some(429)).count();
    assert!(refused <= 3, "one a window at most: {refused}");
}

#[tokio::test]
async fn pausing_holds_it_and_going_on_ends_it() {
    let desk = Desk::new().await;
    desk.app.sandbox.set_switches(|it| it.latency_ms = 100);
    let id = desk.plan(Kind::Users, &people(60)).await;
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    crate::harness::eventually("it is on its way", async || desk.import(&id).await.tally.done() > 3).await;
    desk.connect.pause_import(&desk.user, &id).await.unwrap();
    crate::harness::eventually("nothing is under way", async || {
        let before = desk.import(&id).await.tally;
        tokio::time::sleep(Duration::from_millis(400)).await;
        let now = desk.import(&id).await;
        before == now.tally && before.at(RowState::Sent) == 0
    })
    .await;
    let held = desk.import(&id).await;
    assert!(held.state == ImportState::Paused && held.tally.done() < 60, "{held:?}");
    desk.connect.resume_import(&desk.user, &id).await.unwrap();
    desk.until(&id, ImportState::Done).await;
    desk.assert_each_once(60).await;
}

#[tokio::test]
async fn cancelling_leaves_what_was_done_and_does_no_more() {
    let desk = Desk::new().await;
    desk.app.sandbox.set_switches(|it| it.latency_ms = 100);
    let id = desk.plan(Kind::Users, &people(60)).await;
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    crate::harness::eventually("it is on its way", async || desk.import(&id).await.tally.done() > 3).await;
    desk.connect.cancel_import(&desk.user, &id).await.unwrap();
    crate::harness::eventually("nothing is under way", async || {
        desk.import(&id).await.tally.at(RowState::Sent) == 0
    })
    .await;
    let tally = desk.import(&id).await.tally;
    let there = desk.people().await.iter().filter(|it| it.user.email.ends_with("@import.example")).count();
    assert_eq!(there as u64, tally.done());
    let csv = desk.connect.import_as_csv(&desk.user, &id).await.unwrap();
    assert_eq!(csv.matches("not done: cancelled").count() as u64, tally.at(RowState::Pending));
    // What was not done can be done after all.
    crate::harness::eventually("its last rows have ended", async || {
        !matches!(desk.connect.undo_import(&desk.user, &id).await, Err(ImportError::StillEnding))
    })
    .await;
    let again = desk.connect.import_failed_again(&desk.user, &id).await.unwrap();
    desk.until(&again, ImportState::Planned).await;
    desk.apply(&again).await;
    desk.assert_each_once(60).await;
}

#[tokio::test]
async fn sr_81_who_was_loaded_stands_nowhere_in_the_clear() {
    let desk = Desk::new().await;
    let id = desk
        .run(Kind::Users, "name,email,phone\nZebulon Quixote,zebulon@import.example,+49 30 9876543\n")
        .await;
    assert_eq!(desk.row(&id, "zebulon@import.example").await.state, RowState::Created);
    for file in std::fs::read_dir(desk.app.folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for secret in ["zebulon", "Quixote", "309876543", "people.csv"] {
            let is_there = bytes.windows(secret.len()).any(|it| it.eq_ignore_ascii_case(secret.as_bytes()));
            assert!(!is_there, "{secret} in {}", path.display());
        }
    }
}
