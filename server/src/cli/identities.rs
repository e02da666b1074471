//! `pdconnect identities` and `pdconnect disconnect`: who is connected, and the end of it.

use clap::Args;
use pagerduty_connect::{Connect, Disconnected, Filter, Found, Owner, State};
use serde_json::{Value, json};

use super::{Failure, say, table, time, who};
use crate::config::Flags;

#[derive(Args, Debug)]
pub(super) struct Identities {
    /// Only of somebody: an e-mail address or a user ID of PagerDuty, a connection's ID, or a host application's user
    #[arg(long, value_name = "WHO")]
    user: Option<String>,
    /// Only in one PagerDuty account, by its ID
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only those that must be connected again
    #[arg(long)]
    broken: bool,
    /// Print one JSON object for each, on a line of its own
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Args, Debug)]
pub(super) struct Disconnect {
    /// Whose: an e-mail address or a user ID of PagerDuty, or a connection's ID
    #[arg(long, value_name = "WHO", required_unless_present = "owner", conflicts_with = "owner")]
    user: Option<String>,
    /// All connections of a host application's user
    #[arg(long, value_name = "ID")]
    owner: Option<String>,
    /// Though there are several
    #[arg(long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn list(asked: Identities) -> Result<(), Failure> {
    let Identities { user, account, broken, json, flags } = asked;
    let mut filter = user.as_deref().map_or_else(Filter::all, |name| Filter::all().known_by(name));
    if let Some(account) = &account {
        filter = filter.in_account(account);
    }
    if broken {
        filter = filter.broken(true);
    }
    let connect = who::connect(flags).await?.1;
    let all = who::all(&connect, &filter).await;
    connect.vault().close().await;
    let all = all?;
    if json {
        all.iter().for_each(|found| say(&object(found).to_string()));
    } else if all.is_empty() {
        say("Nobody is connected, as far as was asked.");
    } else {
        say(&table(["WHO", "ACCOUNT", "STATE", "SINCE", "ID"], all.iter().map(line)));
    }
    Ok(())
}

fn state(found: &Found) -> (&'static str, Option<&'static str>) {
    match found.connection.state {
        State::Connected | State::Refreshing => ("connected", None),
        State::NeedsReconnect(reason) => ("needs-reconnect", Some(reason.code())),
    }
}

fn object(found: &Found) -> Value {
    let (about, times) = (&found.connection.about, found.connection.times);
    let (state, reason) = state(found);
    json!({
        "id": found.user.as_str(),
        "owner": found.user.owner(),
        "email": about.user.email,
        "subdomain": about.subdomain,
        "region": about.region().code(),
        "scopes": about.granted().to_string(),
        "state": state,
        "reason": reason,
        "connected_at": time(times.connected_at),
        "refreshed_at": time(times.refreshed_at),
        "access_until": time(times.access_until),
        "idle_until": time(times.idle_until),
    })
}

fn line(found: &Found) -> [String; 5] {
    let about = &found.connection.about;
    let (state, reason) = state(found);
    let state = reason.map_or_else(|| state.to_owned(), |reason| format!("{state} ({reason})"));
    let since = time(found.connection.times.connected_at);
    [about.user.email.clone(), about.subdomain.clone(), state, since, found.user.to_string()]
}

pub(super) async fn disconnect(asked: Disconnect) -> Result<(), Failure> {
    let Disconnect { user, owner, yes, json, flags } = asked;
    let filter = match (&user, &owner) {
        (_, Some(id)) => Filter::of(
            &Owner::parse(id)
                .ok_or("--owner: 1 to 200 letters, digits and signs of ASCII, without spaces")?,
        ),
        (Some(name), None) => Filter::all().known_by(name),
        (None, None) => return Err("say whose it shall be, with --user or --owner".into()),
    };
    let connect = who::connect(flags).await?.1;
    let ended = end(&connect, &filter, yes).await;
    connect.settle().await;
    connect.vault().close().await;
    let ended = ended?;
    let not_revoked = ended.iter().filter(|(_, how)| *how != Disconnected::Revoked).count();
    if json {
        say(&json!({ "deleted": ended.len(), "not_revoked": not_revoked }).to_string());
        return Ok(());
    }
    for (who, how) in &ended {
        say(&match how {
            Disconnected::Revoked | Disconnected::WasNone => {
                format!("{who}: disconnected, and revoked at PagerDuty.")
            }
            Disconnected::NotRevoked => format!(
                "{who}: disconnected here. PagerDuty did not answer; the program that serves goes on telling it for a day."
            ),
            Disconnected::Unreadable => format!(
                "{who}: disconnected here. What was stored does not open, so PagerDuty was not told: revoke it there, by hand."
            ),
        });
    }
    Ok(())
}

async fn end(connect: &Connect, filter: &Filter, yes: bool) -> Result<Vec<(String, Disconnected)>, Failure> {
    let found = who::all(connect, filter).await?;
    if found.is_empty() {
        return Err("nobody of that name is connected. See `pdconnect identities`".into());
    }
    if found.len() > 1 && !yes {
        let all = found.iter().map(|found| format!("\n  --user {}", found.user)).collect::<String>();
        return Err(format!(
            "several connections are meant; say --yes to end them all, or one of them:{all}"
        ));
    }
    let mut ended = Vec::new();
    for found in found {
        let how = connect.disconnect(&found.user).await.map_err(|e| e.to_string())?;
        ended.push((found.user.to_string(), how));
    }
    Ok(ended)
}
