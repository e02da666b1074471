//! What a home does for the operator's keys.

use async_trait::async_trait;

use crate::vault::store::{Outcome, Sealed};

/// One of the operator's keys, as the database knows it.
#[derive(Clone, Debug)]
pub(in crate::vault) struct KeyRow {
    pub id: String,
    /// A known text.
    pub sealed: Vec<u8>,
    /// Whether this is the one that seals.
    pub current: bool,
}

/// A value sealed with the operator's key, and where it stands.
#[derive(Clone, Debug)]
pub(in crate::vault) struct Standing {
    pub table: Table,
    pub row: Vec<u8>,
    pub sealed: Sealed,
}

/// Tables with a column sealed by the operator's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vault) enum Table {
    Attempt,
    Connection,
    Revocation,
    Import,
    Audit,
}

impl Table {
    /// Whether its rows are named by text, not by bytes.
    pub(in crate::vault) fn has_text_ids(self) -> bool {
        matches!(self, Self::Connection | Self::Import | Self::Audit)
    }
}

#[async_trait]
pub(in crate::vault) trait KeyStore {
    async fn keys(&self) -> Outcome<Vec<KeyRow>>;
    /// Adds a key unless it is there. A current one takes the place of the last.
    async fn add_key(&self, key: &KeyRow) -> Outcome<()>;
    /// Adds the first key, unless there is one.
    async fn add_first_key(&self, key: &KeyRow) -> Outcome<()>;
    /// Forgets a key; not while something is sealed with it, nor the current one.
    async fn drop_key(&self, id: &str) -> Outcome<bool>;
    /// Values that are sealed with another key than this.
    async fn sealed_otherwise(&self, current: &str, limit: i64) -> Outcome<Vec<Standing>>;
    /// Puts a value in the place of the same value sealed otherwise; not if it has changed since.
    async fn reseal(&self, old: &Standing, new: &Sealed) -> Outcome<()>;
}
