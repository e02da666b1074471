//! The outbox of revocations in memory.

use std::time::Duration;

use async_trait::async_trait;
// Tests stop it and move it.
use tokio::time::Instant;

use super::store::{RevocationRow, RevocationStore};
use crate::vault::{
    memory::{Memory, Tables},
    store::Outcome,
};

impl Tables {
    pub(in crate::vault) fn keep(&mut self, row: &RevocationRow, due_in: Duration) {
        self.revocations.insert(row.id, (row.clone(), Instant::now() + due_in));
    }
}

#[async_trait]
impl RevocationStore for Memory {
    async fn put_revocation(&self, row: &RevocationRow, due_in: Duration) -> Outcome<()> {
        self.tables().keep(row, due_in);
        Ok(())
    }

    async fn due_revocations(&self, limit: i64, hold: Duration) -> Outcome<Vec<RevocationRow>> {
        let mut tables = self.tables();
        let now = Instant::now();
        let mut due: Vec<_> = tables.revocations.values_mut().filter(|(_, at)| *at <= now).collect();
        due.sort_by_key(|(_, at)| *at);
        let taken = due.into_iter().take(usize::try_from(limit).unwrap_or(0)).map(|(row, at)| {
            *at = now + hold;
            row.tries += 1;
            row.clone()
        });
        Ok(taken.collect())
    }

    async fn postpone_revocation(&self, id: &[u8; 16], due_in: Duration) -> Outcome<()> {
        if let Some((_, at)) = self.tables().revocations.get_mut(id) {
            *at = Instant::now() + due_in;
        }
        Ok(())
    }

    async fn remove_revocation(&self, id: &[u8; 16]) -> Outcome<()> {
        self.tables().revocations.remove(id);
        Ok(())
    }
}
