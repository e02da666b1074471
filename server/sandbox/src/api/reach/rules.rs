//! `/users/{id}/notification_rules`.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{READ, WRITE, user};
use crate::account::{NotificationRule, User};
use crate::api::body::Sent;
use crate::api::call::Call;
use crate::api::errors;
use crate::api::made::{gone, made, told};
use crate::api::shape::Shape;

const KIND: &str = "assignment_notification_rule";

pub(in crate::api) async fn list(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let urgency = call.query.get("urgency").filter(|urgency| *urgency != "all");
    if let Some(other) = urgency
        && other != "high"
        && other != "low"
    {
        return Err(errors::bad_arguments("urgency must be high, low or all."));
    }
    let account = call.account();
    let user = user(&account, &id)?;
    let shape = Shape::of(&call, &account);
    let rules = user.rules.iter().filter(|rule| urgency.is_none_or(|wanted| wanted == rule.urgency));
    let rules: Vec<Value> = rules.map(|rule| shape.rule(&user, rule)).collect();
    Ok(Json(json!({ "notification_rules": rules })).into_response())
}

pub(in crate::api) async fn one(
    call: Call,
    Path((id, rule)): Path<(String, String)>,
) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let account = call.account();
    let user = user(&account, &id)?;
    let rule = find(&user, &rule)?;
    Ok(told("notification_rule", Shape::of(&call, &account).rule(&user, rule)))
}

pub(in crate::api) async fn create(
    call: Call,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Response> {
    call.needs_scope(WRITE)?;
    call.may_reach(&id)?;
    let mut account = call.account();
    let mut user = user(&account, &id)?;
    let mut sent = Sent::read(&call, &body, "notification_rule")?;
    sent.is_of_type(KIND);
    if sent.field("start_delay_in_minutes").is_none() {
        sent.wrong("Start delay in minutes can't be blank");
    }
    let blank = NotificationRule {
        id: account.next_id(),
        delay_minutes: 0,
        contact_method: String::new(),
        urgency: String::new(),
        created_at: call.world().clock.now(),
    };
    let rule = read(&call, &mut sent, &user, blank)?;
    sent.check()?;
    user.rules.push(rule.clone());
    account.users.replace(user.clone());
    Ok(made("notification_rule", Shape::of(&call, &account).rule(&user, &rule)))
}

pub(in crate::api) async fn change(
    call: Call,
    Path((id, rule)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Response> {
    call.needs_scope(WRITE)?;
    call.may_reach(&id)?;
    let mut account = call.account();
    let mut user = user(&account, &id)?;
    let old = find(&user, &rule)?.clone();
    let mut sent = Sent::read(&call, &body, "notification_rule")?;
    sent.refers_to(KIND);
    let new = read(&call, &mut sent, &user, old)?;
    sent.check()?;
    if let Some(rule) = user.rules.iter_mut().find(|rule| rule.id == new.id) {
        rule.clone_from(&new);
    }
    account.users.replace(user.clone());
    Ok(told("notification_rule", Shape::of(&call, &account).rule(&user, &new)))
}

pub(in crate::api) async fn remove(
    call: Call,
    Path((id, rule)): Path<(String, String)>,
) -> Result<Response, Response> {
    call.needs_scope(WRITE)?;
    call.may_reach(&id)?;
    let mut account = call.account();
    let mut user = user(&account, &id)?;
    find(&user, &rule)?;
    user.rules.retain(|other| other.id != rule);
    account.users.replace(user);
    Ok(gone())
}

fn find<'a>(user: &'a User, id: &str) -> Result<&'a NotificationRule, Response> {
    user.rules.iter().find(|rule| rule.id == id).ok_or_else(|| errors::missing("Notification Rule"))
}

/// What was sent, over what was there; `sent` notes what is wrong with it.
fn read(
    call: &Call,
    sent: &mut Sent,
    user: &User,
    old: NotificationRule,
) -> Result<NotificationRule, Response> {
    let urgency = sent.text_over(&old.urgency, "urgency", 100);
    match urgency.as_str() {
        "high" => {}
        "low" => call.needs_ability("urgencies")?,
        _ => sent.wrong("Urgency is not included in the list"),
    }
    let delay_minutes = sent.number("start_delay_in_minutes").unwrap_or(old.delay_minutes);
    let contact_method = sent.reference("contact_method").unwrap_or(old.contact_method);
    if !user.contact_methods.iter().any(|method| method.id == contact_method) {
        sent.wrong("Contact method not found");
    }
    let same = |rule: &NotificationRule| {
        rule.id != old.id
            && rule.contact_method == contact_method
            && rule.delay_minutes == delay_minutes
            && rule.urgency == urgency
    };
    if user.rules.iter().any(same) {
        sent.wrong("Channel Start delay must be unique for a given contact method");
    }
    let (id, created_at) = (old.id, old.created_at);
    Ok(NotificationRule { id, delay_minutes, contact_method, urgency, created_at })
}
