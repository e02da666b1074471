//! Keys of other programs, and the links they hand out.

use super::{Vault, VaultError};
use crate::token::Hash;

pub(in crate::vault) mod memory;
pub(in crate::vault) mod sql;
pub(in crate::vault) mod store;

pub(crate) use store::{ApiKeyRow, LinkRow};

impl Vault {
    pub(crate) async fn put_api_key(&self, key: &ApiKeyRow) -> Result<(), VaultError> {
        self.store()?.put_api_key(key).await
    }

    pub(crate) async fn api_key(&self, hash: &Hash) -> Result<Option<ApiKeyRow>, VaultError> {
        self.store()?.api_key(hash).await
    }

    pub(crate) async fn api_keys(&self) -> Result<Vec<ApiKeyRow>, VaultError> {
        self.store()?.api_keys().await
    }

    pub(crate) async fn touch_api_key(&self, id: &str, now: i64) -> Result<(), VaultError> {
        self.store()?.touch_api_key(id, now).await
    }

    pub(crate) async fn revoke_api_key(&self, id: &str, now: i64) -> Result<bool, VaultError> {
        self.store()?.revoke_api_key(id, now).await
    }

    pub(crate) async fn put_link(&self, link: &LinkRow, forget_before: i64) -> Result<(), VaultError> {
        self.store()?.put_link(link, forget_before).await
    }

    pub(crate) async fn link(&self, id: &Hash) -> Result<Option<LinkRow>, VaultError> {
        self.store()?.link(id).await
    }
}
