//! Services are changed, and go.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Rest, each, wrapped};
use crate::support::*;

const CART: &str = "/services/PSERV03";

fn service(fields: Value) -> Value {
    wrapped("service", fields)
}

#[tokio::test]
async fn a_service_changes_in_what_is_sent_and_in_nothing_else() {
    let rest = Rest::of(BETHANY).await;
    let before = rest.get(CART).await["service"].clone();
    let (status, body) = rest.put(CART, service(json!({"name": "Basket"}))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let mut expected = before.clone();
    (expected["name"], expected["summary"]) = (json!("Basket"), json!("Basket"));
    assert_eq!(body["service"], expected);

    let policy = json!({"id": "PESCAL4", "type": "escalation_policy_reference"});
    let all = json!({"description": null, "escalation_policy": policy, "auto_resolve_timeout": 0,
        "acknowledgement_timeout": 600, "alert_creation": "create_incidents", "status": "disabled",
        "incident_urgency_rule": {"type": "constant", "urgency": "severity_based"}});
    rest.put(CART, service(all)).await;
    let changed = rest.get(CART).await["service"].clone();
    assert_eq!((&changed["description"], &changed["auto_resolve_timeout"]), (&Value::Null, &Value::Null));
    assert_eq!((&changed["acknowledgement_timeout"], &changed["status"]), (&json!(600), &json!("disabled")));
    assert_eq!(changed["alert_creation"], "create_incidents");
    assert_eq!(changed["incident_urgency_rule"]["urgency"], "severity_based");
    assert_eq!(changed["teams"][0]["id"], "PTEAM03", "those of its policy");

    let fields = [
        "name",
        "description",
        "escalation_policy",
        "auto_resolve_timeout",
        "acknowledgement_timeout",
        "alert_creation",
        "incident_urgency_rule",
    ];
    let mut undone = json!({"status": "active"});
    fields.iter().for_each(|field| undone[field] = before[field].clone());
    assert_eq!(rest.put(CART, service(undone)).await.1["service"], before);
}

#[tokio::test]
async fn a_service_is_made_and_changed_by_the_same_rules() {
    let rest = Rest::of(BETHANY).await;
    let rule = "Incident urgency rule must be constant and high, low or severity_based, or use support hours";
    let cases = [
        (json!({"name": "CHECKOUT WEB"}), "Name has already been taken"),
        (json!({"name": "x".repeat(256)}), "Name is too long (maximum is 255 characters)"),
        (json!({"alert_creation": "create_nothing"}), "Alert creation is not included in the list"),
        (json!({"status": "critical"}), "Status is not included in the list"),
        (json!({"auto_resolve_timeout": -1}), "Auto resolve timeout must be a whole number"),
        (json!({"incident_urgency_rule": {"type": "constant", "urgency": "huge"}}), rule),
        (json!({"incident_urgency_rule": {"type": "never"}}), rule),
        (json!({"incident_urgency_rule": {"type": "use_support_hours"}}), rule),
        (json!({"incident_urgency_rule": "high"}), rule),
    ];
    for (fields, sentence) in cases {
        let mut new =
            json!({"name": "New", "escalation_policy": {"id": "PESCAL1", "type": "escalation_policy"}});
        new.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(rest.wrong(Method::POST, "/services", Some(service(new))).await, [sentence]);
        assert_eq!(rest.wrong(Method::PUT, CART, Some(service(fields))).await, [sentence]);
    }
    let nowhere =
        service(json!({"escalation_policy": {"id": "PNOPE", "type": "escalation_policy_reference"}}));
    assert_eq!(rest.put(CART, nowhere).await.0, StatusCode::NOT_FOUND);
    let (low, high) =
        (json!({"type": "constant", "urgency": "low"}), json!({"type": "constant", "urgency": "high"}));
    let hours =
        json!({"type": "use_support_hours", "during_support_hours": high, "outside_support_hours": low});
    let hours = service(json!({"incident_urgency_rule": hours}));
    assert_eq!(rest.put(CART, hours.clone()).await.0, StatusCode::OK);
    rest.sandbox().set_switches(|switches| switches.abilities.clear());
    assert_eq!(rest.put(CART, hours).await.0, StatusCode::PAYMENT_REQUIRED);
}

#[tokio::test]
async fn a_service_shows_what_its_events_become() {
    let rest = Rest::of(BETHANY).await;
    assert_eq!(rest.get(CART).await["service"]["alert_creation"], "create_alerts_and_incidents");
    for (sent, shown) in [
        (json!("create_incidents"), "create_incidents"),
        (json!("create_alerts_and_incidents"), "create_alerts_and_incidents"),
        (Value::Null, "create_alerts_and_incidents"),
    ] {
        let new = service(json!({"name": format!("S {sent}"), "alert_creation": sent,
            "escalation_policy": {"id": "PESCAL1", "type": "escalation_policy_reference"}}));
        let made = rest.post("/services", new).await.1["service"].clone();
        assert_eq!(made["alert_creation"], shown);
        assert_eq!(rest.get(&format!("/services/{}", text(&made, "id"))).await["service"], made);
    }
}

#[tokio::test]
async fn a_service_goes_and_its_incidents_go_with_it() {
    let rest = Rest::of(BETHANY).await;
    assert!(!rest.get("/incidents?service_ids[]=PSERV06").await["incidents"].as_array().unwrap().is_empty());
    assert_eq!(rest.delete("/services/PSERV06").await, StatusCode::NO_CONTENT);
    assert_eq!(rest.delete("/services/PSERV06").await, StatusCode::NOT_FOUND);
    assert_eq!(rest.put("/services/PSERV06", service(json!({}))).await.1["error"]["code"], 5002);
    assert_eq!(rest.get("/incidents?service_ids[]=PSERV06").await["incidents"], json!([]));
    assert_eq!(rest.refused("/incidents/Q0INC00000026").await.0, 404);
    let policy = rest.get("/escalation_policies/PESCAL1").await;
    assert!(!each(&policy["escalation_policy"], "services", "id").contains(&"PSERV06"));
    // The newest incident was its own; the number is not given again.
    let new = json!({"incident": {"type": "incident", "title": "I", "service": {"id": "PSERV01", "type": "service_reference"}}});
    assert_eq!(rest.post("/incidents", new).await.1["incident"]["incident_number"], 1026);
}
