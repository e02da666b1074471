//! `/oncalls`: who is on call, for which policy, on which level.

use axum::response::Response;
use jiff::{Timestamp, ToSpan as _};

use super::call::Call;
use super::errors;
use super::find::Find;
use super::page::Page;
use super::shape::{OnCall, Shape};
use crate::account::{Account, Target};

/// Shifts further ahead are not told.
const HORIZON_DAYS: i64 = 90;

pub(super) async fn list(call: Call) -> Result<Response, Response> {
    call.needs_scope("oncalls.read")?;
    let page = Page::of(&call)?;
    let find = Find::by(&call);
    let now = call.world().clock.now();
    let since = find.time("since")?.unwrap_or(now);
    let until = find.time("until")?.unwrap_or(since.max(now));
    if until < since {
        return Err(errors::bad_arguments("until cannot be before since."));
    }
    let horizon = now.checked_add((HORIZON_DAYS * 24).hours()).unwrap_or(now);
    let account = call.account();
    let mut found = on_calls(&account, since, until.min(horizon));

    if let Some(policies) = find.ids("escalation_policy_ids[]") {
        found.retain(|on_call| policies.contains(&on_call.policy));
    }
    if let Some(users) = find.ids("user_ids[]") {
        found.retain(|on_call| users.contains(&on_call.user.as_str()));
    }
    if let Some(schedules) = find.ids("schedule_ids[]") {
        // `null` stands for being named in a policy, with no schedule between.
        found.retain(|on_call| schedules.contains(&on_call.schedule.unwrap_or("null")));
    }
    if call.query.get("earliest") == Some("true") {
        let mut seen: Vec<(String, usize, String)> = Vec::new();
        found.sort_by_key(|on_call| on_call.start);
        found.retain(|on_call| {
            let key = (on_call.policy.to_owned(), on_call.level, on_call.user.clone());
            let first = !seen.contains(&key);
            seen.push(key);
            first
        });
    }
    let shape = Shape::of(&call, &account);
    Ok(page.of_all("oncalls", &found, |on_call| shape.on_call(on_call)))
}

fn on_calls(account: &Account, since: Timestamp, until: Timestamp) -> Vec<OnCall<'_>> {
    let mut found = Vec::new();
    for policy in account.policies.all() {
        for (place, level) in policy.levels.iter().enumerate() {
            for target in &level.targets {
                let (policy, level) = (policy.id.as_str(), place + 1);
                match target {
                    Target::User(user) => {
                        let user = user.clone();
                        found.push(OnCall { user, policy, level, schedule: None, start: None, end: None });
                    }
                    Target::Schedule(id) => {
                        let schedule = account.schedules.get(id);
                        for shift in schedule.into_iter().flat_map(|it| it.shifts(since, until)) {
                            found.push(OnCall {
                                user: shift.user,
                                policy,
                                level,
                                schedule: Some(id),
                                start: Some(shift.start),
                                end: Some(shift.end),
                            });
                        }
                    }
                }
            }
        }
    }
    found
}
