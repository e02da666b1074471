//! Sessions, by the hash of the value the browser holds. Nothing of them is sealed.

pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

use super::{Vault, VaultError, store::SessionRow};
use crate::{UserId, token::Hash};

impl Vault {
    pub(crate) async fn session(&self, id: &Hash) -> Result<Option<SessionRow>, VaultError> {
        self.store()?.session(id).await
    }

    /// The live ones, the one seen last first.
    pub(crate) async fn sessions_of(&self, user: &UserId) -> Result<Vec<SessionRow>, VaultError> {
        self.store()?.sessions_of(user).await
    }

    pub(crate) async fn touch_session(&self, id: &Hash, now: i64) -> Result<(), VaultError> {
        self.store()?.touch_session(id, now).await
    }

    pub(crate) async fn remove_session(&self, id: &Hash) -> Result<(), VaultError> {
        self.store()?.remove_session(id).await
    }

    pub(crate) async fn remove_other_sessions(&self, user: &UserId, but: &Hash) -> Result<u64, VaultError> {
        self.store()?.remove_other_sessions(user, but).await
    }

    pub(crate) async fn forget_sessions(
        &self,
        started_before: i64,
        seen_before: i64,
    ) -> Result<(), VaultError> {
        self.store()?.forget_sessions(started_before, seen_before).await
    }
}
