//! What a home does for tokens to revoke: an outbox.

use std::time::Duration;

use async_trait::async_trait;

use crate::vault::store::{Outcome, Sealed};

/// Tokens to revoke.
#[derive(Clone, Debug)]
pub(in crate::vault) struct RevocationRow {
    pub id: [u8; 16],
    pub sealed: Sealed,
    pub created_at: i64,
    pub tries: i64,
}

#[async_trait]
pub(in crate::vault) trait RevocationStore {
    async fn put_revocation(&self, row: &RevocationRow, due_in: Duration) -> Outcome<()>;
    /// Takes some that are due; they are due again when `hold` has passed.
    async fn due_revocations(&self, limit: i64, hold: Duration) -> Outcome<Vec<RevocationRow>>;
    async fn postpone_revocation(&self, id: &[u8; 16], due_in: Duration) -> Outcome<()>;
    async fn remove_revocation(&self, id: &[u8; 16]) -> Outcome<()>;
}
