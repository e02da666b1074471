//! What a run made can be taken back, as far as nobody has touched it since.

use pagerduty::import::{Action, Kind};
use pagerduty_connect::imports::{ImportError, ImportState, RowState};
use pagerduty_sandbox::{Fault, Reset};

use super::{Desk, people};

#[tokio::test]
async fn only_what_the_run_made_and_nobody_has_changed_is_removed() {
    let desk = Desk::new().await;
    let file = people(3) + "Priya R.,priya@acme.example\n";
    let id = desk.run(Kind::Users, &file).await;
    let renamed = desk.run(Kind::Users, "name,email\nRenamed,person-2@import.example\n").await;
    assert_eq!(desk.row(&renamed, "person-2@import.example").await.state, RowState::Updated);

    let undo = desk.connect.undo_import(&desk.user, &id).await.unwrap();
    desk.until(&undo, ImportState::Planned).await;
    let tally = desk.import(&undo).await.tally;
    assert_eq!((tally.planned(Action::Delete), tally.planned(Action::Conflict)), (2, 1));
    let why = desk.row(&undo, "person-2@import.example").await.planned.unwrap().why.concat();
    assert!(why.contains("name is now “Renamed”"), "{why}");
    desk.apply(&undo).await;
    let left: Vec<_> = desk.people().await.into_iter().map(|it| it.user.email).collect();
    assert!(
        left.contains(&"person-2@import.example".to_owned())
            && left.contains(&"priya@acme.example".to_owned())
    );
    assert!(!left.iter().any(|it| it.starts_with("person-1@") || it.starts_with("person-3@")), "{left:?}");
    let error = desk.connect.undo_import(&desk.user, &undo).await.unwrap_err();
    assert!(matches!(error, ImportError::Nothing), "{error}");
}

#[tokio::test]
async fn who_has_changed_between_the_plan_and_its_end_stays() {
    let desk = Desk::new().await;
    let id = desk.run(Kind::Users, &people(2)).await;
    let undo = desk.connect.undo_import(&desk.user, &id).await.unwrap();
    desk.until(&undo, ImportState::Planned).await;
    desk.run(Kind::Users, "name,email,phone\nPerson 1,person-1@import.example,+1 4155550100\n").await;
    desk.apply(&undo).await;
    let row = desk.row(&undo, "person-1@import.example").await;
    assert_eq!(row.state, RowState::Failed);
    assert!(row.outcome.unwrap().problems[0].said.contains("a way to be reached"));
    assert_eq!(desk.row(&undo, "person-2@import.example").await.state, RowState::Deleted);
    desk.person("person-1@import.example").await;
}

#[tokio::test]
async fn what_may_be_somebody_elses_is_removed_only_when_asked_for() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, &people(1)).await;
    desk.app.sandbox.fault(Fault::on("POST", "/users").reset(Reset::After));
    desk.apply(&id).await;
    assert_eq!(desk.row(&id, "person-1@import.example").await.state, RowState::Probably);
    let undo = desk.connect.undo_import(&desk.user, &id).await.unwrap();
    desk.until(&undo, ImportState::Planned).await;
    assert_eq!(desk.row(&undo, "person-1@import.example").await.state, RowState::Excluded);
    assert!(matches!(desk.connect.apply_import(&desk.user, &undo).await, Err(ImportError::Nothing)));
    desk.connect.choose_rows(&desk.user, &undo, &[1], true).await.unwrap();
    desk.apply(&undo).await;
    desk.assert_each_once(0).await;
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_done_once() {
    let desk = Desk::new().await;
    let id = desk.run(Kind::Services, "name,escalation_policy\nA,Checkout\nB,Checkout\n").await;
    let undo = desk.connect.undo_import(&desk.user, &id).await.unwrap();
    desk.until(&undo, ImportState::Planned).await;
    desk.app.sandbox.fault(Fault::on("DELETE", "/services/*").reset(Reset::After));
    desk.apply(&undo).await;
    assert_eq!(desk.ends(&undo).await.into_iter().collect::<Vec<_>>(), [(RowState::Deleted, 2)]);
    assert_eq!(desk.services().await.len(), 16);
}
