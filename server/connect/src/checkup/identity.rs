//! The identity host, and the clock that its tokens are read by.

use jiff::fmt::rfc2822::DateTimeParser;
use pagerduty::{Error, oauth::Published};

use super::Finding;
use crate::Connect;

/// An ID token that is newer or older than this by more is refused.
const MOST_SKEW_SECS: i64 = 60;
/// No clock that is set by the network is so far off.
const MUCH_SKEW_SECS: i64 = 20;

pub(super) fn check(connect: &Connect, published: &Result<Published, Error>) -> Vec<Finding> {
    let host = connect.oauth().identity_host();
    let host = host.host_str().unwrap_or_default();
    match published {
        Ok(it) => {
            let clock = it.date.as_deref().and_then(|date| clock(connect.now(), date));
            std::iter::once(keys(host, it)).chain(clock).collect()
        }
        Err(Error::Unreachable { why, .. }) => vec![Finding::failed(
            "identity-host",
            "unreachable",
            format!("{host} could not be reached: {why}."),
            "Check the network and the firewall of this machine: it must reach PagerDuty by HTTPS, without a proxy.",
        )],
        Err(why) => vec![Finding::failed(
            "identity-host",
            "unexpected",
            format!("{host} does not answer as PagerDuty does: {why}."),
            "status.pagerduty.com tells whether PagerDuty is in trouble. Otherwise something between this machine and \
             PagerDuty answers in its place, or the identity host is not PagerDuty’s.",
        )],
    }
}

fn keys(host: &str, published: &Published) -> Finding {
    if published.keys == 0 {
        return Finding::failed(
            "identity-host",
            "no-keys",
            format!("{host} publishes no key, so that nobody’s sign-in can be checked."),
            "status.pagerduty.com tells whether PagerDuty is in trouble.",
        );
    }
    if !published.metadata {
        return Finding::warning(
            "identity-host",
            "metadata",
            format!("{host} answers and publishes its keys, but its metadata names another issuer, or none."),
            "Signing in may still work. If it does not, compare the identity host with PagerDuty’s documentation.",
        );
    }
    Finding::ok("identity-host", format!("{host} answers, and publishes its metadata and its keys."))
}

fn clock(now: i64, date: &str) -> Option<Finding> {
    let theirs = DateTimeParser::new().parse_timestamp(date).ok()?.as_second();
    let skew = now - theirs;
    let which = if skew < 0 { "behind" } else { "ahead of" };
    let found = format!("The clock of this machine is {} seconds {which} PagerDuty’s.", skew.abs());
    let todo = "Let the machine set its clock by the network (NTP).";
    Some(if skew.abs() <= MUCH_SKEW_SECS {
        Finding::ok("clock", "The clock of this machine agrees with PagerDuty’s.")
    } else if skew.abs() <= MOST_SKEW_SECS {
        Finding::warning("clock", "clock-skew", found, todo)
    } else {
        Finding::failed("clock", "clock-skew", format!("{found} Sign-ins are refused."), todo)
    })
}
