//! How a connection stands, in sentences.

use pagerduty_connect::{Connection, State, Trouble, session::Listed};

use super::map::moment;
use crate::account::{Clock, Seat, Standing};

pub(super) fn of(connection: &Connection, now: i64) -> Standing {
    let left = connection.times.access_until > now;
    let (code, title, detail, is_over) = match connection.state {
        State::Connected => ("connected", "Connected", connected(left, connection.trouble), false),
        State::Refreshing => (
            "refreshing",
            "Renewing",
            "New tokens are being fetched at this moment. Reload to see how it went.",
            false,
        ),
        State::NeedsReconnect(reason) => {
            let (title, detail) = reason.words(left);
            (reason.code(), title, detail, true)
        }
    };
    Standing {
        code: code.into(),
        title: title.into(),
        detail: detail.into(),
        is_over,
        trouble: connection.trouble.map(|(trouble, at)| format!("{}, {}.", words(trouble), ago(at, now))),
    }
}

fn connected(left: bool, trouble: Option<(Trouble, i64)>) -> &'static str {
    match (left, trouble) {
        (true, None) => "PagerDuty answers this app in your name. Tokens are renewed by themselves.",
        (true, Some(_)) => {
            "It works for now, but the tokens could not be renewed. That is tried again by itself."
        }
        (false, None) => "The access token has ended. The next use fetches another.",
        (false, Some(_)) => {
            "The access token has ended, and another could not be fetched. It is tried again at the next use."
        }
    }
}

/// The stations of its life, in order. One that is over has no future beyond its token.
pub(super) fn clocks(connection: &Connection, now: i64) -> Vec<Clock> {
    let (times, is_over) = (connection.times, matches!(connection.state, State::NeedsReconnect(_)));
    let clock = |name: &str, at: i64, meaning: &str| Clock {
        name: name.into(),
        near: near(at, now),
        moment: moment(at),
        meaning: meaning.into(),
        is_past: at <= now,
    };
    let mut clocks = vec![clock("Connected", times.connected_at, "You agreed at PagerDuty.")];
    if times.refreshed_at > times.connected_at {
        clocks.push(clock("Last renewed", times.refreshed_at, "PagerDuty gave new tokens."));
    }
    let (name, meaning) = match (times.access_until > now, is_over) {
        (true, false) => ("Access token ends", "The next one comes by itself."),
        (true, true) => ("Access token ends", "Until then it still works."),
        (false, false) => ("Access token ended", "The next use fetches another."),
        (false, true) => ("Access token ended", "Only connecting again helps."),
    };
    clocks.push(clock(name, times.access_until, meaning));
    if is_over {
        return clocks;
    }
    if times.idle_until < times.window_until {
        clocks.push(clock("Unused, it ends", times.idle_until, "Each renewal puts this off."));
    }
    clocks.push(clock("PagerDuty asks again", times.window_until, "Then you agree anew."));
    clocks
}

fn words(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unreachable => "PagerDuty could not be reached",
        Trouble::RateLimited => "PagerDuty asked to slow down",
        Trouble::InTrouble => "PagerDuty answered with an error of its own",
        Trouble::Unreadable => "PagerDuty's answer made no sense",
        Trouble::Misconfigured => {
            "PagerDuty does not accept this app's client ID and secret; its operator must mend that"
        }
    }
}

/// What the connection page says about what was just done.
pub(super) fn note(code: &str) -> Option<(String, String)> {
    let sentence = match code {
        "checked" => "PagerDuty answered just now, in your name: the connection works.",
        "others-ended" => "Every other browser was signed out.",
        "later" => {
            "PagerDuty does not answer, so nothing could be checked. Nothing is lost; try again in a minute."
        }
        "limited" => "PagerDuty asks to slow down. Wait a minute, then check again.",
        "not-accepted" => {
            "PagerDuty does not accept the access token it has just given. Wait a minute, then check again; \
             if it stays so, connect again."
        }
        "refused" => "PagerDuty answered, but does not let you see your own data. An admin can tell why.",
        "misconfigured" => {
            "PagerDuty does not accept this app's client ID and secret. Whoever runs this app must mend that; \
             your connection is kept."
        }
        _ => return None,
    };
    Some((code.to_owned(), sentence.to_owned()))
}

pub(super) fn note_of(error: &pagerduty::Error) -> &'static str {
    match error {
        pagerduty::Error::RateLimited { .. } => "limited",
        pagerduty::Error::Unauthorized => "not-accepted",
        pagerduty::Error::MissingScope { .. } | pagerduty::Error::Status { status: 402 | 403, .. } => {
            "refused"
        }
        _ => "later",
    }
}

pub(super) fn seat(listed: Listed, now: i64) -> Seat {
    Seat {
        times: format!("Signed in {}, last seen {}", ago(listed.started_at, now), ago(listed.seen_at, now)),
        browser: listed.browser,
        is_this_one: listed.is_this_one,
    }
}

/// "in 23 hours", "2 hours ago"
fn near(at: i64, now: i64) -> String {
    if at > now { format!("in {}", span(at - now)) } else { ago(at, now) }
}

pub(crate) fn ago(at: i64, now: i64) -> String {
    match now - at {
        ..60 => "just now".into(),
        seconds => format!("{} ago", span(seconds)),
    }
}

/// The largest unit that fits: "2 days", "1 minute".
fn span(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (size, unit) = UNITS.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{ago, near, span};

    #[test]
    fn times_are_told_in_the_largest_unit_that_fits() {
        assert_eq!(
            (span(1), span(59), span(60)),
            ("1 second".into(), "59 seconds".into(), "1 minute".into())
        );
        assert_eq!(
            (span(86_399), span(86_400), span(365 * 86_400)),
            ("23 hours".into(), "1 day".into(), "365 days".into())
        );
        assert_eq!((ago(100, 100), ago(0, 7_200)), ("just now".into(), "2 hours ago".into()));
        assert_eq!((near(86_400, 0), near(0, 86_400)), ("in 1 day".into(), "1 day ago".into()));
    }
}
