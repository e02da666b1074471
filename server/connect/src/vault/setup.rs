//! How the app is set up, as far as sign-ins have told, and whose people are kept here.

pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

use super::{
    Vault, VaultError,
    store::{Origin, SignInTrouble},
};
use crate::Error;

impl Vault {
    pub(crate) async fn sign_in_trouble(&self) -> Result<Option<SignInTrouble>, VaultError> {
        self.store()?.sign_in_trouble().await
    }

    /// What the last sign-in came to, as far as the set-up goes. Nothing is written where nothing changes.
    pub(crate) async fn note_sign_in(&self, trouble: Option<&SignInTrouble>) -> Result<(), VaultError> {
        let before = self.sign_in_trouble().await?;
        if trouble.is_none() && before.is_none() {
            return Ok(());
        }
        // What anybody can make up takes the place of nothing that PagerDuty itself said.
        let is_hearsay = |it: &SignInTrouble| it.code == Error::NOT_INSTALLED;
        if trouble.is_some_and(is_hearsay) && before.is_some_and(|it| !is_hearsay(&it)) {
            return Ok(());
        }
        self.store()?.note_sign_in(trouble).await
    }

    /// Says for good whose people are kept here. A program that has a sandbox calls it before it serves; for everybody
    /// else there is nothing to tell apart.
    pub async fn mark(&self, origin: Origin) -> Result<(), VaultError> {
        self.store()?.mark(origin).await?;
        // Another program may have been first.
        self.refuse_unless_of(origin).await
    }

    /// Refuses where the others' people are kept ([`Vault::mark`]).
    pub async fn refuse_unless_of(&self, origin: Origin) -> Result<(), VaultError> {
        match self.store()?.origin().await? {
            Some(Origin::Sandbox) if origin == Origin::PagerDuty => Err(VaultError::OfSandbox),
            Some(Origin::PagerDuty) if origin == Origin::Sandbox => Err(VaultError::OfPagerDuty),
            _ => Ok(()),
        }
    }
}
