//! What an import waits for, it says; and goes on when it is there.

use pagerduty::import::Kind;
use pagerduty_connect::imports::{ImportState, RowState, WaitsFor};
use pagerduty_sandbox::Fault;

use super::{Desk, people};
use crate::harness::{BETHANY, eventually};

#[tokio::test]
async fn a_licence_limit_reached_half_way_holds_the_rest() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, &people(10)).await;
    desk.app.sandbox.set_switches(|it| it.free_licenses = 7);
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    let import = desk.until_waiting(&id).await;
    assert_eq!(import.waits_for, Some(WaitsFor::Licence));
    eventually("what was under way has ended", async || desk.import(&id).await.tally.at(RowState::Sent) == 0)
        .await;
    let tally = desk.import(&id).await.tally;
    assert_eq!(
        (tally.at(RowState::Created), tally.at(RowState::Pending)),
        (7, 3),
        "nothing is lost: {tally:?}"
    );
    desk.app.sandbox.set_switches(|it| it.free_licenses = 100);
    desk.connect.resume_import(&desk.user, &id).await.unwrap();
    desk.until(&id, ImportState::Done).await;
    desk.assert_each_once(10).await;
}

#[tokio::test]
async fn a_connection_that_ends_half_way_is_waited_for() {
    let desk = Desk::new().await;
    desk.app.sandbox.set_switches(|it| it.latency_ms = 50);
    let id = desk.plan(Kind::Users, &people(40)).await;
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    eventually("it is on its way", async || desk.import(&id).await.tally.done() > 2).await;
    desk.connect.disconnect(&desk.user).await.unwrap();
    let import = desk.until_waiting(&id).await;
    assert_eq!(import.waits_for, Some(WaitsFor::Connect));
    desk.app.connected(BETHANY).await;
    desk.until(&id, ImportState::Done).await;
    desk.assert_each_once(40).await;
}

#[tokio::test]
async fn a_token_that_ends_half_way_is_renewed_and_nobody_notices() {
    let desk = Desk::new().await;
    desk.app.sandbox.set_switches(|it| it.latency_ms = 50);
    let id = desk.plan(Kind::Users, &people(40)).await;
    desk.app.clock.advance(std::time::Duration::from_secs(60));
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    eventually("it is on its way", async || desk.import(&id).await.tally.done() > 2).await;
    desk.app.sandbox.expire_access_tokens();
    desk.until(&id, ImportState::Done).await;
    desk.assert_each_once(40).await;
}

#[tokio::test]
async fn a_scope_taken_away_half_way_is_asked_for() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, &people(5)).await;
    let lacks = r#"{"error":{"message":"Token missing required scopes","required_scopes":"users.write"}}"#;
    desk.app.sandbox.fault(
        Fault::on("POST", "/users").status(403).header("content-type", "application/json").body(lacks),
    );
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    let import = desk.until_waiting(&id).await;
    assert!(
        matches!(&import.waits_for, Some(WaitsFor::Scopes(scopes)) if scopes.allows("users.write")),
        "{import:?}"
    );
    // Once they have agreed anew, it goes on.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    desk.app.connected(BETHANY).await;
    desk.until(&id, ImportState::Done).await;
    desk.assert_each_once(5).await;
}

#[tokio::test]
async fn while_pagerduty_is_down_it_waits_and_then_goes_on() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, &people(5)).await;
    desk.app.sandbox.fault(Fault::on("POST", "/users").always().status(503));
    desk.app.sandbox.fault(Fault::on("GET", "/users/me").always().status(503));
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    eventually("it is tried again later", async || desk.import(&id).await.retry_in > 0).await;
    desk.app.sandbox.clear_faults();
    desk.until(&id, ImportState::Done).await;
    desk.assert_each_once(5).await;
    assert_eq!(desk.import(&id).await.tally.at(RowState::Failed), 0);
}

#[tokio::test]
async fn a_row_that_pagerduty_cannot_do_holds_up_no_other() {
    let desk = Desk::new().await;
    let id = desk
        .plan(Kind::Users, "name,email,phone\nA,a@import.example,+1 4155550100\nB,b@import.example,\n")
        .await;
    desk.app.sandbox.fault(Fault::on("POST", "/users/*").always().status(500));
    desk.connect.apply_import(&desk.user, &id).await.unwrap();
    desk.until(&id, ImportState::Done).await;
    let (a, b) = (desk.row(&id, "a@import.example").await, desk.row(&id, "b@import.example").await);
    assert_eq!((a.state, b.state), (RowState::Failed, RowState::Created));
    let problem = &a.outcome.unwrap().problems[0];
    assert!(problem.said.contains("not known") && problem.remedy.contains("again"), "{problem:?}");
    desk.app.sandbox.clear_faults();
    let again = desk.connect.import_failed_again(&desk.user, &id).await.unwrap();
    desk.until(&again, ImportState::Planned).await;
    let planned = desk.row(&again, "a@import.example").await.planned.unwrap();
    assert_eq!((planned.action.name(), planned.contacts.len()), ("update", 1), "she was made: {planned:?}");
}
