//! What is to be told to whoever looks after the program. Nothing of it is sealed: it holds ids and reasons.

use std::time::Duration;

pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

use super::{Vault, VaultError};
use crate::{Reason, UserId};
use store::{AlertRow, GONE, WORKS};

/// Something to be told, by one way.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    /// By which a receiver tells doubles.
    pub id: [u8; 16],
    pub user: UserId,
    pub news: News,
    /// In Unix seconds.
    pub noted_at: i64,
    /// The one under way included.
    pub tries: i64,
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Broken(Reason),
    /// It works again, most likely because the person has connected again.
    Works,
    /// It is not there any more.
    Gone,
}

impl News {
    fn from_code(code: &str) -> Option<Self> {
        match code {
            WORKS => Some(Self::Works),
            GONE => Some(Self::Gone),
            reason => Reason::from_code(reason).map(Self::Broken),
        }
    }
}

impl Vault {
    /// Writes down what is new of connections, for each of the ways; any replica may at any time.
    pub(crate) async fn note_news(&self, ways: &[&str], now: i64) -> Result<u64, VaultError> {
        self.store()?.note_news(ways, now).await
    }

    /// Takes some that are due. They come up again when `hold` has passed, should this process not live to say how
    /// it went.
    pub(crate) async fn due_alerts(
        &self,
        way: &str,
        limit: i64,
        hold: Duration,
    ) -> Result<Vec<Alert>, VaultError> {
        // What a newer version has noted is left to it.
        let alert = |row: AlertRow| {
            let AlertRow { id, user, news, noted_at, tries, .. } = row;
            News::from_code(&news).map(|news| Alert { id, user, news, noted_at, tries })
        };
        Ok(self.store()?.due_alerts(way, limit, hold).await?.into_iter().filter_map(alert).collect())
    }

    pub(crate) async fn postpone_alert(&self, id: &[u8; 16], due_in: Duration) -> Result<(), VaultError> {
        self.store()?.postpone_alert(id, due_in).await
    }

    pub(crate) async fn remove_alert(&self, id: &[u8; 16]) -> Result<(), VaultError> {
        self.store()?.remove_alert(id).await
    }

    /// Forgets what was noted before this: by which way it was to be told, and about whom.
    pub(crate) async fn forget_alerts(&self, noted_before: i64) -> Result<Vec<(String, UserId)>, VaultError> {
        let forgotten = self.store()?.forget_alerts(noted_before).await?;
        Ok(forgotten.into_iter().map(|row| (row.way, row.user)).collect())
    }
}

pub(super) fn new_id() -> Result<[u8; 16], VaultError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| VaultError::NoRandomness)?;
    Ok(id)
}
