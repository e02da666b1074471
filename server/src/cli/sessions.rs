//! `pdconnect sessions`: who is signed in to this app, and the end of it.

use clap::{ArgGroup, Args, Subcommand};
use pagerduty_connect::{About, Connect, Filter, Found, UserId, session::Listed};
use serde_json::{Value, json};

use super::{Failure, say, table, time, who};
use crate::config::Flags;

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct SessionsFlags {
    #[command(subcommand)]
    end: Option<SessionsCommand>,
    /// Whose: an e-mail address or a user ID of PagerDuty. Everybody's if left out
    #[arg(long, value_name = "WHO")]
    user: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum SessionsCommand {
    /// Sign browsers out; connections stay.
    #[command(after_help = "\
Example:
  pdconnect sessions end --user bethany@acme.example

Next: whoever was signed out signs in through PagerDuty again. To end the connection too, they press Disconnect.")]
    End(EndFlags),
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("whose").required(true))]
struct EndFlags {
    /// Whose: an e-mail address or a user ID of PagerDuty
    #[arg(long, value_name = "WHO", group = "whose")]
    user: Option<String>,
    /// Everybody's; needs --yes
    #[arg(long, group = "whose")]
    all: bool,
    /// Do not ask back
    #[arg(long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(sessions: SessionsFlags) -> Result<(), Failure> {
    match sessions.end {
        None => list(sessions.user, sessions.json, sessions.flags).await,
        Some(SessionsCommand::End(flags)) => end(flags).await,
    }
}

/// A person, and one of their sessions.
type Row = (UserId, About, Listed);

async fn list(user: Option<String>, json: bool, flags: Flags) -> Result<(), Failure> {
    let (_, connect) = who::connect(flags).await?;
    let rows = all(&connect, user.as_deref()).await;
    connect.vault().close().await;
    let rows = rows?;
    if json {
        return say(&json!({ "sessions": rows.iter().map(in_json).collect::<Vec<_>>() }).to_string());
    }
    if rows.is_empty() {
        return say("Nobody is signed in.");
    }
    let line = |(user, about, listed): &Row| {
        [
            about.user.email.clone(),
            listed.browser.clone(),
            time(listed.started_at),
            time(listed.seen_at),
            user.to_string(),
        ]
    };
    say(&table(["WHO", "BROWSER", "SINCE", "LAST SEEN", "USER ID"], rows.iter().map(line)))
}

async fn end(EndFlags { user, yes, json, flags, .. }: EndFlags) -> Result<(), Failure> {
    let (_, connect) = who::connect(flags).await?;
    let ended = async {
        let people = match user.as_deref() {
            Some(name) => vec![who::one_of(&connect, Filter::all().of_hosts(false), Some(name)).await?],
            None if yes => {
                let found = who::all(&connect, &Filter::all().of_hosts(false)).await?;
                found.into_iter().map(|found| found.user).collect()
            }
            None => {
                let count = all(&connect, None).await?.len();
                return Err(format!(
                    "--all signs everybody out (sessions now: {count}); nothing was ended yet. If that is meant, add --yes"
                ));
            }
        };
        let mut ended = 0;
        for user in &people {
            ended += connect.end_all_sessions(user).await.map_err(|e| e.to_string())?;
        }
        Ok(ended)
    };
    let ended = ended.await;
    connect.settle().await;
    connect.vault().close().await;
    let ended = ended?;
    if json {
        return say(&json!({ "ended": ended }).to_string());
    }
    say(&match ended {
        0 => "There was no session to end.".to_owned(),
        1 => "One session was ended. The connection stays.".to_owned(),
        _ => format!("{ended} sessions were ended. The connections stay."),
    })
}

async fn all(connect: &Connect, known_by: Option<&str>) -> Result<Vec<Row>, Failure> {
    let all = Filter::all().of_hosts(false);
    let filter = known_by.map_or(all.clone(), |name| all.known_by(name));
    let people = who::all(connect, &filter).await?;
    if let (Some(who), true) = (known_by, people.is_empty()) {
        return Err(who::nobody(who));
    }
    let mut rows = Vec::new();
    for Found { user, connection } in people {
        let about = connection.about;
        let sessions = connect.live_sessions(&user).await.map_err(|e| e.to_string())?;
        rows.extend(sessions.into_iter().map(|listed| (user.clone(), about.clone(), listed)));
    }
    Ok(rows)
}

fn in_json((user, about, listed): &Row) -> Value {
    json!({
        "user": user.as_str(),
        "email": about.user.email,
        "name": about.user.name,
        "browser": listed.browser,
        "started_at": time(listed.started_at),
        "seen_at": time(listed.seen_at),
    })
}
