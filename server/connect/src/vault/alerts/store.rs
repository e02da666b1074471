//! What a home does for alerts: an outbox, filled from how the connections stand.

use std::time::Duration;

use async_trait::async_trait;

use crate::{UserId, vault::store::Outcome};

/// How an alarm ended: the connection works again.
pub(in crate::vault) const WORKS: &str = "works";
/// How an alarm ended: the connection is gone.
pub(in crate::vault) const GONE: &str = "gone";

/// Something to be told, by one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::vault) struct AlertRow {
    pub id: [u8; 16],
    pub user: UserId,
    pub way: String,
    /// The code of a reason, [`WORKS`] or [`GONE`].
    pub news: String,
    pub noted_at: i64,
    pub tries: i64,
}

#[async_trait]
pub(in crate::vault) trait AlertStore {
    /// Compares how connections stand with what was told of them, and writes down what is new, for each of the ways.
    /// Of any number of calls at once each piece of news is noted by one. How many there were.
    async fn note_news(&self, ways: &[&str], now: i64) -> Outcome<u64>;
    /// Takes some that are due, of each person the first; they are due again when `hold` has passed.
    async fn due_alerts(&self, way: &str, limit: i64, hold: Duration) -> Outcome<Vec<AlertRow>>;
    async fn postpone_alert(&self, id: &[u8; 16], due_in: Duration) -> Outcome<()>;
    async fn remove_alert(&self, id: &[u8; 16]) -> Outcome<()>;
    /// Forgets what was noted before this, and says what it was.
    async fn forget_alerts(&self, noted_before: i64) -> Outcome<Vec<AlertRow>>;
}
