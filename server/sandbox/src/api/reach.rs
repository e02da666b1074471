//! How a user is reached: `/users/{id}/contact_methods` and `/users/{id}/notification_rules`.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::body::{Sent, is_email};
use super::call::Call;
use super::errors;
use super::made::made;
use super::shape::Shape;
use crate::account::{ContactMethod, NotificationRule};

const READ: &str = "users:contact_methods.read";
const WRITE: &str = "users:contact_methods.write";
const KINDS: [&str; 4] =
    ["email_contact_method", "phone_contact_method", "sms_contact_method", "whatsapp_contact_method"];

pub(super) async fn methods(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let account = call.account();
    let Some(user) = account.users.get(&id) else { return Err(errors::missing("User")) };
    let shape = Shape::of(&call, &account);
    let methods: Vec<Value> =
        user.contact_methods.iter().map(|method| shape.contact_method(user, method)).collect();
    Ok(Json(json!({ "contact_methods": methods })).into_response())
}

pub(super) async fn rules(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let urgency = call.query.get("urgency").filter(|urgency| *urgency != "all");
    if let Some(other) = urgency
        && other != "high"
        && other != "low"
    {
        return Err(errors::bad_arguments("urgency must be high, low or all."));
    }
    let account = call.account();
    let Some(user) = account.users.get(&id) else { return Err(errors::missing("User")) };
    let shape = Shape::of(&call, &account);
    let rules = user.rules.iter().filter(|rule| urgency.is_none_or(|wanted| wanted == rule.urgency));
    let rules: Vec<Value> = rules.map(|rule| shape.rule(user, rule)).collect();
    Ok(Json(json!({ "notification_rules": rules })).into_response())
}

pub(super) async fn create_method(
    call: Call,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Response> {
    call.needs_scope(WRITE)?;
    call.may_reach(&id)?;
    let mut account = call.account();
    let method_id = account.next_id();
    let Some(user) = account.users.get_mut(&id) else { return Err(errors::missing("User")) };
    let mut sent = Sent::read(&call, &body, "contact_method")?;
    let kind = sent.needed_text("type", 100);
    if !KINDS.contains(&kind.as_str()) {
        sent.wrong("Type is not included in the list");
    }
    let address = sent.needed_text("address", 255);
    let mut country_code = None;
    if kind == "email_contact_method" {
        if !is_email(&address) {
            sent.wrong("Address is invalid");
        }
    } else {
        let code = sent.number("country_code").unwrap_or(1);
        if !(1..=1999).contains(&code) {
            sent.wrong("Country code is invalid");
        }
        if address.is_empty() || !address.bytes().all(|letter| letter.is_ascii_digit()) {
            sent.wrong("Address is invalid");
        }
        country_code = Some(code);
    }
    let same = |method: &ContactMethod| method.kind == kind && method.address.eq_ignore_ascii_case(&address);
    if user.contact_methods.iter().any(same) {
        sent.wrong("User Contact method must be unique");
    }
    let label = sent.needed_text("label", 100);
    sent.check()?;
    let method = ContactMethod { id: method_id, kind, label, address, country_code };
    user.contact_methods.push(method.clone());
    let user = user.clone();
    Ok(made("contact_method", Shape::of(&call, &account).contact_method(&user, &method)))
}

pub(super) async fn create_rule(
    call: Call,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Response> {
    call.needs_scope(WRITE)?;
    call.may_reach(&id)?;
    let mut account = call.account();
    let rule_id = account.next_id();
    let Some(user) = account.users.get_mut(&id) else { return Err(errors::missing("User")) };
    let mut sent = Sent::read(&call, &body, "notification_rule")?;
    sent.is_of_type("assignment_notification_rule");
    let urgency = sent.needed_text("urgency", 100);
    match urgency.as_str() {
        "high" => {}
        "low" => call.needs_ability("urgencies")?,
        _ => sent.wrong("Urgency is not included in the list"),
    }
    if sent.field("start_delay_in_minutes").is_none() {
        sent.wrong("Start delay in minutes can't be blank");
    }
    let delay_minutes = sent.number("start_delay_in_minutes").unwrap_or(0);
    let contact_method = sent.reference("contact_method").unwrap_or_default();
    if !user.contact_methods.iter().any(|method| method.id == contact_method) {
        sent.wrong("Contact method not found");
    }
    let same = |rule: &NotificationRule| {
        rule.contact_method == contact_method
            && rule.delay_minutes == delay_minutes
            && rule.urgency == urgency
    };
    if user.rules.iter().any(same) {
        sent.wrong("Channel Start delay must be unique for a given contact method");
    }
    sent.check()?;
    let created_at = call.world().clock.now();
    let rule = NotificationRule { id: rule_id, delay_minutes, contact_method, urgency, created_at };
    user.rules.push(rule.clone());
    let user = user.clone();
    Ok(made("notification_rule", Shape::of(&call, &account).rule(&user, &rule)))
}
