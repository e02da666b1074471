//! How much there is of everything, and nobody's name: for an operator's gauges.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Vault, VaultError, memory::Memory, store::Outcome};
use crate::state::Reason;

/// What the database holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Connections by why only the person can mend them; none where they need not.
    pub connections: Vec<(Option<String>, i64)>,
    /// Sessions that have not ended.
    pub sessions: i64,
    /// Imports by what they are at.
    pub imports: Vec<(String, i64)>,
    /// Lines of the audit log.
    pub audit_lines: i64,
}

#[async_trait]
pub(super) trait CensusStore {
    async fn census(&self) -> Outcome<Census>;
}

impl Vault {
    /// Counts everything; cheap enough to be asked every few seconds.
    pub async fn census(&self) -> Result<Census, VaultError> {
        self.store()?.census().await
    }
}

#[async_trait]
impl CensusStore for Memory {
    async fn census(&self) -> Outcome<Census> {
        let tables = self.tables();
        let mut connections: BTreeMap<Option<&str>, i64> = BTreeMap::new();
        for connection in tables.connections.values() {
            *connections.entry(connection.row.reason.map(Reason::code)).or_default() += 1;
        }
        let sessions = tables.sessions.values().filter(|session| session.ended.is_none()).count();
        Ok(Census {
            connections: connections.into_iter().map(|(why, many)| (why.map(str::to_owned), many)).collect(),
            sessions: i64::try_from(sessions).unwrap_or(i64::MAX),
            imports: tables.imports.census(),
            audit_lines: tables.audit.lines(),
        })
    }
}

/// Implements [`CensusStore`] for a home with the pool `read`.
macro_rules! sql_census {
    ($Home:ident) => {
        #[async_trait]
        impl CensusStore for $Home {
            async fn census(&self) -> Outcome<Census> {
                let connections = sqlx::query_as("SELECT reason, count(*) FROM connection GROUP BY reason");
                let imports = sqlx::query_as("SELECT state, count(*) FROM import GROUP BY state");
                let sessions = sqlx::query_scalar("SELECT count(*) FROM session WHERE ended IS NULL");
                let lines = sqlx::query_scalar("SELECT coalesce(max(lines), 0) FROM audit_head");
                Ok(Census {
                    connections: connections.fetch_all(&self.read).await?,
                    sessions: sessions.fetch_one(&self.read).await?,
                    imports: imports.fetch_all(&self.read).await?,
                    audit_lines: lines.fetch_one(&self.read).await?,
                })
            }
        }
    };
}

pub(super) use sql_census;
