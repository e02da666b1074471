//! `/escalation_policies`.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;

use super::body::Sent;
use super::call::{Act, Call};
use super::errors;
use super::find::{Find, lets};
use super::made::{made, one_found};
use super::page::Page;
use super::shape::Shape;
use super::sort::by_name;
use crate::account::{Account, Level, Policy, Target};

pub(super) async fn list(call: Call) -> Result<Response, Response> {
    call.needs_scope("escalation_policies.read")?;
    let page = Page::of(&call)?;
    let find = Find::by(&call);
    let (teams, users) = (find.teams()?, find.ids("user_ids[]"));
    let account = call.account();
    let fits = |policy: &&Policy| {
        find.words(&policy.name)
            && lets(teams.as_ref(), policy.teams.iter().map(String::as_str))
            && users.as_ref().is_none_or(|users| users.iter().any(|user| policy.names_user(user)))
    };
    let mut found: Vec<&Policy> = account.policies.all().filter(fits).collect();
    by_name(&call, &mut found, |policy| &policy.name)?;
    let shape = Shape::of(&call, &account);
    Ok(page.of_all("escalation_policies", &found, |policy| shape.policy(policy)))
}

pub(super) async fn one(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("escalation_policies.read")?;
    let found = {
        let account = call.account();
        account.policies.get(&id).map(|it| Shape::of(&call, &account).policy(it))
    };
    one_found("escalation_policy", found).await
}

pub(super) async fn create(call: Call, body: Bytes) -> Result<Response, Response> {
    call.needs_scope("escalation_policies.write")?;
    call.may(Act::Configure)?;
    let mut sent = Sent::read(&call, &body, "escalation_policy")?;
    sent.is_of_type("escalation_policy");
    let (name, description) = (sent.needed_text("name", 100), sent.text("description", 1024));
    let loops = sent.number("num_loops").unwrap_or(0);
    if loops > 9 {
        sent.wrong("Num loops must be less than or equal to 9");
    }
    let (rules, teams) = (sent.list("escalation_rules"), sent.references("teams"));
    if !teams.is_empty() {
        call.needs_ability("teams")?;
    }

    let mut account = call.account();
    if account.policies.named(&name).is_some() {
        sent.wrong("Name has already been taken");
    }
    if let Some(team) = teams.iter().find(|team| !account.teams.has(team)) {
        sent.wrong(format!("Team {team} not found"));
    }
    if rules.is_empty() {
        sent.wrong("Escalation rules can't be blank");
    }
    let id = account.next_id();
    let mut levels = Vec::new();
    for (place, rule) in rules.into_iter().enumerate() {
        levels.push(level(&account, &mut sent, rule, format!("{id}R{}", place + 1))?);
    }
    sent.check()?;
    let policy = Policy { id, name, description, levels, loops, teams };
    account.policies.add(policy.clone());
    Ok(made("escalation_policy", Shape::of(&call, &account).policy(&policy)))
}

fn level(account: &Account, sent: &mut Sent, rule: Value, id: String) -> Result<Level, Response> {
    let mut rule = Sent::of(rule)?;
    let delay_minutes = rule.number("escalation_delay_in_minutes").unwrap_or(0);
    if delay_minutes == 0 {
        sent.wrong("Escalation delay in minutes must be greater than or equal to 1");
    }
    let mut targets = Vec::new();
    for target in rule.list("targets") {
        let id = target.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = target.get("type").and_then(Value::as_str).unwrap_or_default();
        match kind.trim_end_matches("_reference") {
            "user" if account.users.has(&id) => targets.push(Target::User(id)),
            "schedule" if account.schedules.has(&id) => targets.push(Target::Schedule(id)),
            "user" => return Err(errors::missing("User")),
            "schedule" => return Err(errors::missing("Schedule")),
            _ => sent.wrong("Target type must be user or schedule"),
        }
    }
    if targets.is_empty() {
        sent.wrong("Targets can't be blank");
    }
    Ok(Level { id, delay_minutes, targets })
}
