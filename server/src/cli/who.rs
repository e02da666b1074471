//! Commands that act for somebody who is connected.

use pagerduty_connect::{Clock, Connect, UserId};

use super::{Failure, vault};
use crate::config::{Config, Flags};

/// Everything it takes to act for people, beside a program that serves.
pub(super) async fn connect(flags: Flags) -> Result<(Config, Connect), Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    #[cfg(feature = "sandbox")]
    let config = super::sandbox::elsewhere(config)?;
    let vault = vault::open(&config).await?;
    let connect = Connect::new(config.registration()?, vault, Clock::system()).map_err(|e| e.to_string())?;
    Ok((config, connect))
}

/// The one person who is meant.
pub(super) async fn one(connect: &Connect, known_by: Option<&str>) -> Result<UserId, Failure> {
    let mut found = connect.find_users(known_by).await.map_err(|e| e.to_string())?;
    match (found.len(), known_by) {
        (1, _) => Ok(found.remove(0).0),
        (0, None) => Err("nobody is connected. Start `pdconnect` and connect in the browser".into()),
        (0, Some(who)) => Err(nobody(who)),
        _ => {
            let names = found.iter().map(|(user, about)| format!("\n  --user {user}   {}", about.user.email));
            Err(format!("several people are connected; say whose it shall be:{}", names.collect::<String>()))
        }
    }
}

pub(super) fn nobody(who: &str) -> Failure {
    format!("--user {who}: nobody of that name is connected. Who is: pdconnect sessions")
}
