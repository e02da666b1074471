//! `POST /incidents`.

use axum::response::Response;
use bytes::Bytes;

use crate::account::{Account, Happened, Incident, Status, Urgency};
use crate::api::body::Sent;
use crate::api::call::{Act, Call};
use crate::api::errors;
use crate::api::made::made;
use crate::api::shape::{PRIORITIES, Shape};

pub(in crate::api) async fn open(call: Call, body: Bytes) -> Result<Response, Response> {
    call.needs_scope("incidents.write")?;
    call.may(Act::Respond)?;
    let actor = call.actor()?;
    let mut sent = Sent::read(&call, &body, "incident")?;
    sent.is_of_type("incident");
    let title = sent.needed_text("title", 1024);
    let service = sent.reference("service");
    if service.is_none() {
        sent.wrong("Service can't be blank");
    }
    let urgency = urgency(&mut sent).unwrap_or(Urgency::High);
    let priority = priority(&mut sent);
    let details = sent.field("body").and_then(|it| it.get("details")?.as_str()).map(str::to_owned);
    let (key, policy) = (sent.text("incident_key", 255), sent.reference("escalation_policy"));
    sent.check()?;

    let mut account = call.account();
    let service = service.unwrap_or_default();
    let Some(found) = account.services.get(&service) else {
        return Err(errors::coded(404, 5002, "Service Not Found"));
    };
    let policy = policy.unwrap_or_else(|| found.policy.clone());
    if !account.policies.has(&policy) {
        return Err(errors::coded(404, 5001, "Escalation Policy Not Found"));
    }
    if key.as_deref().is_some_and(|key| is_open(&account, &service, key)) {
        let why = "Open incident with matching dedup key already exists on this service";
        return Err(errors::bad_arguments(why));
    }
    let now = call.world().clock.now();
    let number = account.next_incident_number();
    let assigned = account.first_paged(&policy, now).into_iter().map(|user| Happened { at: now, user });
    let incident = Incident {
        id: format!("Q0NEW{number:08}"),
        number,
        title,
        details,
        status: Status::Triggered,
        urgency,
        service,
        policy,
        key: key.unwrap_or_else(|| format!("{number:032x}")),
        created_at: now,
        updated_at: now,
        resolved_at: None,
        assigned: assigned.collect(),
        acknowledged: Vec::new(),
        changed_by: actor,
        priority,
    };
    account.incidents.add(incident.clone());
    Ok(made("incident", Shape::of(&call, &account).incident(&incident)))
}

fn is_open(account: &Account, service: &str, key: &str) -> bool {
    let same = |it: &Incident| it.service == service && it.key == key && it.status != Status::Resolved;
    account.incidents.all().any(same)
}

pub(super) fn urgency(sent: &mut Sent) -> Option<Urgency> {
    let name = sent.text("urgency", 100)?;
    let urgency = Urgency::named(&name);
    if urgency.is_none() {
        sent.wrong("Urgency is not included in the list");
    }
    urgency
}

pub(super) fn priority(sent: &mut Sent) -> Option<&'static str> {
    let id = sent.reference("priority")?;
    let priority = PRIORITIES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
    if priority.is_none() {
        sent.wrong("Priority not found");
    }
    priority
}
