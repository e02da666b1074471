//! `PUT` and `DELETE /users/{id}`.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;

use super::{NO_LICENSE, check_role, is_above, read};
use crate::account::{Account, License, Status, User};
use crate::api::body::Sent;
use crate::api::call::{Act, Call};
use crate::api::errors;
use crate::api::made::{gone, told};
use crate::api::shape::Shape;
use crate::seed::Role;

/// People change what they are called themselves; their role is for those who configure.
pub(in crate::api) async fn change(
    call: Call,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Response> {
    call.needs_scope("users.write")?;
    let by = call.role();
    let own = call.consent.person.as_deref() == Some(id.as_str());
    let configures = call.may(Act::Configure).is_ok();
    if !(own || configures) {
        return Err(errors::access_denied());
    }
    let mut sent = Sent::read(&call, &body, "user")?;
    sent.refers_to("user");
    let role: Option<Role> = sent.one_of("role");

    let mut account = call.account();
    let Some(old) = account.users.get(&id).cloned() else { return Err(errors::missing("User")) };
    if !own && is_above(old.role, by) {
        return Err(errors::access_denied());
    }
    let mut user = read(&mut sent, &account, old);
    if let Some(role) = role.filter(|role| *role != user.role) {
        if !configures {
            return Err(errors::access_denied());
        }
        if user.role == Role::Owner {
            return Err(errors::invalid(&["Role of the account owner cannot be changed".to_owned()]));
        }
        check_role(&call, by, role)?;
        if License::of(role) != License::of(user.role)
            && account.seats.left(License::of(role), call.switches.free_licenses) == 0
        {
            sent.wrong(NO_LICENSE);
        }
        user.role = role;
    }
    sent.check()?;
    account.change_user(user.clone());
    Ok(told("user", Shape::of(&call, &account).user(&user)))
}

pub(in crate::api) async fn remove(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("users.write")?;
    call.may(Act::Configure)?;
    let by = call.role();
    let mut account = call.account();
    let Some(user) = account.users.get(&id) else { return Err(errors::missing("User")) };
    if is_above(user.role, by) {
        return Err(errors::access_denied());
    }
    let reasons = reasons_to_stay(&account, user, call.consent.person.as_deref());
    if !reasons.is_empty() {
        return Err(errors::invalid(&reasons));
    }
    account.remove_user(&id);
    drop(account);
    call.world().forget(&id);
    Ok(gone())
}

/// Why `by` cannot delete a user: somebody would wait for them in vain, or nobody would be left to.
fn reasons_to_stay(account: &Account, user: &User, by: Option<&str>) -> Vec<String> {
    let assigned = account
        .incidents
        .all()
        .filter(|incident| incident.status != Status::Resolved)
        .flat_map(|incident| &incident.assigned)
        .any(|happened| happened.user == user.id);
    let reasons = [
        (user.role == Role::Owner, "The account owner cannot be deleted"),
        (by == Some(user.id.as_str()), "You cannot delete yourself"),
        (assigned, "User cannot be deleted as they have active incidents"),
        (
            account.policies.all().any(|policy| policy.names_user(&user.id)),
            "User cannot be deleted as they are on an escalation policy",
        ),
        (
            account.schedules.all().any(|schedule| schedule.users().contains(&user.id.as_str())),
            "User cannot be deleted as they are on a schedule",
        ),
    ];
    reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::options::Size;
    use crate::seed::{Company, Region};

    /// No company here begins with an owner, so this cannot be asked over HTTP.
    #[test]
    fn the_owner_cannot_be_deleted() {
        let mut account = Account::new(Region::Us, &Company::new(0), Size::Small, Timestamp::UNIX_EPOCH);
        let mut user = account.users.get("PNEMO08").unwrap().clone();
        assert!(reasons_to_stay(&account, &user, Some("PBETH01")).is_empty());
        user.role = Role::Owner;
        account.change_user(user.clone());
        assert_eq!(reasons_to_stay(&account, &user, None), ["The account owner cannot be deleted"]);
    }
}
