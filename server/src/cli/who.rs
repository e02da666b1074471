//! Commands that act for somebody who is connected.

use pagerduty_connect::{Clock, Connect, Filter, Found, UserId};

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

/// So many are listed where one must be chosen.
const MOST: usize = 20;

/// The one person who is meant. Without a name it is whoever has connected here, not a user of another application.
pub(super) async fn one(connect: &Connect, known_by: Option<&str>) -> Result<UserId, Failure> {
    let filter = if known_by.is_none() { Filter::all().of_hosts(false) } else { Filter::all() };
    one_of(connect, filter, known_by).await
}

/// The same, of some.
pub(super) async fn one_of(
    connect: &Connect,
    filter: Filter,
    known_by: Option<&str>,
) -> Result<UserId, Failure> {
    let filter = known_by.map_or(filter.clone(), |name| filter.known_by(name));
    let mut found = connect.identities(&filter, None, MOST).await.map_err(|e| e.to_string())?.found;
    match (found.len(), known_by) {
        (1, _) => Ok(found.remove(0).user),
        (0, None) => {
            Err("nobody is connected here. Start `pdconnect` and connect in the browser; users of other \
                 applications are named with --user: pdconnect identities"
                .into())
        }
        (0, Some(who)) => Err(nobody(who)),
        _ => {
            let name = |it: &Found| format!("\n  --user {}   {}", it.user, it.connection.about.user.email);
            let names = found.iter().map(name);
            Err(format!("several people are connected; say whose it shall be:{}", names.collect::<String>()))
        }
    }
}

pub(super) fn nobody(who: &str) -> Failure {
    format!("--user {who}: nobody of that name is connected. Who is: pdconnect identities")
}

/// Everybody who is meant, a page at a time.
pub(super) async fn all(connect: &Connect, filter: &Filter) -> Result<Vec<Found>, Failure> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = connect.identities(filter, after.as_ref(), 500).await.map_err(|e| e.to_string())?;
        all.extend(page.found);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}
