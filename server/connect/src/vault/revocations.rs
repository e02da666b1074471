//! Tokens that are to be revoked at PagerDuty. They are kept, sealed, from the
//! moment a connection is wiped until PagerDuty has taken them back, so that
//! neither a crash nor an outage leaves them alive.

pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

use std::time::Duration;

use super::{Place, Tokens, Vault, VaultError, connections::Stored, sql::FIRST_HOLD, store::RevocationRow};
use crate::UserId;

/// Tokens to revoke, out of their seal.
pub(crate) struct Revocation {
    pub id: [u8; 16],
    pub tokens: Tokens,
    pub created_at: i64,
    pub tries: i64,
}

impl Vault {
    /// Wipes a connection and its sessions; its tokens are kept to be revoked.
    /// None when it is of another generation by now.
    pub(crate) async fn remove_connection(
        &self,
        user: &UserId,
        stored: &Stored,
        tokens: Option<&Tokens>,
        now: i64,
    ) -> Result<Option<[u8; 16]>, VaultError> {
        let remove = async || {
            let leftover = tokens.map(|tokens| self.to_revoke(tokens, now)).transpose()?;
            let removed = self.store()?.remove(user, stored.generation(), leftover.as_ref()).await?;
            Ok(removed.then(|| leftover.map_or([0; 16], |row| row.id)))
        };
        match remove().await {
            Err(e) if VaultError::is_old_key(&e) => {
                self.hear_of_keys().await?;
                remove().await
            }
            done => done,
        }
    }

    /// Wipes a connection that does not open.
    pub(crate) async fn remove_unopened(&self, user: &UserId) -> Result<(), VaultError> {
        while let Some(row) = self.store()?.connection(user).await? {
            if self.store()?.remove(user, row.content.generation, None).await? {
                break;
            }
        }
        Ok(())
    }

    /// Keeps tokens that belong to no connection, for whoever keeps them to revoke.
    pub(crate) async fn keep_to_revoke(&self, tokens: &Tokens, now: i64) -> Result<[u8; 16], VaultError> {
        let keep = async || {
            let row = self.to_revoke(tokens, now)?;
            self.store()?.put_revocation(&row, FIRST_HOLD).await?;
            Ok::<_, VaultError>(row.id)
        };
        match keep().await {
            Err(e) if e.is_old_key() => {
                self.hear_of_keys().await?;
                keep().await
            }
            done => done,
        }
    }

    /// Takes some that are due. They come up again when `hold` has passed, should
    /// this process not live to say how it went.
    pub(crate) async fn due_revocations(&self, hold: Duration) -> Result<Vec<Revocation>, VaultError> {
        const AT_ONCE: i64 = 20;
        let (mut due, ring) = (Vec::new(), self.ring());
        for row in self.store()?.due_revocations(AT_ONCE, hold).await? {
            match self
                .open_sealed(&ring, place(&row.id), &row.sealed)
                .await
                .and_then(|plain| Tokens::read(&plain))
            {
                Ok(tokens) => {
                    due.push(Revocation { id: row.id, tokens, created_at: row.created_at, tries: row.tries });
                }
                Err(VaultError::Unsealable) => {
                    tracing::error!(target: "security", event = "vault.refused", what = "revocation");
                    self.store()?.remove_revocation(&row.id).await?;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(due)
    }

    pub(crate) async fn postpone_revocation(
        &self,
        id: &[u8; 16],
        due_in: Duration,
    ) -> Result<(), VaultError> {
        self.store()?.postpone_revocation(id, due_in).await
    }

    pub(crate) async fn remove_revocation(&self, id: &[u8; 16]) -> Result<(), VaultError> {
        self.store()?.remove_revocation(id).await
    }

    pub(super) fn to_revoke(&self, tokens: &Tokens, now: i64) -> Result<RevocationRow, VaultError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| VaultError::NoRandomness)?;
        let sealed = self.ring().seal(place(&id), &tokens.write()?)?;
        Ok(RevocationRow { id, sealed, created_at: now, tries: 0 })
    }
}

pub(super) fn place(id: &[u8]) -> Place<'_> {
    Place { table: "revocation", column: "sealed", row: id, generation: 0 }
}
