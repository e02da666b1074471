//! Other admins are at work in the same account.

use pagerduty::{api::NewUser, import::Kind};
use pagerduty_connect::imports::{ImportError, ImportState, RowState};
use pagerduty_sandbox::Fault;

use super::Desk;
use crate::harness::http;

impl Desk {
    /// By somebody else.
    async fn put(&self, path: &str, body: serde_json::Value) {
        let identity = self.connect.identity(&self.user).await.unwrap();
        let url = format!("{}{path}", self.app.sandbox.api_url());
        let answer =
            http().put(url).bearer_auth(identity.access_token.expose()).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
}

#[tokio::test]
async fn a_user_made_meanwhile_is_left_as_they_are_and_told() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, "name,email,role\nNoor,noor@acme.example,Observer\n").await;
    let client = desk.connect.client();
    let new = NewUser { name: "Noor H.".into(), email: "noor@acme.example".into(), ..NewUser::default() };
    let new = &new;
    let made = |it: pagerduty_connect::Identity| async move { it.api(client).create_user(new).await };
    desk.connect.call(&desk.user, made).await.unwrap();
    desk.apply(&id).await;
    let row = desk.row(&id, "noor@acme.example").await;
    assert_eq!(row.state, RowState::Exists);
    assert!(row.outcome.unwrap().problems[0].said.contains("Somebody else"));
    assert_eq!(desk.person("noor@acme.example").await.user.name, "Noor H.");
    // It is not this run's to take back.
    let undo = desk.connect.undo_import(&desk.user, &id).await;
    assert!(matches!(undo, Err(ImportError::Nothing)), "{undo:?}");
    // Planned again, it shows what is different.
    let again = desk.connect.import_failed_again(&desk.user, &id).await.unwrap();
    desk.until(&again, ImportState::Planned).await;
    assert_eq!(desk.row(&again, "noor@acme.example").await.planned.unwrap().action.name(), "update");
}

#[tokio::test]
async fn a_field_changed_meanwhile_is_not_written_over() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, "name,email,title\nPriya Raman,priya@acme.example,Director\n").await;
    desk.put("/users/PPRIY03", serde_json::json!({ "user": { "type": "user", "job_title": "Head of SRE" } }))
        .await;
    desk.apply(&id).await;
    let row = desk.row(&id, "priya@acme.example").await;
    assert_eq!(row.state, RowState::Failed);
    let said = &row.outcome.unwrap().problems[0].said;
    assert!(said.contains("job_title is now “Head of SRE”"), "{said}");
    assert_eq!(desk.person("priya@acme.example").await.user.job_title.as_deref(), Some("Head of SRE"));
}

#[tokio::test]
async fn a_team_that_is_gone_by_then_is_told_beside_what_was_done() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, "name,email,teams\nNoor,noor@acme.example,Checkout; Mobile\n").await;
    let gone = r#"{"error":{"message":"Team Not Found","code":6001}}"#;
    desk.app.sandbox.fault(
        Fault::on("PUT", "/teams/PTEAM03/*")
            .always()
            .status(404)
            .header("content-type", "application/json")
            .body(gone),
    );
    desk.apply(&id).await;
    let row = desk.row(&id, "noor@acme.example").await;
    assert_eq!(row.state, RowState::Failed, "not all of it");
    assert_eq!(row.outcome_words(ImportState::Done), "done in part");
    let problem = &row.outcome.as_ref().unwrap().problems[0];
    assert!(problem.said.contains("not put on the team “Mobile”"), "{problem:?}");
    assert_eq!(desk.person("noor@acme.example").await.user.teams.len(), 1);
}

#[tokio::test]
async fn a_team_renamed_since_the_plan_is_told() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, "name,email,teams\nNoor,noor@acme.example,Mobile\n").await;
    let teams = r#"{"teams":[{"id":"PTEAM03","name":"Apps"}],"more":false,"limit":100,"offset":0}"#;
    desk.app.sandbox.fault(
        Fault::on("GET", "/teams")
            .always()
            .status(200)
            .header("content-type", "application/json")
            .body(teams),
    );
    desk.apply(&id).await;
    let row = desk.row(&id, "noor@acme.example").await;
    assert_eq!(row.state, RowState::Created, "nothing is wrong with that");
    let said = &row.outcome.unwrap().notes[0].said;
    assert!(said.contains("“Mobile” has been renamed") && said.contains("“Apps”"), "{said}");
    assert!(desk.person("noor@acme.example").await.user.teams.iter().any(|it| it.id == "PTEAM03"));
}
