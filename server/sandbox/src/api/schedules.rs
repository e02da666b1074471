//! `/schedules`.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use jiff::civil::Time;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::body::{Sent, referred};
use super::call::{Act, Call};
use super::find::{Find, lets, read_time};
use super::made::{made, one_found};
use super::page::Page;
use super::shape::{Shape, put};
use crate::account::{Account, Layer, Restriction, Schedule};

pub(super) async fn list(call: Call) -> Result<Response, Response> {
    call.needs_scope("schedules.read")?;
    let page = Page::of(&call)?;
    let find = Find::by(&call);
    let teams = find.teams()?;
    let (since, until) = fortnight(&call)?;
    let account = call.account();
    let fits = |schedule: &&Schedule| {
        find.words(&schedule.name) && lets(teams.as_ref(), schedule.teams.iter().map(String::as_str))
    };
    let found: Vec<&Schedule> = account.schedules.all().filter(fits).collect();
    let shape = Shape::of(&call, &account);
    Ok(page.of_all("schedules", &found, |schedule| {
        let mut body = shape.schedule(schedule);
        if shape.includes("schedule_layers") {
            put(&mut body, "schedule_layers", shape.layers(schedule));
        }
        if shape.includes("overrides_subschedule") {
            put(&mut body, "overrides_subschedule", no_overrides());
        }
        if shape.includes("final_schedule") {
            put(&mut body, "final_schedule", shape.final_schedule(schedule, since, until));
        }
        body
    }))
}

pub(super) fn no_overrides() -> Value {
    json!({ "name": "Overrides", "rendered_schedule_entries": [] })
}

/// What is rendered: two weeks from now unless asked otherwise.
fn fortnight(call: &Call) -> Result<(Timestamp, Timestamp), Response> {
    let find = Find::by(call);
    let since = find.time("since")?.unwrap_or_else(|| call.world().clock.now());
    let later = since.checked_add((14 * 24).hours()).unwrap_or(since);
    Ok((since, find.time("until")?.unwrap_or(later).min(later)))
}

pub(super) async fn one(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("schedules.read")?;
    let found = {
        let account = call.account();
        account.schedules.get(&id).map(|it| Shape::of(&call, &account).schedule(it))
    };
    one_found("schedule", found).await
}

pub(super) async fn create(call: Call, body: Bytes) -> Result<Response, Response> {
    call.needs_scope("schedules.write")?;
    call.may(Act::Configure)?;
    let mut sent = Sent::read(&call, &body, "schedule")?;
    sent.is_of_type("schedule");
    let name = sent.needed_text("name", 100);
    let description = sent.text("description", 1024);
    if sent.field("time_zone").is_none() {
        sent.wrong("Time zone can't be blank");
    }
    let time_zone = sent.time_zone("Etc/UTC");
    let (rows, teams) = (sent.list("schedule_layers"), sent.references("teams"));
    if rows.is_empty() {
        sent.wrong("Schedule layers can't be blank");
    }

    let mut account = call.account();
    if account.schedules.named(&name).is_some() {
        sent.wrong("Name has already been taken");
    }
    let id = account.next_id();
    let mut layers = Vec::new();
    for (place, row) in rows.into_iter().enumerate() {
        layers.extend(layer(&account, &mut sent, row, format!("{id}L{}", place + 1))?);
    }
    sent.check()?;
    let schedule = Schedule { id, name, description, time_zone, layers, teams };
    account.schedules.add(schedule.clone());

    let now = call.world().clock.now();
    let later = now.checked_add((14 * 24).hours()).unwrap_or(now);
    let shape = Shape::of(&call, &account);
    let mut body = shape.schedule(&schedule);
    put(&mut body, "schedule_layers", shape.layers(&schedule));
    put(&mut body, "overrides_subschedule", no_overrides());
    put(&mut body, "final_schedule", shape.final_schedule(&schedule, now, later));
    Ok(made("schedule", body))
}

fn layer(account: &Account, sent: &mut Sent, row: Value, id: String) -> Result<Option<Layer>, Response> {
    let mut row = Sent::of(row)?;
    let name = row.text("name", 100).unwrap_or_else(|| "Layer".to_owned());
    let virtual_start = row.text("rotation_virtual_start", 100).as_deref().and_then(read_time);
    let Some(start) = virtual_start else {
        sent.wrong("Rotation virtual start is invalid");
        return Ok(None);
    };
    let turn = row.number("rotation_turn_length_seconds").and_then(|seconds| i64::try_from(seconds).ok());
    let Some(turn_seconds) = turn.filter(|seconds| (3_600..=31_536_000).contains(seconds)) else {
        sent.wrong("Rotation turn length seconds is invalid");
        return Ok(None);
    };
    let users = row.list("users").into_iter();
    let users: Vec<String> =
        users.filter_map(|entry| referred(entry.get("user").unwrap_or(&entry))).collect();
    if users.is_empty() || users.iter().any(|user| !account.users.has(user)) {
        sent.wrong("Users must be users of the account");
    }
    let restriction = match row.list("restrictions").first() {
        None => None,
        Some(hours) => {
            let read = daily(hours);
            if read.is_none() {
                sent.wrong("Restrictions must be daily");
            }
            read
        }
    };
    Ok(Some(Layer { id, name, start, turn_seconds, users, restriction }))
}

/// The sandbox knows one daily restriction for each layer.
fn daily(hours: &Value) -> Option<Restriction> {
    let text = |name: &str| hours.get(name).and_then(Value::as_str);
    text("type").filter(|kind| *kind == "daily_restriction")?;
    let from: Time = text("start_time_of_day")?.parse().ok()?;
    let seconds = hours.get("duration_seconds")?.as_i64().filter(|seconds| (1..=86_400).contains(seconds))?;
    let from_second =
        i64::from(from.hour()) * 3600 + i64::from(from.minute()) * 60 + i64::from(from.second());
    Some(Restriction { from_second, seconds })
}
