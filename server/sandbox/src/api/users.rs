//! `/users` and `/users/me`.

mod edit;

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

use super::body::{Sent, is_email};
use super::call::{Act, Call};
use super::errors;
use super::find::{Find, lets};
use super::made::{made, one_found};
use super::page::Page;
use super::shape::Shape;
use crate::account::{Account, License, User};
use crate::seed::Role;

pub(super) use edit::{change, remove};

const NO_LICENSE: &str = "License is not available";

pub(super) async fn me(call: Call) -> Result<Response, Response> {
    if call.switches.users_me_needs_scope {
        call.needs_scope("users.read")?;
    }
    let account = call.account();
    let Some(user) = call.consent.person.as_deref().and_then(|id| account.users.get(id)) else {
        return Err(errors::bad_arguments("An app token acts for no user."));
    };
    Ok(Json(json!({ "user": Shape::of(&call, &account).user(user) })).into_response())
}

/// `query` looks at names and at e-mail addresses.
pub(super) async fn list(call: Call) -> Result<Response, Response> {
    call.needs_scope("users.read")?;
    let page = Page::of(&call)?;
    let find = Find::by(&call);
    let teams = find.teams()?;
    let account = call.account();
    let fits = |user: &&User| {
        (find.words(&user.name) || find.words(&user.email))
            && lets(teams.as_ref(), user.teams.iter().map(|membership| membership.team.as_str()))
    };
    let found: Vec<&User> = account.users.all().filter(fits).collect();
    let shape = Shape::of(&call, &account);
    Ok(page.of_all("users", &found, |user| shape.user(user)))
}

pub(super) async fn one(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("users.read")?;
    let found = {
        let account = call.account();
        account.users.get(&id).map(|it| Shape::of(&call, &account).user(it))
    };
    one_found("user", found).await
}

pub(super) async fn create(call: Call, body: Bytes) -> Result<Response, Response> {
    call.needs_scope("users.write")?;
    call.may(Act::Configure)?;
    call.actor()?;
    let mut sent = Sent::read(&call, &body, "user")?;
    sent.is_of_type("user");
    let role = sent.one_of("role").unwrap_or(Role::User);
    check_role(&call, call.role(), role)?;

    let mut account = call.account();
    let blank = User::invited(account.next_id(), role, call.world().clock.now());
    let user = read(&mut sent, &account, blank);
    if account.seats.left(License::of(role), call.switches.free_licenses) == 0 {
        sent.wrong(NO_LICENSE);
    }
    sent.check()?;
    let user = user.with_email_contact();
    account.add_user(user.clone());
    Ok(made("user", Shape::of(&call, &account).user(&user)))
}

/// What was sent but for the role, over what was there; `sent` notes what is wrong with it.
fn read(sent: &mut Sent, account: &Account, old: User) -> User {
    let name = sent.text_over(&old.name, "name", 100);
    let email = sent.text_over(&old.email, "email", 100);
    if !email.is_empty() && !is_email(&email) {
        sent.wrong("Email is invalid");
    }
    let user = User {
        name,
        email,
        time_zone: sent.time_zone(&old.time_zone),
        color: sent.text("color", 100).unwrap_or(old.color),
        job_title: sent.note_over(old.job_title, "job_title", 100),
        description: sent.note_over(old.description, "description", 1024),
        ..old
    };
    if account.users.named(&user.email).is_some_and(|other| other.id != user.id) {
        sent.wrong("Email has already been taken");
    }
    user
}

/// Nobody makes somebody above themselves, and an account has one owner.
fn check_role(call: &Call, by: Option<Role>, role: Role) -> Result<(), Response> {
    if role == Role::Owner {
        return Err(errors::invalid(&["Role can't be owner".to_owned()]));
    }
    if is_above(role, by) {
        return Err(errors::access_denied());
    }
    if License::of(role) == License::Stakeholder {
        call.needs_ability("read_only_users")?;
    }
    Ok(())
}

/// Whether a manager would be dealing with those who manage managers.
fn is_above(role: Role, by: Option<Role>) -> bool {
    by == Some(Role::User) && matches!(role, Role::Owner | Role::Admin)
}
