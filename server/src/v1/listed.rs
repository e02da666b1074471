//! A connection in a list, as programs read it, over HTTP and from the command line.

use pagerduty_connect::{Found, State};
use serde_json::{Value, json};

pub(crate) fn listed(found: &Found) -> Value {
    let Found { user, connection } = found;
    let (about, times) = (&connection.about, connection.times);
    let (state, reason) = standing(connection.state);
    json!({
        "id": user.as_str(),
        "user": user.owner(),
        "account": { "id": user.account_id(), "subdomain": about.subdomain, "region": about.region().code() },
        "person": { "id": about.user.id, "name": about.user.name, "email": about.user.email },
        "scope": about.granted().to_string(),
        "missing_scope": about.missing().to_string(),
        "state": state,
        "reason": reason,
        "connected_at": times.connected_at,
        "refreshed_at": times.refreshed_at,
        "expires_at": times.access_until,
        "idle_until": times.idle_until,
    })
}

/// The word for it, and why its person must connect again.
pub(crate) fn standing(state: State) -> (&'static str, Option<&'static str>) {
    match state {
        State::Connected | State::Refreshing => ("connected", None),
        State::NeedsReconnect(reason) => ("needs-reconnect", Some(reason.code())),
    }
}
