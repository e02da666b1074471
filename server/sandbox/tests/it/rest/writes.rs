//! What a request makes is there afterwards.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{GRACE, MARCUS, Rest, each};
use crate::support::*;

async fn make(rest: &Rest, path: &str, key: &str, body: Value) -> String {
    let (status, body) = rest.post(path, json!({key: body})).await;
    assert_eq!(status, StatusCode::CREATED, "{path}: {body}");
    text(&body[key], "id").to_owned()
}

/// The sentences of a 400 with code 2001.
async fn wrong(rest: &Rest, path: &str, key: &str, body: Value) -> Vec<String> {
    let (status, body) = rest.post(path, json!({key: body})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(
        (&body["error"]["message"], &body["error"]["code"]),
        (&json!("Invalid Input Provided"), &json!(2001))
    );
    serde_json::from_value(body["error"]["errors"].clone()).unwrap()
}

#[tokio::test]
async fn a_user_is_made_with_contact_method_and_rule() {
    let rest = Rest::of(BETHANY).await;
    let new =
        json!({"type": "user", "name": "Noor Haddad", "email": "noor@acme.example", "role": "limited_user"});
    let id = make(&rest, "/users", "user", new.clone()).await;
    let found = rest.get("/users?query=noor@").await;
    assert_eq!((&found["users"][0]["id"], &found["users"][0]["invitation_sent"]), (&json!(id), &json!(true)));
    assert_eq!(wrong(&rest, "/users", "user", new).await, ["Email has already been taken"]);
    let nothing = wrong(&rest, "/users", "user", json!({"type": "user", "job_title": "x".repeat(101)})).await;
    assert_eq!(
        nothing,
        ["Name can't be blank", "Email can't be blank", "Job title is too long (maximum is 100 characters)"]
    );

    let methods = format!("/users/{id}/contact_methods");
    let phone = json!({"type": "phone_contact_method", "label": "Mobile", "address": "5551234567", "country_code": 1});
    let method = make(&rest, &methods, "contact_method", phone.clone()).await;
    assert_eq!(wrong(&rest, &methods, "contact_method", phone).await, ["User Contact method must be unique"]);
    let rules = format!("/users/{id}/notification_rules");
    let rule = json!({"type": "assignment_notification_rule", "start_delay_in_minutes": 5, "urgency": "low",
        "contact_method": {"id": method, "type": "phone_contact_method"}});
    make(&rest, &rules, "notification_rule", rule.clone()).await;
    let again = wrong(&rest, &rules, "notification_rule", rule).await;
    assert_eq!(again, ["Channel Start delay must be unique for a given contact method"]);
    assert_eq!(
        each(&rest.get(&format!("{rules}?urgency=low")).await, "notification_rules", "urgency"),
        ["low"]
    );
    assert_eq!(each(&rest.get(&rules).await, "notification_rules", "urgency").len(), 2);
}

#[tokio::test]
async fn a_team_gets_members_and_loses_them() {
    let rest = Rest::of(MARCUS).await;
    let team = make(&rest, "/teams", "team", json!({"type": "team", "name": "Night Watch"})).await;
    assert_eq!(
        wrong(&rest, "/teams", "team", json!({"type": "team", "name": "night watch"})).await,
        ["Name has already been taken"]
    );
    let member = format!("/teams/{team}/users/PHANA05");
    let added = rest.ask(Method::PUT, &member, Some(json!({"role": "observer"}))).await;
    assert_eq!(added.status(), StatusCode::NO_CONTENT);
    let members = rest.get(&format!("/teams/{team}/members")).await;
    assert_eq!(members["members"][0]["user"]["id"], "PHANA05");
    assert_eq!(members["members"][0]["role"], "observer");
    assert_eq!(each(&rest.get(&format!("/users?team_ids[]={team}")).await, "users", "id"), ["PHANA05"]);
    assert_eq!(rest.ask(Method::DELETE, &member, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(rest.ask(Method::DELETE, &member, None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(rest.get(&format!("/teams/{team}/members")).await["members"], json!([]));
    for nowhere in ["/teams/PNOPE/users/PHANA05".to_owned(), format!("/teams/{team}/users/PNOPE")] {
        assert_eq!(rest.ask(Method::PUT, &nowhere, None).await.status(), StatusCode::NOT_FOUND, "{nowhere}");
    }
}

#[tokio::test]
async fn schedule_policy_and_service_are_made_one_upon_the_other() {
    let rest = Rest::of(BETHANY).await;
    let layer = json!({"name": "Nights", "start": "2026-01-01T20:00:00+03:00",
        "rotation_virtual_start": "2026-01-01T20:00:00+03:00", "rotation_turn_length_seconds": 86_400,
        "users": [{"user": {"id": "PHANA05", "type": "user_reference"}}]});
    let new = json!({"type": "schedule", "name": "Night Rota", "time_zone": "Europe/Istanbul", "schedule_layers": [layer]});
    let schedule = make(&rest, "/schedules", "schedule", new).await;
    let target = json!({"id": schedule, "type": "schedule_reference"});
    let rules = json!([{"escalation_delay_in_minutes": 10, "targets": [target]}]);
    let new = json!({"type": "escalation_policy", "name": "Nights", "escalation_rules": rules});
    let policy = make(&rest, "/escalation_policies", "escalation_policy", new).await;
    let on_call = rest.get(&format!("/oncalls?escalation_policy_ids[]={policy}")).await;
    assert_eq!(on_call["oncalls"][0]["user"]["id"], "PHANA05");

    let new = json!({"type": "service", "name": "Night Shop", "auto_resolve_timeout": null,
        "escalation_policy": {"id": policy, "type": "escalation_policy_reference"}});
    let service = make(&rest, "/services", "service", new.clone()).await;
    let found = rest.get("/services?query=night%20shop").await;
    assert_eq!(
        (&found["services"][0]["id"], &found["services"][0]["status"]),
        (&json!(service), &json!("active"))
    );
    assert_eq!(found["services"][0]["auto_resolve_timeout"], Value::Null);
    assert_eq!(wrong(&rest, "/services", "service", new).await, ["Name has already been taken"]);
    let nowhere = json!({"service": {"type": "service", "name": "Lost", "escalation_policy": {"id": "PNOPE", "type": "escalation_policy"}}});
    assert_eq!(rest.post("/services", nowhere).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn people_change_how_they_are_reached_themselves_and_nobody_elses() {
    let rest = Rest::of(GRACE).await;
    let phone =
        json!({"contact_method": {"type": "sms_contact_method", "label": "Me", "address": "15550100"}});
    assert_eq!(rest.post("/users/PGRAC06/contact_methods", phone.clone()).await.0, StatusCode::CREATED);
    assert_eq!(rest.post("/users/PBETH01/contact_methods", phone).await.0, StatusCode::FORBIDDEN);
}
