//! How somebody is reached: looked at one by one, changed, taken away, told with the user.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Rest, TOMAS, each};
use crate::support::*;

const METHODS: &str = "/users/PHANA05/contact_methods";
const RULES: &str = "/users/PHANA05/notification_rules";
const RULE_KIND: &str = "assignment_notification_rule";

async fn phone(rest: &Rest, address: &str) -> String {
    let phone =
        json!({"type": "phone_contact_method", "label": "Mobile", "address": address, "country_code": 81});
    let (status, body) = rest.post(METHODS, json!({"contact_method": phone})).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    text(&body["contact_method"], "id").to_owned()
}

async fn rule(rest: &Rest, method: &str, minutes: u32) -> String {
    let rule = json!({"type": RULE_KIND, "start_delay_in_minutes": minutes, "urgency": "high",
        "contact_method": {"id": method, "type": "phone_contact_method_reference"}});
    let (status, body) = rest.post(RULES, json!({"notification_rule": rule})).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    text(&body["notification_rule"], "id").to_owned()
}

#[tokio::test]
async fn a_contact_method_changes_in_what_is_sent_and_in_nothing_else() {
    let rest = Rest::of(BETHANY).await;
    let path = format!("{METHODS}/{}", phone(&rest, "9012345678").await);
    let mut expected = rest.get(&path).await["contact_method"].clone();
    let change = |fields: Value| {
        let mut method = json!({"type": "phone_contact_method"});
        method.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"contact_method": method})
    };
    let (status, body) = rest.put(&path, change(json!({"address": "9087654321"}))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    expected["address"] = json!("9087654321");
    assert_eq!(body["contact_method"], expected);
    assert_eq!(rest.get(&path).await["contact_method"], expected);

    phone(&rest, "5550100").await;
    let wrong = async |fields: Value| rest.wrong(Method::PUT, &path, Some(change(fields))).await;
    assert_eq!(wrong(json!({"address": "5550100"})).await, ["User Contact method must be unique"]);
    assert_eq!(wrong(json!({"address": "call me"})).await, ["Address is invalid"]);
    assert_eq!(wrong(json!({"country_code": 2000})).await, ["Country code is invalid"]);
    assert_eq!(wrong(json!({"label": ""})).await, ["Label can't be blank"]);
    let kind = ["Type must be phone_contact_method or phone_contact_method_reference"];
    assert_eq!(wrong(json!({"type": "sms_contact_method"})).await, kind);
    assert_eq!(rest.get(&path).await["contact_method"], expected);
}

#[tokio::test]
async fn a_contact_method_goes_and_its_rules_go_with_it() {
    let rest = Rest::of(BETHANY).await;
    let method = phone(&rest, "9012345678").await;
    rule(&rest, &method, 5).await;
    rule(&rest, &method, 10).await;
    assert_eq!(each(&rest.get(RULES).await, "notification_rules", "id").len(), 3);
    let path = format!("{METHODS}/{method}");
    assert_eq!(rest.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(each(&rest.get(RULES).await, "notification_rules", "id"), ["NHANA05"]);
    assert_eq!(rest.delete(&path).await, StatusCode::NOT_FOUND);
    assert_eq!(rest.refused(&path).await.1["error"]["message"], "Contact Method Not Found");
    let last = rest.wrong(Method::DELETE, &format!("{METHODS}/CHANA05"), None).await;
    assert_eq!(last, ["The last email contact method cannot be deleted"]);
}

#[tokio::test]
async fn a_rule_changes_and_goes() {
    let rest = Rest::of(BETHANY).await;
    let method = phone(&rest, "9012345678").await;
    let (path, other) =
        (format!("{RULES}/{}", rule(&rest, &method, 5).await), rule(&rest, &method, 10).await);
    let change = |fields: Value| {
        let mut rule = json!({"type": RULE_KIND});
        rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"notification_rule": rule})
    };
    let mut expected = rest.get(&path).await["notification_rule"].clone();
    let (status, body) = rest.put(&path, change(json!({"urgency": "low"}))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    expected["urgency"] = json!("low");
    assert_eq!(body["notification_rule"], expected);
    assert_eq!(rest.get(&path).await["notification_rule"], expected);

    let wrong = async |fields: Value| rest.wrong(Method::PUT, &path, Some(change(fields))).await;
    let twice = ["Channel Start delay must be unique for a given contact method"];
    assert_eq!(wrong(json!({"urgency": "high", "start_delay_in_minutes": 10})).await, twice);
    assert_eq!(wrong(json!({"urgency": "medium"})).await, ["Urgency is not included in the list"]);
    let nobody = json!({"contact_method": {"id": "CBETH01", "type": "email_contact_method_reference"}});
    assert_eq!(wrong(nobody).await, ["Contact method not found"]);
    assert_eq!(rest.delete(&path).await, StatusCode::NO_CONTENT);
    assert_eq!(rest.delete(&path).await, StatusCode::NOT_FOUND);
    assert_eq!(rest.refused(&path).await.0, 404);
    assert_eq!(each(&rest.get(RULES).await, "notification_rules", "id"), ["NHANA05", other.as_str()]);
}

#[tokio::test]
async fn nobody_takes_away_how_somebody_else_is_reached() {
    let rest = Rest::of(TOMAS).await;
    let method = json!({"contact_method": {"type": "email_contact_method", "label": "Mine"}});
    let own = rest.put("/users/PTOMA04/contact_methods/CTOMA04", method.clone()).await;
    assert_eq!(own.0, StatusCode::OK, "{}", own.1);
    assert_eq!(rest.put(&format!("{METHODS}/CHANA05"), method).await.0, StatusCode::FORBIDDEN);
    assert_eq!(rest.delete(&format!("{METHODS}/CHANA05")).await, StatusCode::FORBIDDEN);
    assert_eq!(rest.delete(&format!("{RULES}/NHANA05")).await, StatusCode::FORBIDDEN);
    assert_eq!(rest.delete("/users/PTOMA04/notification_rules/NTOMA04").await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_user_is_told_whole_with_methods_rules_and_teams() {
    let rest = Rest::of(BETHANY).await;
    let plain = rest.get("/users/PHANA05").await["user"].clone();
    assert_eq!(plain["contact_methods"][0]["type"], "email_contact_method_reference");
    assert!(
        plain["notification_rules"][0].get("urgency").is_none() && plain["teams"][0].get("name").is_none()
    );
    let query = "include[]=contact_methods&include[]=notification_rules&include[]=teams";
    let one = rest.get(&format!("/users/PHANA05?{query}")).await["user"].clone();
    let listed = rest.get(&format!("/users?query=hana&{query}")).await["users"][0].clone();
    assert_eq!(one, listed);
    assert_eq!(one["contact_methods"], rest.get(METHODS).await["contact_methods"]);
    assert_eq!(one["contact_methods"][0]["address"], "hana@acme.example");
    let rules = rest.get(&format!("{RULES}?include[]=contact_methods")).await;
    assert_eq!(one["notification_rules"], rules["notification_rules"]);
    assert_eq!(one["teams"][0], rest.get("/teams/PTEAM03").await["team"]);
    let service = rest.get("/services/PSERV03?include[]=escalation_policies&include[]=teams").await;
    let policy = rest.get("/escalation_policies/PESCAL3?include[]=teams").await;
    assert_eq!(service["service"]["escalation_policy"], policy["escalation_policy"]);
    assert_eq!(service["service"]["teams"][0]["name"], "Checkout");
}
