//! `PUT /incidents`: one or many, all or none.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::open::{priority, urgency};
use crate::account::{Account, Happened, Incident, Status, Urgency};
use crate::api::body::{Sent, referred, wrapped};
use crate::api::call::{Act, Call};
use crate::api::errors;
use crate::api::shape::Shape;

/// More at once are refused (413).
const MAX_AT_ONCE: usize = 250;

struct Change {
    id: String,
    status: Option<Status>,
    title: Option<String>,
    urgency: Option<Urgency>,
    priority: Option<&'static str>,
    policy: Option<String>,
    assignees: Option<Vec<String>>,
}

pub(in crate::api) async fn change(call: Call, body: Bytes) -> Result<Response, Response> {
    call.needs_scope("incidents.write")?;
    call.may(Act::Respond)?;
    let actor = call.actor()?;
    let Value::Array(items) = wrapped(&call, &body, "incidents")? else {
        return Err(errors::invalid(&["Incidents must be an array".to_owned()]));
    };
    if items.len() > MAX_AT_ONCE {
        let body = json!({ "error": { "message": "Too many incidents at once", "code": 2002 } });
        return Err((StatusCode::PAYLOAD_TOO_LARGE, Json(body)).into_response());
    }
    let changes: Vec<Change> = items.into_iter().map(read).collect::<Result<_, _>>()?;

    let mut account = call.account();
    for change in &changes {
        check(&account, change)?;
    }
    let now = call.world().clock.now();
    for change in &changes {
        let assignees = assignees(&account, change, actor.as_deref(), now);
        let Some(incident) = account.incidents.get_mut(&change.id) else { continue };
        if change.reopens(incident) {
            incident.reopen();
        }
        if let Some(users) = assignees {
            incident.assigned = users.into_iter().map(|user| Happened { at: now, user }).collect();
        }
        apply(incident, change);
        match change.status {
            Some(Status::Resolved) => incident.resolve(actor.as_deref(), now),
            Some(Status::Acknowledged) => incident.acknowledge(actor.as_deref(), now),
            Some(Status::Triggered) => {
                incident.acknowledged.clear();
                incident.change(Status::Triggered, actor.as_deref(), now);
            }
            None => incident.updated_at = now,
        }
    }
    let shape = Shape::of(&call, &account);
    let changed = changes.iter().filter_map(|change| account.incidents.get(&change.id));
    let incidents: Vec<Value> = changed.map(|incident| shape.incident(incident)).collect();
    Ok(Json(json!({ "incidents": incidents })).into_response())
}

impl Change {
    /// Any other status for one that is over opens it again.
    fn reopens(&self, incident: &Incident) -> bool {
        incident.status == Status::Resolved && self.status.is_some_and(|status| status != Status::Resolved)
    }
}

/// To whom the incident goes, if it changes hands.
fn assignees(account: &Account, change: &Change, actor: Option<&str>, now: Timestamp) -> Option<Vec<String>> {
    let reopened = account.incidents.get(&change.id).filter(|incident| change.reopens(incident));
    if reopened.is_some() && change.status == Some(Status::Acknowledged) {
        return Some(actor.into_iter().map(str::to_owned).collect());
    }
    // A policy given anew pages its first level; so does the one it has when it is open again.
    let policy = change.policy.as_ref().or(reopened.map(|incident| &incident.policy));
    change.assignees.clone().or_else(|| Some(account.first_paged(policy?, now)))
}

fn read(item: Value) -> Result<Change, Response> {
    let mut sent = Sent::of(item)?;
    sent.refers_to("incident");
    let id = sent.needed_text("id", 100);
    let status = sent.text("status", 100).and_then(|name| {
        let status = Status::named(&name);
        if status.is_none() {
            sent.wrong("Status must be a list of triggered, acknowledged, or resolved.");
        }
        status
    });
    let assignees: Option<Vec<String>> = sent.field("assignments").is_some().then(|| {
        let assignments = sent.list("assignments").into_iter();
        assignments.filter_map(|it| referred(it.get("assignee")?)).collect()
    });
    let change = Change {
        id,
        status,
        title: sent.text("title", 1024),
        urgency: urgency(&mut sent),
        priority: priority(&mut sent),
        policy: sent.reference("escalation_policy"),
        assignees,
    };
    sent.check()?;
    Ok(change)
}

fn check(account: &Account, change: &Change) -> Result<(), Response> {
    let Some(incident) = account.incidents.get(&change.id) else {
        return Err(errors::coded(404, 5001, "Incident Not Found"));
    };
    if incident.status == Status::Resolved && change.status == Some(Status::Resolved) {
        return Err(errors::coded(400, 1001, "Incident Already Resolved"));
    }
    if change.policy.as_deref().is_some_and(|policy| !account.policies.has(policy)) {
        return Err(errors::coded(404, 5001, "Escalation Policy Not Found"));
    }
    let mut assignees = change.assignees.iter().flatten();
    if assignees.any(|user| !account.users.has(user)) {
        return Err(errors::coded(400, 2013, "User not found"));
    }
    Ok(())
}

fn apply(incident: &mut Incident, change: &Change) {
    if let Some(title) = &change.title {
        incident.title.clone_from(title);
    }
    if let Some(urgency) = change.urgency {
        incident.urgency = urgency;
    }
    if let Some(priority) = change.priority {
        incident.priority = Some(priority);
    }
    if let Some(policy) = &change.policy {
        incident.policy.clone_from(policy);
    }
}
