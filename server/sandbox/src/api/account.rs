//! What the account has: `/abilities`, `/licenses`, `/license_allocations`, `/users/{id}/license`.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::Call;
use super::errors;
use super::page::Page;
use super::shape::{put, time};
use crate::account::{Account, License, User};

const READ: &str = "licenses.read";

pub(super) async fn abilities(call: Call) -> Result<Response, Response> {
    call.needs_scope("abilities.read")?;
    Ok(Json(json!({ "abilities": call.switches.abilities })).into_response())
}

pub(super) async fn licenses(call: Call) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let account = call.account();
    let licenses = License::ALL.iter().map(|license| {
        let left = account.seats.left(*license, call.switches.free_licenses);
        let mut body = shape(*license);
        put(&mut body, "current_value", json!(used(*license, &account)));
        put(&mut body, "allocations_available", json!(left));
        body
    });
    Ok(Json(json!({ "licenses": licenses.collect::<Vec<_>>() })).into_response())
}

pub(super) async fn allocations(call: Call) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let page = Page::of(&call)?;
    let account = call.account();
    let users: Vec<&User> = account.users.all().collect();
    Ok(page.of_all("license_allocations", &users, |user| {
        json!({
            "license": shape(License::of(user.role)),
            "user": { "id": user.id, "type": "user_reference" },
            "allocated_at": time(user.since),
        })
    }))
}

pub(super) async fn license(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let account = call.account();
    let Some(user) = account.users.get(&id) else { return Err(errors::missing("User")) };
    Ok(Json(json!({ "license": shape(License::of(user.role)) })).into_response())
}

fn used(license: License, account: &Account) -> usize {
    account.users.all().filter(|user| License::of(user.role) == license).count()
}

fn shape(license: License) -> Value {
    let (id, name, group, roles): (_, _, _, &[&str]) = match license {
        License::Full => (
            "PLICEN1",
            "Business (Full User)",
            "FullUser",
            &["owner", "admin", "user", "limited_user", "observer", "restricted_access"],
        ),
        License::Stakeholder => (
            "PLICEN2",
            "Business (Stakeholder)",
            "Stakeholder",
            &["read_only_user", "read_only_limited_user"],
        ),
    };
    json!({
        "id": id,
        "type": "license",
        "summary": name,
        "self": null,
        "html_url": null,
        "name": name,
        "description": "",
        "valid_roles": roles,
        "role_group": group,
    })
}
