//! `/users` and `/users/me`.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

use super::account::License;
use super::body::{Sent, is_email};
use super::call::{Act, Call};
use super::errors;
use super::find::{Find, lets};
use super::made::{made, one_found};
use super::page::Page;
use super::shape::Shape;
use crate::account::{Account, User};
use crate::seed::Role;

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
    let found: Vec<&User> = account.users.all().iter().filter(fits).collect();
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
    check_role(&call, role)?;

    let mut account = call.account();
    let user = read(&mut sent, &mut account, role, &call);
    if account.users.all().iter().any(|other| other.email.eq_ignore_ascii_case(&user.email)) {
        sent.wrong("Email has already been taken");
    }
    if License::of(role).left(&account, call.switches.free_licenses) == 0 {
        sent.wrong("License is not available");
    }
    sent.check()?;
    let user = user.with_email_contact();
    account.users.add(user.clone());
    Ok(made("user", Shape::of(&call, &account).user(&user)))
}

fn read(sent: &mut Sent, account: &mut Account, role: Role, call: &Call) -> User {
    let (name, email) = (sent.needed_text("name", 100), sent.needed_text("email", 100));
    if !email.is_empty() && !is_email(&email) {
        sent.wrong("Email is invalid");
    }
    User {
        id: account.next_id(),
        name,
        email,
        role,
        time_zone: sent.text("time_zone", 100).unwrap_or_else(|| "Etc/UTC".to_owned()),
        color: sent.text("color", 100).unwrap_or_else(|| "purple".to_owned()),
        job_title: sent.text("job_title", 100),
        description: sent.text("description", 1024),
        teams: Vec::new(),
        has_avatar: false,
        invited: true,
        since: call.world().clock.now(),
        contact_methods: Vec::new(),
        rules: Vec::new(),
    }
}

/// Nobody makes somebody above themselves, and an account has one owner.
fn check_role(call: &Call, role: Role) -> Result<(), Response> {
    if role == Role::Owner {
        return Err(errors::invalid(&["Role can't be owner".to_owned()]));
    }
    if role == Role::Admin && call.role() == Some(Role::User) {
        return Err(errors::access_denied());
    }
    if License::of(role) == License::Stakeholder {
        call.needs_ability("read_only_users")?;
    }
    Ok(())
}
