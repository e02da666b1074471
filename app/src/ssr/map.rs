//! From the library's types to what the pages show.

use jiff::{Timestamp, tz::TimeZone};
use pagerduty::{Client, Scopes, scope};
use pagerduty_connect::{Connection, walkthrough};

use super::standing;
use crate::{
    account::Account,
    how::{Parameter, Step},
    permission::Permission,
};

pub(crate) fn permissions(scopes: &Scopes) -> Vec<Permission> {
    scopes
        .iter()
        .map(|s| Permission { scope: s.to_owned(), words: scope::words(s), writes: scope::writes(s) })
        .collect()
}

pub(super) fn account(connection: Connection, client: &Client, now: i64) -> Account {
    let standing = standing::of(&connection, now);
    let about = connection.about;
    Account {
        role: about.user.role_name().to_owned(),
        region: about.region().name().to_owned(),
        granted: permissions(&about.granted()),
        missing: permissions(&about.missing()),
        standing,
        profile_url: about.user.html_url.filter(|url| is_pagerduty_page(url)),
        avatar: about
            .user
            .avatar_url
            .filter(|url| client.allows_avatar(url).is_some())
            .map(|_| "/avatar".to_owned()),
        name: about.user.name,
        email: about.user.email,
        job_title: about.user.job_title.filter(|title| !title.is_empty()),
        time_zone: about.user.time_zone,
        teams: about.user.teams.into_iter().map(|team| team.summary.unwrap_or(team.id)).collect(),
        subdomain: about.subdomain,
    }
}

/// A link is shown only when it leads to PagerDuty, whatever the account holds.
pub(crate) fn is_pagerduty_page(address: &str) -> bool {
    address
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(host, _)| host.ends_with(".pagerduty.com") && host.bytes().all(is_of_a_name))
}

/// Anything else, `#` and `?` too, would end the host earlier than it seems.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

pub(super) fn step(step: walkthrough::Step) -> Step {
    let parameters = |list: Vec<walkthrough::Parameter>| list.into_iter().map(parameter).collect();
    Step {
        title: step.title,
        purpose: step.purpose,
        between: step.between,
        back_channel: step.back_channel,
        method: step.method,
        address: step.address,
        parameters: parameters(step.parameters),
        answer: parameters(step.answer),
        status: step.status.map(|status| status.to_string()),
        took: step.took_ms.map(|ms| if ms == 0 { "< 1 ms".to_owned() } else { format!("{ms} ms") }),
        source: step.source,
    }
}

fn parameter(p: walkthrough::Parameter) -> Parameter {
    Parameter { name: p.name, value: p.value, masked: p.masked, meaning: p.meaning }
}

/// "21 November 2026, 09:12 UTC"
pub(crate) fn moment(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(time) => time.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string(),
        Err(_) => "unknown".to_owned(),
    }
}
