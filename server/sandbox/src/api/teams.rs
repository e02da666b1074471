//! `/teams`, and who is on one.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;

use super::body::Sent;
use super::call::{Act, Call};
use super::errors;
use super::find::Find;
use super::made::{made, one_found};
use super::page::Page;
use super::shape::Shape;
use crate::account::{Account, Membership, Team, TeamRole, User};
use crate::seed::Role;

pub(super) async fn list(call: Call) -> Result<Response, Response> {
    call.needs_scope("teams.read")?;
    call.needs_ability("teams")?;
    let page = Page::of(&call)?;
    let find = Find::by(&call);
    let account = call.account();
    let found: Vec<&Team> = account.teams.all().filter(|team| find.words(&team.name)).collect();
    let shape = Shape::of(&call, &account);
    Ok(page.of_all("teams", &found, |team| shape.team(team)))
}

pub(super) async fn one(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("teams.read")?;
    let found = {
        let account = call.account();
        account.teams.get(&id).map(|it| Shape::of(&call, &account).team(it))
    };
    one_found("team", found).await
}

pub(super) async fn create(call: Call, body: Bytes) -> Result<Response, Response> {
    call.needs_scope("teams.write")?;
    call.needs_ability("teams")?;
    call.may(Act::Configure)?;
    let mut sent = Sent::read(&call, &body, "team")?;
    sent.is_of_type("team");
    let (name, description) = (sent.needed_text("name", 100), sent.text("description", 1024));
    let default_role = sent.text("default_role", 100).unwrap_or_else(|| "manager".to_owned());
    if !matches!(default_role.as_str(), "manager" | "none") {
        sent.wrong("Default role is not included in the list");
    }
    let mut account = call.account();
    if account.teams.named(&name).is_some() {
        sent.wrong("Name has already been taken");
    }
    sent.check()?;
    let team = Team { id: account.next_id(), name, description, default_role };
    account.teams.add(team.clone());
    Ok(made("team", Shape::of(&call, &account).team(&team)))
}

pub(super) async fn members(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("teams.read")?;
    call.needs_ability("teams")?;
    let page = Page::of(&call)?;
    let account = call.account();
    check_team(&account, &id)?;
    let role = |user: &User| user.teams.iter().find(|membership| membership.team == id).map(|it| it.role);
    let found: Vec<(&User, TeamRole)> =
        account.users.all().filter_map(|user| Some((user, role(user)?))).collect();
    let shape = Shape::of(&call, &account);
    Ok(page.of_all("members", &found, |(user, role)| shape.member(user, *role)))
}

/// Adds somebody, or changes what they may do in the team.
pub(super) async fn add_member(
    call: Call,
    Path((id, user)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Response> {
    call.needs_scope("teams.write")?;
    call.needs_ability("teams")?;
    call.may(Act::Configure)?;
    let role = role_sent(&body)?;
    let mut account = call.account();
    check_team(&account, &id)?;
    let default = account.teams.get(&id).map(|team| team.default_role == "manager");
    let Some(user) = account.users.get_mut(&user) else { return Err(errors::missing("User")) };
    if matches!(user.role, Role::ReadOnlyUser | Role::ReadOnlyLimitedUser) {
        return Err(errors::invalid(&["Stakeholders cannot be added to teams".to_owned()]));
    }
    let usual = match (user.role, default) {
        (Role::Observer, _) => TeamRole::Observer,
        (Role::LimitedUser, _) | (_, Some(false)) => TeamRole::Responder,
        _ => TeamRole::Manager,
    };
    user.teams.retain(|membership| membership.team != id);
    user.teams.push(Membership { team: id, role: role.unwrap_or(usual) });
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn remove_member(
    call: Call,
    Path((id, user)): Path<(String, String)>,
) -> Result<Response, Response> {
    call.needs_scope("teams.write")?;
    call.needs_ability("teams")?;
    call.may(Act::Configure)?;
    let mut account = call.account();
    check_team(&account, &id)?;
    match account.users.get_mut(&user) {
        Some(user) if user.is_on(&id) => user.teams.retain(|membership| membership.team != id),
        _ => return Err(errors::missing("User")),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn check_team(account: &Account, id: &str) -> Result<(), Response> {
    if account.teams.has(id) { Ok(()) } else { Err(errors::coded(404, 6001, "Team Not Found")) }
}

/// The body may be left out.
fn role_sent(body: &[u8]) -> Result<Option<TeamRole>, Response> {
    if body.is_empty() {
        return Ok(None);
    }
    let value =
        serde_json::from_slice(body).map_err(|_| errors::invalid(&["params must be a Hash".to_owned()]))?;
    let mut sent = Sent::of(value)?;
    let role = sent.one_of("role");
    sent.check()?;
    Ok(role)
}
