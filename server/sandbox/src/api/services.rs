//! `/services`.

mod edit;

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};

use super::body::Sent;
use super::call::{Act, Call};
use super::errors;
use super::find::{Find, lets};
use super::made::{made, one_found};
use super::page::Page;
use super::shape::{Shape, Troubles};
use super::sort::by_name;
use crate::account::{Account, AlertCreation, Service};

pub(super) use edit::{change, remove};

pub(super) async fn list(call: Call) -> Result<Response, Response> {
    call.needs_scope("services.read")?;
    let page = Page::of(&call)?;
    let find = Find::by(&call);
    let teams = find.teams()?;
    let account = call.account();
    let fits = |service: &&Service| {
        find.words(&service.name)
            && call.query.get("name").is_none_or(|name| name == service.name)
            && lets(teams.as_ref(), service.teams.iter().map(String::as_str))
    };
    let mut found: Vec<&Service> = account.services.all().filter(fits).collect();
    by_name(&call, &mut found, |service| &service.name)?;
    let (shape, troubles) = (Shape::of(&call, &account), Troubles::of(&account));
    Ok(page.of_all("services", &found, |service| shape.service(service, &troubles)))
}

pub(super) async fn one(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("services.read")?;
    let found = {
        let account = call.account();
        account.services.get(&id).map(|it| Shape::of(&call, &account).service(it, &Troubles::of(&account)))
    };
    one_found("service", found).await
}

pub(super) async fn create(call: Call, body: Bytes) -> Result<Response, Response> {
    call.needs_scope("services.write")?;
    call.may(Act::Configure)?;
    let mut sent = Sent::read(&call, &body, "service")?;
    sent.is_of_type("service");

    let mut account = call.account();
    let blank = Service {
        id: account.next_id(),
        name: String::new(),
        description: None,
        policy: String::new(),
        teams: Vec::new(),
        created_at: call.world().clock.now(),
        set_status: None,
        auto_resolve_timeout: Some(14_400),
        acknowledgement_timeout: Some(1_800),
        alert_creation: AlertCreation::CreateAlertsAndIncidents,
        urgency_rule: json!({ "type": "constant", "urgency": "high" }),
    };
    let service = read(&call, &mut sent, &account, blank)?;
    // A service begins active, and is disabled later if at all.
    if sent.text("status", 100).is_some_and(|status| status != "active") {
        sent.wrong("Status is not included in the list");
    }
    let policy = sent.reference("escalation_policy");
    if policy.is_none() {
        sent.wrong("Escalation policy can't be blank");
    }
    sent.check()?;
    let service = under(&account, service, policy.unwrap_or_default())?;
    account.services.add(service.clone());
    Ok(made("service", Shape::of(&call, &account).plain_service(&service)))
}

/// What was sent but for status and policy, over what was there; `sent` notes what is wrong with it.
fn read(call: &Call, sent: &mut Sent, account: &Account, old: Service) -> Result<Service, Response> {
    if sent.field("support_hours").is_some() {
        call.needs_ability("service_support_hours")?;
    }
    let service = Service {
        name: sent.text_over(&old.name, "name", 255),
        description: sent.note_over(old.description, "description", 1024),
        auto_resolve_timeout: timeout(sent, "auto_resolve_timeout", old.auto_resolve_timeout),
        acknowledgement_timeout: timeout(sent, "acknowledgement_timeout", old.acknowledgement_timeout),
        alert_creation: sent.one_of("alert_creation").unwrap_or(old.alert_creation),
        urgency_rule: urgency_rule(call, sent)?.unwrap_or(old.urgency_rule),
        ..old
    };
    if account.services.named(&service.name).is_some_and(|other| other.id != service.id) {
        sent.wrong("Name has already been taken");
    }
    Ok(service)
}

/// A service belongs to the teams of its policy.
fn under(account: &Account, service: Service, policy: String) -> Result<Service, Response> {
    let Some(found) = account.policies.get(&policy) else {
        return Err(errors::coded(404, 5001, "Escalation Policy Not Found"));
    };
    Ok(Service { policy, teams: found.teams.clone(), ..service })
}

/// Seconds; `null` or 0 turns it off.
fn timeout(sent: &mut Sent, name: &str, old: Option<u64>) -> Option<u64> {
    if sent.is_null(name) {
        return None;
    }
    sent.number(name).or(old).filter(|seconds| *seconds > 0)
}

/// One urgency for every incident, or one during support hours and one outside, which not every plan includes.
fn urgency_rule(call: &Call, sent: &mut Sent) -> Result<Option<Value>, Response> {
    let Some(rule) = sent.field("incident_urgency_rule").cloned() else { return Ok(None) };
    let good = match rule.get("type").and_then(Value::as_str) {
        Some("use_support_hours") => {
            call.needs_ability("service_support_hours")?;
            let parts = ["during_support_hours", "outside_support_hours"];
            parts.iter().all(|part| rule.get(part).is_some_and(is_constant))
        }
        _ => is_constant(&rule),
    };
    if !good {
        sent.wrong(
            "Incident urgency rule must be constant and high, low or severity_based, or use support hours",
        );
    }
    Ok(Some(rule))
}

fn is_constant(rule: &Value) -> bool {
    let text = |name: &str| rule.get(name).and_then(Value::as_str);
    text("type") == Some("constant") && matches!(text("urgency"), Some("high" | "low" | "severity_based"))
}
