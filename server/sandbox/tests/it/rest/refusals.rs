//! Every way the API says no.

use pagerduty_sandbox::{Fault, LimitOver100};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::operations::operations;
use super::{GRACE, MARCUS, Rest, TOMAS};
use crate::support::*;

fn sent(body: Value) -> Option<Value> {
    (!body.is_null()).then_some(body)
}

#[tokio::test]
async fn each_operation_needs_its_own_scope_and_no_other() {
    let driver = Driver::start().await;
    let mut rest = Rest::around(driver, BETHANY, Some("openid")).await;
    for (method, path, scope, body) in operations() {
        let response = rest.ask(method.clone(), path, sent(body.clone())).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{method} {path}");
        let refusal: Value = response.json().await.unwrap();
        let expected = json!({"error": {"message": "Token missing required scopes",
            "required_scopes": scope, "token_scopes": "openid"}});
        assert_eq!(refusal, expected, "{method} {path}");
    }
    for (method, path, scope, body) in operations() {
        rest = Rest::around(rest.driver, BETHANY, Some(scope)).await;
        let response = rest.ask(method.clone(), path, sent(body)).await;
        assert!(response.status().is_success(), "{method} {path}: {}", response.text().await.unwrap());
    }
}

#[tokio::test]
async fn the_role_decides_what_a_good_scope_is_good_for() {
    let denied = json!({"error": {"message": "Access Denied", "code": 2010}});
    for (email, allowed) in [(GRACE, [false, false]), (TOMAS, [true, false]), (MARCUS, [true, true])] {
        let rest = Rest::of(email).await;
        for (method, path, scope, body) in operations() {
            let others = path.starts_with("/users/PBETH01/") && method != Method::GET;
            let may = match scope {
                _ if others => false,
                "incidents.write" => allowed[0],
                write if write.ends_with(".write") => allowed[1],
                _ => true,
            };
            let response = rest.ask(method.clone(), path, sent(body)).await;
            let status = response.status();
            assert_eq!(status != StatusCode::FORBIDDEN, may, "{email} {method} {path}: {status}");
            if !may {
                assert_eq!(response.json::<Value>().await.unwrap(), denied);
            }
        }
    }
}

#[tokio::test]
async fn what_the_plan_lacks_is_402() {
    let rest = Rest::of(BETHANY).await;
    rest.sandbox().set_switches(|switches| switches.abilities.clear());
    for path in ["/teams", "/services?team_ids[]=PTEAM01", "/incidents?team_ids[]=PTEAM01"] {
        let (status, body) = rest.refused(path).await;
        assert_eq!(status, 402, "{path}");
        assert_eq!(
            (&body["error"]["code"], &body["error"]["errors"]),
            (&json!(2014), &json!(["Your account does not have the teams ability"]))
        );
    }
    for path in ["/incidents?urgencies[]=high", "/incidents?sort_by=urgency:desc"] {
        let (status, body) = rest.refused(path).await;
        assert_eq!((status, &body["error"]["code"]), (402, &json!(2014)), "{path}");
    }
    assert_eq!(rest.get("/abilities").await, json!({"abilities": []}));
    let stakeholder =
        json!({"user": {"type": "user", "name": "S", "email": "s@acme.example", "role": "read_only_user"}});
    assert_eq!(rest.post("/users", stakeholder).await.0, StatusCode::PAYMENT_REQUIRED);
}

#[tokio::test]
async fn licenses_run_out() {
    let rest = Rest::of(BETHANY).await;
    rest.sandbox().set_switches(|switches| switches.free_licenses = 1);
    let new = |mailbox: &str| json!({"user": {"type": "user", "name": "N", "email": format!("{mailbox}@acme.example")}});
    assert_eq!(rest.post("/users", new("one")).await.0, StatusCode::CREATED);
    let (status, body) = rest.post("/users", new("two")).await;
    assert_eq!(
        (status, &body["error"]["errors"]),
        (StatusCode::BAD_REQUEST, &json!(["License is not available"]))
    );
}

#[tokio::test]
async fn a_page_ends_at_a_hundred_and_the_pages_at_ten_thousand() {
    let rest = Rest::of(BETHANY).await;
    assert_eq!(rest.get("/services?limit=101").await["limit"], 100);
    rest.sandbox().set_switches(|switches| switches.limit_over_100 = LimitOver100::Refuse);
    assert_eq!(rest.refused("/services?limit=101").await.0, 400);
    rest.get("/services?limit=100&offset=9900").await;
    let (status, body) = rest.refused("/services?limit=100&offset=9901").await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(2002)));
    assert!(body["error"]["errors"][0].as_str().unwrap().starts_with("Offset+limit exceeds"));
    for wrong in ["limit=0", "limit=-1", "limit=many", "offset=-5"] {
        assert_eq!(rest.refused(&format!("/users?{wrong}")).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_it_should_be_is_400() {
    let rest = Rest::of(BETHANY).await;
    let hash = json!({"error": {"message": "Invalid Input Provided", "code": 2001, "errors": ["params must be a Hash"]}});
    assert_eq!(rest.post("/teams", json!([])).await, (StatusCode::BAD_REQUEST, hash.clone()));
    assert_eq!(rest.post("/teams", json!({"team": "x"})).await, (StatusCode::BAD_REQUEST, hash));
    assert_eq!(rest.post("/teams", json!({"name": "x"})).await.1["error"]["code"], 2003);
    assert_eq!(rest.refused("/users/PNOPE/contact_methods").await.0, 404);
}

#[tokio::test]
async fn what_is_made_names_its_type_and_so_does_every_reference() {
    let rest = Rest::of(BETHANY).await;
    let refused = async |path: &str, body: Value| {
        let (status, body) = rest.post(path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {body}");
        body["error"]["errors"][0].as_str().unwrap().to_owned()
    };
    for kind in ["team_reference", "Team", ""] {
        let team = json!({"team": {"type": kind, "name": "T"}});
        assert_eq!(refused("/teams", team).await, "Type must be team");
    }
    let (named, bare) = (json!({"id": "PESCAL1", "type": "escalation_policy"}), json!({"id": "PESCAL1"}));
    let service = |policy: &Value, status: &str| json!({"service": {"type": "service", "name": "S", "escalation_policy": policy, "status": status}});
    assert_eq!(refused("/services", service(&bare, "active")).await, "Escalation policy must be a reference");
    assert_eq!(refused("/services", service(&named, "disabled")).await, "Status is not included in the list");
    assert_eq!(rest.post("/services", service(&named, "active")).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn an_app_token_says_in_whose_name_it_writes() {
    let driver = Driver::start().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", driver.sandbox.client_id()),
        ("client_secret", driver.sandbox.client_secret()),
        ("scope", "as_account-us.acme incidents.write"),
    ];
    let (_, tokens) = driver.token(&form).await;
    let ask = async |from: Option<&str>| {
        let body =
            json!({"incidents": [{"id": "Q0INC00000026", "type": "incident", "status": "acknowledged"}]});
        let mut request =
            driver.http.put(driver.url("/incidents")).bearer_auth(text(&tokens, "access_token")).json(&body);
        if let Some(from) = from {
            request = request.header("from", from);
        }
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    assert!(ask(None).await["error"]["errors"][0].as_str().unwrap().contains("\"From\" header"));
    assert_eq!(ask(Some("bethany")).await["error"]["code"], 1028);
    assert_eq!(ask(Some("nobody@acme.example")).await["error"]["code"], 1008);
    let body = ask(Some(BETHANY)).await;
    assert_eq!(body["incidents"][0]["acknowledgements"][0]["acknowledger"]["id"], "PBETH01");
}

#[tokio::test]
async fn a_fault_strikes_any_operation_and_a_write_it_strikes_changes_nothing() {
    let rest = Rest::of(BETHANY).await;
    for (method, path, _, body) in operations() {
        rest.sandbox().fault(Fault::on(method.as_str(), path).status(503));
        let response = rest.ask(method, path, sent(body)).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    assert_eq!(rest.get("/users?query=n@acme").await["users"], json!([]));
    rest.sandbox().fault(Fault::locked("POST", "/teams"));
    let new = json!({"team": {"type": "team", "name": "Lucky"}});
    let (status, body) = rest.post("/teams", new.clone()).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(2001)));
    assert_eq!(rest.post("/teams", new).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_405() {
    let rest = Rest::of(BETHANY).await;
    let strange = [
        (Method::PATCH, "/users/PBETH01"),
        (Method::POST, "/users/PBETH01"),
        (Method::PUT, "/users/me"),
        (Method::DELETE, "/users"),
        (Method::POST, "/services/PSERV01"),
        (Method::PUT, "/services"),
        (Method::DELETE, "/schedules/PSCHED1"),
        (Method::PUT, "/escalation_policies/PESCAL1"),
        (Method::DELETE, "/teams/PTEAM01"),
        (Method::DELETE, "/incidents/Q0INC00000001"),
        (Method::POST, "/users/PBETH01/contact_methods/CBETH01"),
        (Method::PATCH, "/users/PBETH01/notification_rules/NBETH01"),
    ];
    for (method, path) in strange {
        let status = rest.ask(method.clone(), path, None).await.status();
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}

#[tokio::test]
async fn a_time_zone_that_nobody_has_is_400() {
    let rest = Rest::of(BETHANY).await;
    let layer = json!({"rotation_virtual_start": "2026-01-01T00:00:00Z", "start": "2026-01-01T00:00:00Z",
        "rotation_turn_length_seconds": 3600, "users": [{"user": {"id": "PBETH01", "type": "user_reference"}}]});
    for zone in ["Europe/Atlantis", "Pacific Time", ""] {
        let schedule = json!({"schedule": {"type": "schedule", "name": "Z", "time_zone": zone, "schedule_layers": [layer]}});
        let user =
            json!({"user": {"type": "user", "name": "Z", "email": "z@acme.example", "time_zone": zone}});
        let answers = [
            rest.post("/schedules", schedule).await,
            rest.post("/users", user.clone()).await,
            rest.put("/users/PHANA05", user).await,
        ];
        for (status, body) in answers {
            assert_eq!(status, StatusCode::BAD_REQUEST, "{zone}");
            assert_eq!(body["error"]["errors"], json!(["Time zone is not valid"]), "{zone}");
        }
    }
}
