//! `/services`.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;

use super::body::Sent;
use super::call::{Act, Call};
use super::errors;
use super::find::{Find, lets};
use super::made::{made, one_found};
use super::page::Page;
use super::shape::{Shape, Troubles};
use super::sort::by_name;
use crate::account::Service;

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
    if sent.field("support_hours").is_some() {
        call.needs_ability("service_support_hours")?;
    }
    let (name, description) = (sent.needed_text("name", 255), sent.text("description", 1024));
    // A service begins active, and is disabled later if at all.
    if sent.text("status", 100).is_some_and(|status| status != "active") {
        sent.wrong("Status is not included in the list");
    }
    let policy = sent.reference("escalation_policy");
    if policy.is_none() {
        sent.wrong("Escalation policy can't be blank");
    }
    let auto_resolve_timeout = timeout(&mut sent, "auto_resolve_timeout", 14_400);
    let acknowledgement_timeout = timeout(&mut sent, "acknowledgement_timeout", 1_800);
    let usual_rule = json!({ "type": "constant", "urgency": "high" });
    let urgency_rule = sent.field("incident_urgency_rule").cloned().unwrap_or(usual_rule);

    let mut account = call.account();
    if account.services.named(&name).is_some() {
        sent.wrong("Name has already been taken");
    }
    sent.check()?;
    let policy = policy.unwrap_or_default();
    let Some(found) = account.policies.get(&policy) else {
        return Err(errors::coded(404, 5001, "Escalation Policy Not Found"));
    };
    // A service belongs to the teams of its policy.
    let teams = found.teams.clone();
    let service = Service {
        id: account.next_id(),
        name,
        description,
        policy,
        teams,
        created_at: call.world().clock.now(),
        set_status: None,
        auto_resolve_timeout,
        acknowledgement_timeout,
        urgency_rule,
    };
    account.services.add(service.clone());
    Ok(made("service", Shape::of(&call, &account).plain_service(&service)))
}

/// Seconds; `null` or 0 turns it off.
fn timeout(sent: &mut Sent, name: &str, usual: u64) -> Option<u64> {
    if sent.is_null(name) {
        return None;
    }
    Some(sent.number(name).unwrap_or(usual)).filter(|seconds| *seconds > 0)
}
