//! What the account has: `/abilities`, `/licenses`, `/license_allocations`, `/users/{id}/license`.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::Call;
use super::errors;
use super::page::Page;
use super::shape::{put, time};
use crate::account::{Account, User};
use crate::seed::Role;

const READ: &str = "licenses.read";

pub(super) async fn abilities(call: Call) -> Result<Response, Response> {
    call.needs_scope("abilities.read")?;
    Ok(Json(json!({ "abilities": call.switches.abilities })).into_response())
}

pub(super) async fn licenses(call: Call) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let account = call.account();
    let licenses = License::ALL.iter().map(|license| {
        let used = license.used(&account);
        let mut body = license.shape();
        put(&mut body, "current_value", json!(used));
        put(&mut body, "allocations_available", json!(license.left(&account, call.switches.free_licenses)));
        body
    });
    Ok(Json(json!({ "licenses": licenses.collect::<Vec<_>>() })).into_response())
}

pub(super) async fn allocations(call: Call) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let page = Page::of(&call)?;
    let account = call.account();
    Ok(page.of_all("license_allocations", account.users.all(), |user| {
        json!({
            "license": License::of(user.role).shape(),
            "user": { "id": user.id, "type": "user_reference" },
            "allocated_at": time(user.since),
        })
    }))
}

pub(super) async fn license(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope(READ)?;
    let account = call.account();
    let Some(user) = account.users.get(&id) else { return Err(errors::missing("User")) };
    Ok(Json(json!({ "license": License::of(user.role).shape() })).into_response())
}

/// The two kinds of seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum License {
    Full,
    Stakeholder,
}

impl License {
    const ALL: [Self; 2] = [Self::Full, Self::Stakeholder];

    pub(super) fn of(role: Role) -> Self {
        match role {
            Role::ReadOnlyUser | Role::ReadOnlyLimitedUser => Self::Stakeholder,
            _ => Self::Full,
        }
    }

    fn used(self, account: &Account) -> usize {
        account.users.all().iter().filter(|user| Self::of(user.role) == self).count()
    }

    /// Seats left: so many were free at the start, and who was invited since has taken one.
    pub(super) fn left(self, account: &Account, free: u32) -> u32 {
        let taken = |user: &&User| user.invited && Self::of(user.role) == self;
        let taken = account.users.all().iter().filter(taken).count();
        free.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX))
    }

    fn shape(self) -> Value {
        let (id, name, group, roles): (_, _, _, &[&str]) = match self {
            Self::Full => (
                "PLICEN1",
                "Business (Full User)",
                "FullUser",
                &["owner", "admin", "user", "limited_user", "observer", "restricted_access"],
            ),
            Self::Stakeholder => (
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
}
