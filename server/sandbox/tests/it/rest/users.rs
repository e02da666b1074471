//! Users are changed, and go.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{MARCUS, Rest, TOMAS, wrapped};
use crate::support::*;

const HANA: &str = "/users/PHANA05";

fn user(fields: Value) -> Value {
    wrapped("user", fields)
}

#[tokio::test]
async fn a_user_changes_in_what_is_sent_and_in_nothing_else() {
    let rest = Rest::of(BETHANY).await;
    let before = rest.get(HANA).await["user"].clone();
    let (status, body) = rest.put(HANA, user(json!({"job_title": "Staff Engineer", "color": "lime"}))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let mut expected = before.clone();
    (expected["job_title"], expected["color"]) = (json!("Staff Engineer"), json!("lime"));
    assert_eq!(body["user"], expected);
    assert_eq!(rest.get(HANA).await["user"], expected);

    let all = json!({"name": "Hana K.", "email": "hana.k@acme.example", "role": "observer",
        "time_zone": "Europe/Istanbul", "job_title": null, "description": null});
    let changed = rest.put(HANA, user(all.clone())).await.1;
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&changed["user"][field], value, "{field}");
    }
    let undone = json!({"name": before["name"], "email": before["email"], "role": before["role"],
        "time_zone": before["time_zone"], "job_title": before["job_title"], "color": before["color"],
        "description": before["description"]});
    assert_eq!(rest.put(HANA, user(undone)).await.1["user"], before);
}

#[tokio::test]
async fn a_user_is_changed_by_the_rules_by_which_one_is_made() {
    let rest = Rest::of(BETHANY).await;
    let wrong = async |fields: Value| rest.wrong(Method::PUT, HANA, Some(user(fields))).await;
    assert_eq!(wrong(json!({"email": "MARCUS@acme.example"})).await, ["Email has already been taken"]);
    assert_eq!(wrong(json!({"email": "hana"})).await, ["Email is invalid"]);
    assert_eq!(wrong(json!({"name": " "})).await, ["Name can't be blank"]);
    assert_eq!(wrong(json!({"role": "king"})).await, ["Role is not included in the list"]);
    assert_eq!(wrong(json!({"role": "owner"})).await, ["Role can't be owner"]);
    let long = "x".repeat(101);
    let too_long = wrong(json!({"job_title": long})).await;
    assert_eq!(too_long, ["Job title is too long (maximum is 100 characters)"]);
    let team = json!({"user": {"type": "team", "name": "H"}});
    assert_eq!(rest.wrong(Method::PUT, HANA, Some(team)).await, ["Type must be user or user_reference"]);
    // Her own address in capitals is nobody else's.
    let own = user(json!({"email": "HANA@acme.example"}));
    assert_eq!(rest.put(HANA, own).await.0, StatusCode::OK);
    assert_eq!(rest.put("/users/PNOPE", user(json!({}))).await.0, StatusCode::NOT_FOUND);
    assert_eq!(rest.get(HANA).await["user"]["name"], "Hana Kobayashi");
}

#[tokio::test]
async fn another_kind_of_role_needs_another_license() {
    let rest = Rest::of(BETHANY).await;
    rest.sandbox().set_switches(|switches| switches.free_licenses = 1);
    let role = |role: &str| user(json!({"role": role}));
    assert_eq!(rest.put(HANA, role("read_only_user")).await.0, StatusCode::OK);
    let second = rest.wrong(Method::PUT, "/users/PTOMA04", Some(role("read_only_user"))).await;
    assert_eq!(second, ["License is not available"]);
    assert_eq!(rest.put("/users/PTOMA04", role("observer")).await.0, StatusCode::OK, "of the same kind");
    let licenses = rest.get("/licenses").await;
    let left = |place: usize| licenses["licenses"][place]["allocations_available"].clone();
    assert_eq!((left(0), left(1)), (json!(2), json!(0)), "hers is free");
    assert_eq!(rest.put(HANA, role("limited_user")).await.0, StatusCode::OK);
    rest.sandbox().set_switches(|switches| switches.abilities.clear());
    assert_eq!(rest.put(HANA, role("read_only_user")).await.0, StatusCode::PAYMENT_REQUIRED);
}

#[tokio::test]
async fn people_change_what_they_are_called_but_not_what_they_may() {
    let rest = Rest::of(TOMAS).await;
    let own = "/users/PTOMA04";
    assert_eq!(rest.put(own, user(json!({"name": "Tom"}))).await.0, StatusCode::OK);
    assert_eq!(rest.put(own, user(json!({"role": "admin"}))).await.0, StatusCode::FORBIDDEN);
    assert_eq!(rest.put(HANA, user(json!({"name": "H"}))).await.0, StatusCode::FORBIDDEN);
    let rest = Rest::around(rest.driver, MARCUS, None).await;
    assert_eq!(rest.put(HANA, user(json!({"role": "user"}))).await.0, StatusCode::OK);
    assert_eq!(rest.put(HANA, user(json!({"role": "admin"}))).await.0, StatusCode::FORBIDDEN);
    assert_eq!(rest.put("/users/PBETH01", user(json!({"name": "B"}))).await.0, StatusCode::FORBIDDEN);
    assert_eq!(rest.delete("/users/PBETH01").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_user_who_is_deleted_is_gone_and_leaves_address_and_seat_to_others() {
    let rest = Rest::of(BETHANY).await;
    rest.sandbox().set_switches(|switches| switches.free_licenses = 1);
    let new = user(json!({"name": "Noor Haddad", "email": "noor@acme.example"}));
    let (_, first) = rest.post("/users", new.clone()).await;
    let path = format!("/users/{}", text(&first["user"], "id"));
    assert_eq!(rest.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(rest.delete(&path).await, StatusCode::NOT_FOUND);
    assert_eq!(rest.refused(&path).await.0, 404);
    assert_eq!(rest.get("/users?query=noor@").await["users"], json!([]));
    let (status, second) = rest.post("/users", new).await;
    assert_eq!(status, StatusCode::CREATED, "{second}");
    assert_ne!(first["user"]["id"], second["user"]["id"], "no id is used twice");
}

#[tokio::test]
async fn a_user_somebody_counts_on_cannot_be_deleted() {
    let rest = Rest::of(BETHANY).await;
    let wrong = async |id: &str| rest.wrong(Method::DELETE, &format!("/users/{id}"), None).await;
    let policy = "User cannot be deleted as they are on an escalation policy";
    let schedule = "User cannot be deleted as they are on a schedule";
    assert!(wrong("PMARC02").await.contains(&policy.to_owned()));
    assert!(wrong("PMALL07").await.contains(&schedule.to_owned()));
    assert!(wrong("PBETH01").await.contains(&"You cannot delete yourself".to_owned()));
    // Grace has nothing to do but this.
    let assignee = json!({"assignee": {"id": "PGRAC06", "type": "user_reference"}});
    let change = |extra: Value| {
        let mut incident = json!({"id": "Q0INC00000026", "type": "incident"});
        incident.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"incidents": [incident]})
    };
    rest.put("/incidents", change(json!({"assignments": [assignee]}))).await;
    assert_eq!(wrong("PGRAC06").await, ["User cannot be deleted as they have active incidents"]);
    rest.put("/incidents", change(json!({"status": "resolved"}))).await;
    assert_eq!(rest.delete("/users/PGRAC06").await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn whoever_is_deleted_is_signed_out_and_cannot_sign_in() {
    let rest = Rest::of(BETHANY).await;
    let driver = &rest.driver;
    let tokens = driver.connect("blank@acme.example").await;
    let code = driver.code(driver.authorize_url(&[]), "blank@acme.example").await;
    let access = text(&tokens, "access_token");
    assert_eq!(driver.me(driver.sandbox.api_url(), access).await.status(), StatusCode::OK);
    assert_eq!(rest.delete("/users/PNEMO08").await, StatusCode::NO_CONTENT);
    assert_eq!(driver.me(driver.sandbox.api_url(), access).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(driver.refresh(text(&tokens, "refresh_token")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(driver.exchange(&code).await.0, StatusCode::BAD_REQUEST);
    let id = driver.open(driver.authorize_url(&[])).await;
    let form = [("request", id.as_str()), ("email", "blank@acme.example")];
    let refused = driver.post("/oauth/authorize/login", &form).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    // Whoever got another address signs in with that.
    let moved = user(json!({"email": "grace.l@acme.example"}));
    assert_eq!(rest.put("/users/PGRAC06", moved).await.0, StatusCode::OK);
    driver.connect("grace.l@acme.example").await;
}

#[tokio::test]
async fn hundreds_come_and_go_and_the_order_of_the_others_stays() {
    let rest = Rest::of(BETHANY).await;
    rest.sandbox().set_switches(|switches| (switches.rate_limit, switches.free_licenses) = (u32::MAX, 1_000));
    let before = rest.get("/users?limit=100").await;
    let mut made = Vec::new();
    for number in 0..300 {
        let email = format!("n{number}@acme.example");
        let (status, body) = rest.post("/users", user(json!({"name": "N", "email": email}))).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        made.push(text(&body["user"], "id").to_owned());
    }
    for id in made.iter().step_by(2).chain(made.iter().skip(1).step_by(2)) {
        assert_eq!(rest.delete(&format!("/users/{id}")).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(rest.get("/users?limit=100").await, before);
}
