//! `pdconnect token`: a fresh access token, for a script.

use clap::Args;
use pagerduty_connect::{Connect, Error, Identity};
use serde_json::json;

use super::{Failure, say, time, who};
use crate::config::Flags;

#[derive(Args, Debug)]
pub(super) struct TokenFlags {
    /// Whose: an e-mail address or a user ID of PagerDuty. Not needed where one person is connected
    #[arg(long, value_name = "WHO")]
    user: Option<String>,
    /// Print JSON: the token, when it ends, what it may do, in which region, and whose it is
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(TokenFlags { user, json, flags }: TokenFlags) -> Result<(), Failure> {
    let (_, connect) = who::connect(flags).await?;
    let identity = fresh(&connect, user.as_deref()).await;
    connect.settle().await;
    connect.vault().close().await;
    let identity = identity?;
    let token = identity.access_token.expose();
    if json {
        let told = json!({
            "token": token,
            "expires_at": time(identity.expires_at),
            "scopes": identity.scopes.iter().collect::<Vec<_>>(),
            "region": identity.region.code(),
            "user": identity.user.as_str(),
        });
        return say(&told.to_string());
    }
    say(token)
}

async fn fresh(connect: &Connect, known_by: Option<&str>) -> Result<Identity, Failure> {
    let user = who::one(connect, known_by).await?;
    let identity = connect.reveal(&user, "terminal").await.map_err(|e| match e {
        e if e.is_reconnect_required() => format!("{e}. Connect again, in the browser"),
        Error::Later { wait, .. } => {
            format!("PagerDuty cannot be asked for a new token. Try again in {} s", wait.as_secs().max(1))
        }
        e => e.to_string(),
    })?;
    tracing::warn!(target: "security", event = "token.printed", user = %user);
    Ok(identity)
}
