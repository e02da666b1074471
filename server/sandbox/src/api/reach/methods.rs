//! `/users/{id}/contact_methods`.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{READ, WRITE, user};
use crate::account::{ContactMethod, User};
use crate::api::body::{Sent, is_email};
use crate::api::call::Call;
use crate::api::errors;
use crate::api::made::{gone, made, told};
use crate::api::shape::Shape;

const EMAIL: &str = "email_contact_method";
const KINDS: [&str; 4] = [EMAIL, "phone_contact_method", "sms_contact_method", "whatsapp_contact_method"];

pub(in crate::api) async fn list(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let account = call.account();
    let user = user(&account, &id)?;
    let shape = Shape::of(&call, &account);
    let methods: Vec<Value> =
        user.contact_methods.iter().map(|method| shape.contact_method(&user, method)).collect();
    Ok(Json(json!({ "contact_methods": methods })).into_response())
}

pub(in crate::api) async fn one(
    call: Call,
    Path((id, method)): Path<(String, String)>,
) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let account = call.account();
    let user = user(&account, &id)?;
    let method = find(&user, &method)?;
    Ok(told("contact_method", Shape::of(&call, &account).contact_method(&user, method)))
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
    let mut sent = Sent::read(&call, &body, "contact_method")?;
    let kind = sent.needed_text("type", 100);
    if !KINDS.contains(&kind.as_str()) {
        sent.wrong("Type is not included in the list");
    }
    let country_code = (kind != EMAIL).then_some(1);
    let (label, address) = (String::new(), String::new());
    let blank = ContactMethod { id: account.next_id(), kind, label, address, country_code };
    let method = read(&mut sent, &user, blank);
    sent.check()?;
    user.contact_methods.push(method.clone());
    account.users.replace(user.clone());
    Ok(made("contact_method", Shape::of(&call, &account).contact_method(&user, &method)))
}

pub(in crate::api) async fn change(
    call: Call,
    Path((id, method)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Response> {
    call.needs_scope(WRITE)?;
    call.may_reach(&id)?;
    let mut account = call.account();
    let mut user = user(&account, &id)?;
    let old = find(&user, &method)?.clone();
    let mut sent = Sent::read(&call, &body, "contact_method")?;
    sent.refers_to(&old.kind);
    let new = read(&mut sent, &user, old);
    sent.check()?;
    if let Some(method) = user.contact_methods.iter_mut().find(|method| method.id == new.id) {
        method.clone_from(&new);
    }
    account.users.replace(user.clone());
    Ok(told("contact_method", Shape::of(&call, &account).contact_method(&user, &new)))
}

/// Its rules go with it. One address always stays.
pub(in crate::api) async fn remove(
    call: Call,
    Path((id, method)): Path<(String, String)>,
) -> Result<Response, Response> {
    call.needs_scope(WRITE)?;
    call.may_reach(&id)?;
    let mut account = call.account();
    let mut user = user(&account, &id)?;
    find(&user, &method)?;
    user.contact_methods.retain(|other| other.id != method);
    if !user.contact_methods.iter().any(|other| other.kind == EMAIL) {
        return Err(errors::invalid(&["The last email contact method cannot be deleted".to_owned()]));
    }
    user.rules.retain(|rule| rule.contact_method != method);
    account.users.replace(user);
    Ok(gone())
}

fn find<'a>(user: &'a User, id: &str) -> Result<&'a ContactMethod, Response> {
    let method = user.contact_methods.iter().find(|method| method.id == id);
    method.ok_or_else(|| errors::missing("Contact Method"))
}

/// What was sent, over what was there; `sent` notes what is wrong with it.
fn read(sent: &mut Sent, user: &User, old: ContactMethod) -> ContactMethod {
    let address = sent.text_over(&old.address, "address", 255);
    let mut country_code = None;
    if old.kind == EMAIL {
        if !is_email(&address) {
            sent.wrong("Address is invalid");
        }
    } else {
        country_code = sent.number("country_code").or(old.country_code);
        if !country_code.is_some_and(|code| (1..=1999).contains(&code)) {
            sent.wrong("Country code is invalid");
        }
        if address.is_empty() || !address.bytes().all(|letter| letter.is_ascii_digit()) {
            sent.wrong("Address is invalid");
        }
    }
    let same = |other: &ContactMethod| {
        other.id != old.id && other.kind == old.kind && other.address.eq_ignore_ascii_case(&address)
    };
    if user.contact_methods.iter().any(same) {
        sent.wrong("User Contact method must be unique");
    }
    let label = sent.text_over(&old.label, "label", 100);
    ContactMethod { label, address, country_code, ..old }
}
