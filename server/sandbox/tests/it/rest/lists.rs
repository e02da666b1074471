//! Lists: what is in them, filters, pages.

use serde_json::{Value, json};

use super::{Rest, each};
use crate::support::*;

const LISTS: [(&str, &str); 6] = [
    ("/users", "users"),
    ("/teams", "teams"),
    ("/services", "services"),
    ("/escalation_policies", "escalation_policies"),
    ("/schedules", "schedules"),
    ("/incidents", "incidents"),
];

#[tokio::test]
async fn every_list_has_its_page_fields_and_things_with_an_id_a_type_and_a_name() {
    let rest = Rest::of(BETHANY).await;
    for (path, key) in LISTS {
        let body = rest.get(path).await;
        assert_eq!((&body["limit"], &body["offset"], &body["total"]), (&json!(25), &json!(0), &Value::Null));
        let things = body[key].as_array().unwrap();
        assert!(!things.is_empty(), "{path}");
        for thing in things {
            for field in ["id", "type", "summary", "self", "html_url"] {
                assert!(thing[field].is_string(), "{path} {field}: {thing}");
            }
        }
    }
    for (path, key) in [("/abilities", "abilities"), ("/licenses", "licenses")] {
        assert!(!rest.get(path).await[key].as_array().unwrap().is_empty());
    }
    assert_eq!(rest.get("/users/PBETH01/license").await["license"]["role_group"], "FullUser");
    assert_eq!(rest.get("/license_allocations?total=true").await["total"], 8);
    assert_eq!(each(&rest.get("/users/PBETH01/contact_methods").await, "contact_methods", "type").len(), 1);
    assert_eq!(
        each(&rest.get("/users/PBETH01/notification_rules").await, "notification_rules", "urgency"),
        ["high"]
    );
}

#[tokio::test]
async fn pages_put_together_are_the_whole_list_once() {
    let rest = Rest::of(BETHANY).await;
    let whole = rest.get("/services?limit=100&total=true").await;
    assert_eq!((&whole["total"], &whole["more"]), (&json!(16), &json!(false)));
    let mut ids = Vec::new();
    for offset in [0, 5, 10, 15] {
        let page = rest.get(&format!("/services?limit=5&offset={offset}")).await;
        assert_eq!(page["more"], json!(offset < 15));
        ids.extend(each(&page, "services", "id").into_iter().map(str::to_owned));
    }
    assert_eq!(ids, each(&whole, "services", "id"));
    assert_eq!(rest.get("/services?offset=400").await["services"], json!([]));
}

#[tokio::test]
async fn a_filter_leaves_only_what_it_names() {
    let rest = Rest::of(BETHANY).await;
    let ids = async |path: &str, key: &str| -> Vec<String> {
        each(&rest.get(path).await, key, "id").into_iter().map(str::to_owned).collect()
    };
    assert_eq!(ids("/services?query=paYments", "services").await, ["PSERV01"]);
    assert_eq!(ids("/services?name=Cart", "services").await, ["PSERV03"]);
    assert_eq!(ids("/services?team_ids[]=PTEAM03", "services").await, ["PSERV12", "PSERV11"]);
    assert_eq!(
        ids("/services?team_ids%5B%5D=PTEAM03&sort_by=name:desc", "services").await,
        ["PSERV11", "PSERV12"]
    );
    assert_eq!(ids("/users?query=hana@acme", "users").await, ["PHANA05"]);
    assert_eq!(ids("/users?team_ids[]=PTEAM02", "users").await, ["PBETH01", "PMARC02", "PTOMA04"]);
    assert_eq!(ids("/teams?query=plat", "teams").await, ["PTEAM01"]);
    assert_eq!(ids("/escalation_policies?user_ids[]=PMARC02", "escalation_policies").await, ["PESCAL3"]);
    assert_eq!(ids("/schedules?team_ids[]=PTEAM02", "schedules").await, ["PSCHED3"]);
    assert_eq!(ids("/users?query=nobody-at-all", "users").await, [""; 0]);
}

#[tokio::test]
async fn include_puts_the_thing_where_its_reference_was() {
    let rest = Rest::of(BETHANY).await;
    let plain = rest.get("/services?name=Cart").await;
    assert_eq!(plain["services"][0]["escalation_policy"]["type"], "escalation_policy_reference");
    assert!(plain["services"][0]["escalation_policy"].get("escalation_rules").is_none());
    let whole = rest.get("/services?name=Cart&include[]=escalation_policies&include[]=teams").await;
    assert_eq!(
        whole["services"][0]["escalation_policy"]["escalation_rules"][0]["targets"][0]["id"],
        "PSCHED3"
    );
    assert_eq!(whole["services"][0]["teams"][0]["name"], "Checkout");
    let schedules =
        rest.get("/schedules?query=follow&include[]=schedule_layers&include[]=final_schedule").await;
    let schedule = &schedules["schedules"][0];
    assert_eq!(schedule["schedule_layers"][1]["restrictions"][0]["start_time_of_day"], "01:00:00");
    assert!(!schedule["final_schedule"]["rendered_schedule_entries"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn hostile_names_come_as_they_are() {
    let rest = Rest::of(BETHANY).await;
    let services = rest.get("/services?query=script").await;
    let name = text(&services["services"][0], "name").to_owned();
    assert!(
        name.contains("</script><script>") && name.contains("\r\nSet-Cookie") && name.contains('\u{202e}')
    );
}

#[tokio::test]
async fn each_region_has_a_company_of_its_own() {
    let rest = Rest::of(ELIF).await;
    let url = format!("{}/services", rest.sandbox().eu_api_url());
    let tokens = rest.driver.connect_with(&[("scope", None)], ELIF).await;
    let response = rest.driver.http.get(url).bearer_auth(text(&tokens, "access_token")).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert!(each(&body, "services", "name").contains(&"Müşteri Portalı"));
    assert!(text(&body["services"][0], "html_url").starts_with("https://acme-eu.eu.pagerduty.com/"));
}
