//! How a user is reached: `/users/{id}/contact_methods` and `/users/{id}/notification_rules`.

pub(super) mod methods;
pub(super) mod rules;

use axum::response::Response;

use super::errors;
use crate::account::{Account, User};

const READ: &str = "users:contact_methods.read";
const WRITE: &str = "users:contact_methods.write";

/// Somebody as they are, to be changed and put back once all is known to be good.
fn user(account: &Account, id: &str) -> Result<User, Response> {
    account.users.get(id).cloned().ok_or_else(|| errors::missing("User"))
}
