//! What is changed is changed, all of it or nothing.

use pagerduty::{
    Error, IncidentStatus,
    api::{NewTeam, NewUser},
    incidents::{FindIncidents, MAX_CHANGED},
    users::FindUsers,
};

use crate::support::*;

#[tokio::test]
async fn incidents_are_acknowledged_and_resolved_one_or_many() {
    let there = There::of(TOMAS).await;
    let api = there.once().from(TOMAS);
    let ids = ["Q0INC00000024", "Q0INC00000026"];
    let changed = api.acknowledge(&ids).await.unwrap();
    assert_eq!(changed.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ids);
    assert!(changed.iter().all(|it| it.status == IncidentStatus::Acknowledged));
    assert_eq!(changed[0].acknowledgers[0].name(), "Tomás Herrera");

    let error = api.resolve(&["Q0INC00000026", "Q0INC00000001"]).await.unwrap_err();
    assert!(error.is_already_resolved());
    let open = FindIncidents { statuses: vec![IncidentStatus::Acknowledged], ..FindIncidents::default() };
    let still = api.incidents(&open).page(0).await.unwrap().items;
    assert!(still.iter().any(|it| it.id == "Q0INC00000026"));

    let resolved = api.resolve(&["Q0INC00000026"]).await.unwrap();
    assert!(resolved[0].resolved_at.is_some() && resolved[0].assignees.is_empty());
}

#[tokio::test]
async fn an_incident_that_is_over_is_opened_again_when_it_is_acknowledged() {
    let there = There::of(TOMAS).await;
    let incident = there.once().acknowledge(&["Q0INC00000001"]).await.unwrap().remove(0);
    assert_eq!((incident.status, incident.resolved_at), (IncidentStatus::Acknowledged, None));
    assert_eq!(incident.assignees[0].name(), "Tomás Herrera");
}

#[tokio::test]
async fn nothing_is_sent_for_none_or_for_too_many() {
    let there = There::of(TOMAS).await;
    assert!(there.once().resolve::<&str>(&[]).await.unwrap().is_empty());
    let crowd = vec!["Q1"; MAX_CHANGED + 1];
    assert!(matches!(there.once().resolve(&crowd).await, Err(Error::TooMany { most: 250 })));
    assert!(there.calls("/incidents").is_empty());
}

#[tokio::test]
async fn a_user_is_made_and_put_on_a_new_team() {
    let there = There::of(BETHANY).await;
    let api = there.once().from(BETHANY);
    let new = NewUser {
        name: "Noor Haddad".to_owned(),
        email: "noor@acme.example".to_owned(),
        role: Some("limited_user".to_owned()),
        ..NewUser::default()
    };
    let user = api.create_user(&new).await.unwrap();
    assert_eq!((user.user.role_name(), user.user.email.as_str()), ("Responder", "noor@acme.example"));
    let team = api.create_team(&NewTeam { name: "Night Watch".to_owned(), description: None }).await.unwrap();
    api.add_to_team(&team.id, &user.user.id, Some("observer")).await.unwrap();
    let find = FindUsers { team_ids: vec![team.id], ..FindUsers::default() };
    assert_eq!(api.users(&find).page(0).await.unwrap().items[0].id, user.user.id);
}
