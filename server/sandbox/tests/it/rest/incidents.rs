//! Incidents: found, acknowledged, resolved, opened.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Rest, TOMAS, each};
use crate::support::*;

fn change(id: &str, status: &str) -> Value {
    json!({"incidents": [{"id": id, "type": "incident_reference", "status": status}]})
}

#[tokio::test]
async fn incidents_are_found_by_status_urgency_service_team_person_and_date() {
    let rest = Rest::of(BETHANY).await;
    let find = async |query: &str| rest.get(&format!("/incidents?limit=100&{query}")).await;
    let open = find("statuses[]=triggered&statuses[]=acknowledged&urgencies[]=high").await;
    assert_eq!(open["incidents"].as_array().unwrap().len(), 6);
    assert!(each(&open, "incidents", "urgency").iter().all(|urgency| *urgency == "high"));
    assert!(!each(&open, "incidents", "status").contains(&"resolved"));
    for incident in find("team_ids[]=PTEAM02").await["incidents"].as_array().unwrap() {
        assert_eq!(incident["teams"][0]["id"], "PTEAM02");
    }
    let ours = find("service_ids[]=PSERV01&service_ids[]=PSERV03").await;
    assert_eq!(ours["incidents"].as_array().unwrap().len(), 3);
    let newest = find("sort_by=created_at:desc&statuses[]=triggered").await;
    assert_eq!(newest["incidents"][0]["title"], "Pods of payments-api restarting: OOMKilled");
    let assignee = newest["incidents"][0]["assignments"][0]["assignee"]["id"].as_str().unwrap().to_owned();
    let theirs = find(&format!("user_ids[]={assignee}")).await;
    assert!(!theirs["incidents"].as_array().unwrap().is_empty());
    assert!(!each(&theirs, "incidents", "status").contains(&"resolved"));
    assert_eq!(find("until=2020-01-01").await["incidents"], json!([]));
    assert_eq!(find("until=2020-01-01&date_range=all").await["incidents"].as_array().unwrap().len(), 26);
    for wrong in ["statuses[]=open", "since=yesterday", "sort_by=title", "since=2020-01-01"] {
        assert_eq!(rest.refused(&format!("/incidents?{wrong}")).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_responder_acknowledges_then_resolves_and_it_stays_so() {
    let rest = Rest::of(TOMAS).await;
    let id = "Q0INC00000025";
    let (status, body) = rest.put("/incidents", change(id, "acknowledged")).await;
    assert_eq!((status, &body["incidents"][0]["status"]), (StatusCode::OK, &json!("acknowledged")), "{body}");
    assert_eq!(body["incidents"][0]["acknowledgements"][0]["acknowledger"]["id"], "PTOMA04");
    let service = rest.get("/services?name=Payments%20API").await;
    assert_eq!(service["services"][0]["status"], "warning");

    rest.put("/incidents", change(id, "resolved")).await;
    let found = rest.get("/incidents?service_ids[]=PSERV01&sort_by=created_at:desc").await;
    let incident = &found["incidents"][0];
    assert_eq!((&incident["id"], &incident["status"]), (&json!(id), &json!("resolved")));
    assert_eq!((&incident["assignments"], incident["resolved_at"].is_string()), (&json!([]), true));
    assert_eq!(incident["last_status_change_by"]["id"], "PTOMA04");

    let (status, body) = rest.put("/incidents", change(id, "resolved")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body, json!({"error": {"message": "Incident Already Resolved", "code": 1001}}));

    rest.sandbox().reset();
    let rest = Rest::around(rest.driver, TOMAS, None).await;
    let found = rest.get("/incidents?service_ids[]=PSERV01&statuses[]=triggered").await;
    assert_eq!(found["incidents"][0]["id"], id);
}

#[tokio::test]
async fn an_incident_that_is_over_is_opened_again() {
    let rest = Rest::of(TOMAS).await;
    let id = "Q0INC00000001";
    let (status, body) = rest.put("/incidents", change(id, "acknowledged")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let incident = &body["incidents"][0];
    assert_eq!((&incident["status"], &incident["resolved_at"]), (&json!("acknowledged"), &Value::Null));
    assert_eq!(incident["assignments"].as_array().unwrap().len(), 1);
    assert_eq!(incident["assignments"][0]["assignee"]["id"], "PTOMA04");
    assert_eq!(incident["acknowledgements"].as_array().unwrap().len(), 1);
    assert_eq!(incident["acknowledgements"][0]["acknowledger"]["id"], "PTOMA04");

    rest.put("/incidents", change(id, "resolved")).await;
    let body = rest.put("/incidents", change(id, "triggered")).await.1;
    let incident = &body["incidents"][0];
    assert_eq!((&incident["status"], &incident["acknowledgements"]), (&json!("triggered"), &json!([])));
    assert!(incident["assignments"][0]["assignee"]["id"].is_string(), "its policy's first level");
    rest.put("/incidents", change(id, "resolved")).await;
    let assignee = json!({"assignee": {"id": "PGRAC06", "type": "user_reference"}});
    let named = json!({"id": id, "type": "incident", "status": "triggered", "assignments": [assignee]});
    let body = rest.put("/incidents", json!({"incidents": [named]})).await.1;
    assert_eq!(body["incidents"][0]["assignments"][0]["assignee"]["id"], "PGRAC06");
}

#[tokio::test]
async fn many_are_changed_together_or_not_at_all() {
    let rest = Rest::of(BETHANY).await;
    let item = |id: &str| json!({"id": id, "type": "incident", "status": "resolved"});
    let mixed = json!({"incidents": [item("Q0INC00000026"), item("Q0INC00000001")]});
    assert_eq!(rest.put("/incidents", mixed).await.1["error"]["code"], 1001);
    let unknown = json!({"incidents": [item("Q0INC00000026"), item("Q0")]});
    assert_eq!(rest.put("/incidents", unknown).await.0, StatusCode::NOT_FOUND);
    let still = rest.get("/incidents?statuses[]=triggered&service_ids[]=PSERV06").await;
    assert_eq!(still["incidents"][0]["id"], "Q0INC00000026");

    let both = json!({"incidents": [item("Q0INC00000026"), item("Q0INC00000024")]});
    let (status, body) = rest.put("/incidents", both).await;
    assert_eq!((status, each(&body, "incidents", "status")), (StatusCode::OK, vec!["resolved"; 2]));
    let crowd = json!({"incidents": vec![item("Q0INC00000024"); 251]});
    assert_eq!(rest.put("/incidents", crowd).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_incident_is_opened_once_for_each_key() {
    let rest = Rest::of(TOMAS).await;
    let service = json!({"id": "PSERV03", "type": "service_reference"});
    let new = json!({"incident": {"type": "incident", "title": "Cart is empty", "service": service,
        "incident_key": "cart-1", "urgency": "low", "body": {"type": "incident_body", "details": "For everybody."}}});
    let (status, body) = rest.post("/incidents", new.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let incident = &body["incident"];
    assert_eq!((&incident["status"], &incident["incident_number"]), (&json!("triggered"), &json!(1027)));
    assert_eq!(incident["escalation_policy"]["id"], "PESCAL3");
    assert!(incident["assignments"][0]["assignee"]["id"].is_string());
    let (status, body) = rest.post("/incidents", new).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(2002)));
    assert_eq!(rest.get("/incidents?incident_key=cart-1").await["incidents"].as_array().unwrap().len(), 1);
}
