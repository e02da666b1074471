//! What a row of a file of services asks for.

use super::{
    cell::{key, shown},
    columns::Column,
    contacts::whole,
    fields::{Fields, text},
    listed::Entry,
};
use crate::import::wanted::{Timeout, WantedService};

/// The most characters of a service's name.
const MAX_NAME: usize = 255;
/// The most characters of its description.
const MAX_DESCRIPTION: usize = 1024;
/// Thirty days.
const MAX_TIMEOUT_SECONDS: u64 = 30 * 24 * 60 * 60;

pub(super) fn read(fields: &mut Fields<'_>) -> WantedService {
    WantedService {
        name: fields.required(Column::Name, text(MAX_NAME)),
        description: fields.value(Column::Description, text(MAX_DESCRIPTION)),
        escalation_policy: fields.value(Column::EscalationPolicy, text(MAX_NAME)),
        teams: fields.each(Column::Teams, team, |it| it.to_lowercase()),
        auto_resolve_timeout: fields.value(Column::AutoResolveTimeout, timeout),
        acknowledgement_timeout: fields.value(Column::AcknowledgementTimeout, timeout),
        alert_creation: fields.value(Column::AlertCreation, alert_creation),
        urgency: fields.value(Column::Urgency, urgency),
    }
}

fn team(entry: &Entry) -> Result<String, String> {
    match whole(entry)? {
        "" => Err("A team has no name here.".to_owned()),
        name => Ok(name.to_owned()),
    }
}

/// `14400`, `4h`, `never`
fn timeout(text: &str) -> Result<Timeout, String> {
    if text.eq_ignore_ascii_case("never") {
        return Ok(Timeout::Never);
    }
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text.strip_prefix(digits).unwrap_or_default().trim() {
        "" | "s" | "S" => Some(1),
        "m" | "M" => Some(60),
        "h" | "H" => Some(60 * 60),
        "d" | "D" => Some(24 * 60 * 60),
        _ => None,
    };
    let number: Option<u64> = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    let seconds = number.zip(unit).map(|(number, unit)| number.saturating_mul(unit));
    match seconds.filter(|seconds| *seconds <= MAX_TIMEOUT_SECONDS).map(u32::try_from) {
        Some(Ok(0)) => Ok(Timeout::Never),
        Some(Ok(seconds)) => Ok(Timeout::Seconds(seconds)),
        _ => Err(format!(
            "{} is not a time of up to 30 days. Write seconds (14400), a number with s, m, h or d (4h), or never.",
            shown(text)
        )),
    }
}

fn alert_creation(text: &str) -> Result<String, String> {
    match key(text).as_str() {
        "createincidents" | "incidents" => Ok("create_incidents".to_owned()),
        "createalertsandincidents" | "alertsandincidents" => Ok("create_alerts_and_incidents".to_owned()),
        _ => Err(format!("{} is neither “create_incidents” nor “create_alerts_and_incidents”.", shown(text))),
    }
}

fn urgency(text: &str) -> Result<String, String> {
    match key(text).as_str() {
        "high" => Ok("high".to_owned()),
        "low" => Ok("low".to_owned()),
        "severitybased" | "dynamic" => Ok("severity_based".to_owned()),
        _ => Err(format!("{} is none of “high”, “low” and “severity_based”.", shown(text))),
    }
}
