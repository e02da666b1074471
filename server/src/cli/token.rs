//! `pdconnect token`: a fresh access token, for a script.

use clap::Args;
use pagerduty_connect::{Clock, Connect, Error, UserId};

use super::{Failure, say, vault};
use crate::config::{Config, Flags};

#[derive(Args, Debug)]
pub(super) struct TokenFlags {
    /// Whose: an e-mail address or a user ID of PagerDuty. Not needed where one person is connected
    #[arg(long, value_name = "WHO")]
    user: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(TokenFlags { user, flags }: TokenFlags) -> Result<(), Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    #[cfg(feature = "sandbox")]
    let config = super::sandbox::elsewhere(config)?;
    let vault = vault::open(&config).await?;
    let connect =
        Connect::new(config.registration()?, vault.clone(), Clock::system()).map_err(|e| e.to_string())?;
    let token = fresh(&connect, user.as_deref()).await;
    connect.settle().await;
    vault.close().await;
    say(&token?);
    Ok(())
}

async fn fresh(connect: &Connect, known_by: Option<&str>) -> Result<String, Failure> {
    let user = one(connect, known_by).await?;
    let identity = connect.identity(&user).await.map_err(|e| match e {
        e if e.is_reconnect_required() => format!("{e}. Connect again, in the browser"),
        Error::Later { wait, .. } => {
            format!("PagerDuty cannot be asked for a new token. Try again in {} s", wait.as_secs().max(1))
        }
        e => e.to_string(),
    })?;
    tracing::warn!(target: "security", event = "token.printed", user = %user);
    Ok(identity.access_token.expose().to_owned())
}

async fn one(connect: &Connect, known_by: Option<&str>) -> Result<UserId, Failure> {
    let mut found = connect.find_users(known_by).await.map_err(|e| e.to_string())?;
    match (found.len(), known_by) {
        (1, _) => Ok(found.remove(0).0),
        (0, None) => Err("nobody is connected. Start `pdconnect` and connect in the browser".into()),
        (0, Some(who)) => Err(format!("--user {who}: nobody of that name is connected")),
        _ => {
            let names = found.iter().map(|(user, about)| format!("\n  --user {user}   {}", about.user.email));
            Err(format!("several people are connected; say whose it shall be:{}", names.collect::<String>()))
        }
    }
}
