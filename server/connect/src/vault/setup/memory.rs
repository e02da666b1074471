//! How the app is set up, in memory.

use async_trait::async_trait;

use super::store::{Origin, SetupStore, SignInTrouble};
use crate::vault::{memory::Memory, store::Outcome};

#[async_trait]
impl SetupStore for Memory {
    async fn origin(&self) -> Outcome<Option<Origin>> {
        Ok(self.tables().origin)
    }

    async fn mark(&self, origin: Origin) -> Outcome<()> {
        self.tables().origin.get_or_insert(origin);
        Ok(())
    }

    async fn sign_in_trouble(&self) -> Outcome<Option<SignInTrouble>> {
        Ok(self.tables().sign_in_trouble.clone())
    }

    async fn note_sign_in(&self, trouble: Option<&SignInTrouble>) -> Outcome<()> {
        self.tables().sign_in_trouble = trouble.cloned();
        Ok(())
    }
}
