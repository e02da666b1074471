//! `/incidents`.

mod change;
mod open;

use std::cmp::Ordering;

use axum::extract::Path;
use axum::response::Response;
use jiff::{Timestamp, ToSpan as _};

use super::call::Call;
use super::errors;
use super::find::{Find, lets};
use super::made::one_found;
use super::page::Page;
use super::shape::Shape;
use super::sort;
use crate::account::{Incident, Status, Urgency};

pub(super) use change::change;
pub(super) use open::open;

/// What a list goes back when no date is given.
const DEFAULT_DAYS: i64 = 30;
/// The longest a list may go back.
const MAX_DAYS: i64 = 180;
const SORTABLE: [&str; 4] = ["incident_number", "created_at", "resolved_at", "urgency"];

pub(super) async fn list(call: Call) -> Result<Response, Response> {
    call.needs_scope("incidents.read")?;
    let page = Page::of(&call)?;
    let find = Find::by(&call);
    let (teams, services, users) = (find.teams()?, find.ids("service_ids[]"), find.ids("user_ids[]"));
    let statuses = named(&find, "statuses[]", Status::named)?;
    let order = sort::fields(&call, &SORTABLE)?;
    if find.ids("urgencies[]").is_some() || order.iter().any(|(field, _)| *field == "urgency") {
        call.needs_ability("urgencies")?;
    }
    let urgencies = named(&find, "urgencies[]", Urgency::named)?;
    let (since, until) = range(&call)?;

    let account = call.account();
    let fits = |incident: &&Incident| {
        let owners = account.services.get(&incident.service);
        let owners = owners.into_iter().flat_map(|service| service.teams.iter().map(String::as_str));
        statuses.as_ref().is_none_or(|wanted| wanted.contains(&incident.status))
            && urgencies.as_ref().is_none_or(|wanted| wanted.contains(&incident.urgency))
            && (since..=until).contains(&incident.created_at)
            && call.query.get("incident_key").is_none_or(|key| key == incident.key)
            && lets(services.as_ref(), [incident.service.as_str()])
            && lets(teams.as_ref(), owners)
            && lets(users.as_ref(), incident.assigned.iter().map(|happened| happened.user.as_str()))
    };
    let mut found: Vec<&Incident> = account.incidents.all().filter(fits).collect();
    found.sort_by(|one, other| {
        let mut fields = order.iter().map(|(field, descending)| {
            let order = compare(field, one, other);
            if *descending { order.reverse() } else { order }
        });
        fields.find(|order| order.is_ne()).unwrap_or_else(|| one.number.cmp(&other.number))
    });
    let shape = Shape::of(&call, &account);
    Ok(page.of_all("incidents", &found, |incident| shape.incident(incident)))
}

pub(super) async fn one(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("incidents.read")?;
    let found = {
        let account = call.account();
        account.incidents.get(&id).map(|incident| Shape::of(&call, &account).incident(incident))
    };
    one_found("incident", found).await
}

fn compare(field: &str, one: &Incident, other: &Incident) -> Ordering {
    match field {
        "created_at" => one.created_at.cmp(&other.created_at),
        "resolved_at" => one.resolved_at.cmp(&other.resolved_at),
        "urgency" => one.urgency.cmp(&other.urgency),
        _ => one.number.cmp(&other.number),
    }
}

/// The values of a filter, each of which must be known.
fn named<T>(find: &Find<'_>, filter: &str, named: fn(&str) -> Option<T>) -> Result<Option<Vec<T>>, Response> {
    let Some(names) = find.ids(filter) else { return Ok(None) };
    let values: Option<Vec<T>> = names.into_iter().map(named).collect();
    values.map(Some).ok_or_else(|| {
        errors::invalid(&[format!("{} holds a value that is not known.", filter.trim_end_matches("[]"))])
    })
}

fn range(call: &Call) -> Result<(Timestamp, Timestamp), Response> {
    if call.query.get("date_range") == Some("all") {
        return Ok((Timestamp::MIN, Timestamp::MAX));
    }
    let find = Find::by(call);
    let until = find.time("until")?.unwrap_or_else(|| call.world().clock.now());
    let month = until.checked_sub((DEFAULT_DAYS * 24).hours()).unwrap_or(until);
    let since = find.time("since")?.unwrap_or(month);
    if since > until {
        return Err(errors::bad_arguments("until cannot be before since."));
    }
    if until.as_second() - since.as_second() > MAX_DAYS * 86_400 {
        return Err(errors::bad_arguments("The date range cannot be longer than 6 months."));
    }
    Ok((since, until))
}
