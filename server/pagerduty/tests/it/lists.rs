//! What lists hold, and how far they reach.

use futures_util::{StreamExt as _, TryStreamExt as _};
use pagerduty::{
    Error, IncidentStatus, Service, ServiceStatus, Urgency, User,
    escalation_policies::FindEscalationPolicies, incidents::FindIncidents, oncalls::FindOnCalls,
    schedules::FindSchedules, services::FindServices, users::FindUsers,
};
use pagerduty_sandbox::{Fault, Options, Size};

use crate::support::*;

#[tokio::test]
async fn everything_a_page_shows_is_read() {
    let there = There::of(BETHANY).await;
    let api = there.once();
    let find = FindServices { query: Some("payments".to_owned()), ..FindServices::default() };
    let services = api.services(&find).counted().page(0).await.unwrap();
    assert_eq!((services.items.len(), services.total, services.more), (1, Some(1), false));
    let service = &services.items[0];
    assert_eq!((service.name.as_str(), service.status), ("Payments API", ServiceStatus::Critical));
    assert_eq!(service.escalation_policy.as_ref().unwrap().name(), "Checkout");
    assert_eq!(service.teams[0].name(), "Checkout");

    let find = FindUsers { team_ids: vec!["PTEAM03".to_owned()], ..FindUsers::default() };
    let users: Vec<User> = api.users(&find).all().try_collect().await.unwrap();
    assert_eq!(
        users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(),
        ["Hana Kobayashi", "Grace Lindqvist"]
    );
    assert_eq!(api.teams("plat").page(0).await.unwrap().items[0].id, "PTEAM01");

    let policies = api.escalation_policies(&FindEscalationPolicies::default()).page(0).await.unwrap();
    let checkout = policies.items.iter().find(|policy| policy.name == "Checkout").unwrap();
    let levels: Vec<_> = checkout
        .levels
        .iter()
        .map(|it| (it.escalation_delay_in_minutes, it.targets[0].id.as_str()))
        .collect();
    assert_eq!(levels, [(5, "PSCHED3"), (10, "PMARC02"), (15, "PBETH01")]);
    assert_eq!(checkout.levels[0].targets[0].kind.as_deref(), Some("schedule_reference"));

    let find = FindSchedules { query: Some("checkout".to_owned()), ..FindSchedules::default() };
    let schedules = api.schedules(&find).page(0).await.unwrap();
    assert_eq!(
        (schedules.items[0].users.len(), schedules.items[0].time_zone.as_str()),
        (2, "America/New_York")
    );

    let find = FindOnCalls { escalation_policy_ids: vec!["PESCAL3".to_owned()], ..FindOnCalls::default() };
    let on_calls = api.oncalls(&find).page(0).await.unwrap().items;
    assert_eq!(on_calls.iter().map(|it| it.escalation_level).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(on_calls[0].end.is_some() && on_calls[0].schedule.is_some());
    assert!(on_calls[2].end.is_none() && on_calls[2].schedule.is_none());

    let find = FindIncidents {
        statuses: vec![IncidentStatus::Triggered, IncidentStatus::Acknowledged],
        urgencies: vec![Urgency::High],
        newest_first: true,
        ..FindIncidents::default()
    };
    let incidents = api.incidents(&find).page(0).await.unwrap().items;
    assert_eq!((incidents.len(), incidents[0].number), (6, 1026));
    assert_eq!((incidents[0].status, incidents[0].urgency), (IncidentStatus::Triggered, Urgency::High));
    assert!(!incidents[0].assignees[0].name().is_empty());
    assert_eq!(incidents[1].priority.as_ref().unwrap().name(), "P1");
    assert!(api.abilities().await.unwrap().contains(&"teams".to_owned()));
    assert_eq!(api.me().await.unwrap().id, "PBETH01");
}

#[tokio::test]
async fn hostile_names_are_kept_as_they_are() {
    let there = There::of(BETHANY).await;
    let find = FindServices { query: Some("script".to_owned()), ..FindServices::default() };
    let service = there.once().services(&find).page(0).await.unwrap().items.remove(0);
    assert!(service.name.contains("</script><script>") && service.name.contains("\r\nSet-Cookie"));
}

#[tokio::test]
async fn rf_04_what_is_missing_null_or_of_another_kind_is_left_out() {
    let there = There::of(BETHANY).await;
    let body = r#"{"incidents":[
        {"id":"Q1"},
        {"id":"Q2","title":null,"status":"snoozed","urgency":7,"service":"x","teams":null,"assignments":[null,{"assignee":{"id":"P1"}}]},
        {"id":"Q3","title":["no"],"incident_number":-1,"unknown":{"deep":[1]},"acknowledgements":{}}
    ],"more":null,"limit":"25","offset":[{"a":[1]}],"total":{"b":-1.5},"x":{"incidents":[7]}}"#;
    there.sandbox.fault(Fault::on("GET", "/incidents").body(body));
    let page = there.once().incidents(&FindIncidents::default()).page(0).await.unwrap();
    assert_eq!((page.items.len(), page.more, page.total), (3, false, None));
    assert_eq!((page.items[1].status, page.items[1].urgency), (IncidentStatus::Unknown, Urgency::Unknown));
    assert_eq!(page.items[1].assignees[0].name(), "P1");
    assert!(page.items.iter().all(|incident| incident.title.is_empty() && incident.service.is_none()));
    for broken in [
        "",
        "[]",
        "{}",
        r#"{"incidents":{}}"#,
        r#"{"incidents":[7]}"#,
        "<html>",
        "{\"incidents\":[",
        r#"{"incidents":[{"title":"no id"}]}"#,
    ] {
        there.sandbox.fault(Fault::on("GET", "/incidents").body(broken));
        let error = there.often(3).incidents(&FindIncidents::default()).page(0).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable(_)), "{broken}: {error:?}");
    }
}

#[tokio::test]
async fn rf_04_an_answer_without_its_list_is_no_answer() {
    let there = There::of(BETHANY).await;
    for body in ["{}", r#"{"abilities":null}"#, r#"{"abilities":{"teams":true}}"#, r#"{"error":"no"}"#] {
        there.sandbox.fault(Fault::on("GET", "/abilities").body(body));
        assert!(matches!(there.once().abilities().await, Err(Error::Unreadable(_))), "{body}");
    }
    for body in ["{}", r#"{"incidents":null}"#, r#"{"incidents":[{"title":"no id"}]}"#] {
        there.sandbox.fault(Fault::on("PUT", "/incidents").body(body).after_the_effect());
        let error = there.often(3).acknowledge(&["Q0INC00000026"]).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable(_)) && error.is_ambiguous(), "{body}: {error:?}");
    }
    assert_eq!(there.calls("/incidents").len(), 3);
}

#[tokio::test]
async fn a_stream_is_the_whole_list_page_by_page() {
    let there = There::of(BETHANY).await;
    let pages = there.once().services(&FindServices::default()).of_size(7);
    let services: Vec<Service> = pages.all().try_collect().await.unwrap();
    assert_eq!(services.len(), 16);
    assert!(services.windows(2).all(|pair| pair[0].name < pair[1].name));
    let queries: Vec<String> = there.calls("/services").into_iter().map(|call| call.query).collect();
    assert_eq!(queries.len(), 3);
    assert!(queries[2].contains("limit=7&offset=14"));

    // What nobody looks at is not fetched.
    let mut stream = Box::pin(there.once().services(&FindServices::default()).of_size(7).all());
    stream.next().await.unwrap().unwrap();
    drop(stream);
    assert_eq!(there.calls("/services").len(), 4);
}

#[tokio::test]
async fn a_page_that_is_empty_but_promises_more_ends_the_stream() {
    let there = There::of(BETHANY).await;
    there.sandbox.fault(Fault::on("GET", "/services").body(r#"{"services":[],"more":true}"#).always());
    let services: Vec<Service> =
        there.once().services(&FindServices::default()).all().try_collect().await.unwrap();
    assert_eq!((services.len(), there.calls("/services").len()), (0, 1));
}

#[tokio::test]
async fn the_end_of_paging_has_an_error_of_its_own() {
    let options = Options { size: Size::Large, ..Options::default() };
    let there = There::with(options, BETHANY, None).await;
    let api = there.once();
    let mut stream = Box::pin(api.services(&FindServices::default()).all());
    let (mut count, mut end) = (0, None);
    while let Some(item) = stream.next().await {
        match item {
            Ok(_) => count += 1,
            Err(error) => end = Some(error),
        }
    }
    assert_eq!(count, 10_000);
    let end = end.unwrap();
    assert!(matches!(end, Error::BeyondReach { reachable: 10_000 }), "{end:?}");
    assert!(end.to_string().contains("narrow"));
    assert_eq!(there.calls("/services").len(), 100);
    assert!(there.calls("/services").iter().all(|call| call.status == Some(200)));

    // The last page that can be had is cut to what is left.
    let page = api.services(&FindServices::default()).page(9_990).await.unwrap();
    assert_eq!((page.items.len(), page.more), (10, true));
    // If PagerDuty moves its wall, the answer says so too.
    let body = r#"{"error":{"message":"Arguments Caused Error","code":2002,"errors":["Offset+limit exceeds maximum allowed value of 10000. Please"]}}"#;
    there.sandbox.fault(Fault::on("GET", "/services").status(400).body(body));
    let error = api.services(&FindServices::default()).page(0).await.unwrap_err();
    assert!(matches!(error, Error::BeyondReach { .. }));
}
