//! `pdconnect identities` and `pdconnect disconnect`: who is connected, and the end of it.

use clap::Args;
use pagerduty_connect::{Connect, Disconnected, Error, Filter, Found, Owner, UserId};
use serde_json::{Value, json};

use super::{Failure, say, table, time, who};
use crate::{
    config::Flags,
    v1::{listed, standing},
};

/// Of a connection that was altered.
const UNREADABLE: &str = "unreadable";

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
    /// Print one JSON object
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
    let meant = meant(&connect, &filter).await;
    connect.vault().close().await;
    let (found, unreadable) = meant?;
    if json {
        let all: Vec<Value> = found.iter().map(listed).chain(unreadable.iter().map(listed_by_id)).collect();
        return say(&json!({ "identities": all }).to_string());
    }
    if found.is_empty() && unreadable.is_empty() {
        return say("Nobody is connected, as far as was asked.");
    }
    let lines = found.iter().map(line).chain(unreadable.iter().map(line_by_id));
    say(&table(["WHO", "ACCOUNT", "STATE", "SINCE", "ID"], lines))
}

/// Who is meant, and whose connection does not open: of these only the id is known.
async fn meant(connect: &Connect, filter: &Filter) -> Result<(Vec<Found>, Vec<UserId>), Failure> {
    let found = who::all(connect, filter).await?;
    let unreadable = connect.unreadable(filter).await.map_err(|e| e.to_string())?;
    Ok((found, unreadable))
}

fn listed_by_id(user: &UserId) -> Value {
    json!({
        "id": user.as_str(),
        "user": user.owner(),
        "account": { "id": user.account_id() },
        "state": UNREADABLE,
    })
}

fn line(found: &Found) -> [String; 5] {
    let about = &found.connection.about;
    let (state, reason) = standing(found.connection.state);
    let state = reason.map_or_else(|| state.to_owned(), |reason| format!("{state} ({reason})"));
    let since = time(found.connection.times.connected_at);
    [about.user.email.clone(), about.subdomain.clone(), state, since, found.user.to_string()]
}

fn line_by_id(user: &UserId) -> [String; 5] {
    let unknown = || "?".to_owned();
    [unknown(), user.account_id().to_owned(), UNREADABLE.to_owned(), unknown(), user.to_string()]
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
    let outcomes: Vec<(&UserId, Disconnected)> =
        ended.iter().filter_map(|(user, how)| Some((user, *how.as_ref().ok()?))).collect();
    if json {
        say(&counted(outcomes.iter().map(|(_, how)| *how)).to_string())?;
    } else {
        outcomes.iter().try_for_each(|(user, how)| say(&format!("{user}: {}", told(*how))))?;
    }
    let failed = ended.iter().filter_map(|(user, how)| Some((user, how.as_ref().err()?)));
    let left: String = failed.map(|(user, why)| format!("\n  {user}: {why}")).collect();
    if left.is_empty() { Ok(()) } else { Err(format!("not disconnected, as far as is known:{left}")) }
}

fn told(how: Disconnected) -> &'static str {
    match how {
        Disconnected::Revoked => "disconnected, and revoked at PagerDuty.",
        Disconnected::NotRevoked => {
            "disconnected here. PagerDuty did not answer; the program that serves goes on telling it for a day."
        }
        Disconnected::Unreadable => {
            "disconnected here. What was stored does not open, so PagerDuty was not told: revoke it there, by hand."
        }
        Disconnected::WasNone => "somebody else has disconnected it meanwhile.",
    }
}

/// In the words of `DELETE /v1/identities`.
fn counted(ended: impl Iterator<Item = Disconnected>) -> Value {
    let (mut deleted, mut not_revoked) = (0, 0);
    for how in ended {
        deleted += u32::from(how != Disconnected::WasNone);
        not_revoked += u32::from(matches!(how, Disconnected::NotRevoked | Disconnected::Unreadable));
    }
    json!({ "deleted": deleted, "not_revoked": not_revoked })
}

/// What became of each connection, or why it may still be there.
type Ended = Vec<(UserId, Result<Disconnected, Error>)>;

async fn end(connect: &Connect, filter: &Filter, yes: bool) -> Result<Ended, Failure> {
    let (found, unreadable) = meant(connect, filter).await?;
    let users: Vec<UserId> = found.into_iter().map(|found| found.user).chain(unreadable).collect();
    if users.is_empty() {
        return Err("nobody of that name is connected. See `pdconnect identities`".into());
    }
    if users.len() > 1 && !yes {
        let all = users.iter().map(|user| format!("\n  --user {user}")).collect::<String>();
        return Err(format!(
            "several connections are meant; say --yes to end them all, or one of them:{all}"
        ));
    }
    let mut ended = Vec::new();
    for user in users {
        let how = connect.disconnect(&user).await;
        ended.push((user, how));
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_has_ended_meanwhile_is_not_told_as_revoked() {
        assert!(!told(Disconnected::WasNone).contains("revoked"));
        let how = [Disconnected::WasNone, Disconnected::Revoked, Disconnected::Unreadable];
        assert_eq!(counted(how.into_iter()), json!({ "deleted": 2, "not_revoked": 1 }));
    }
}
