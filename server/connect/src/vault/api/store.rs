//! What a home does for other programs: their keys, and the links they hand out. Nothing of it is sealed.

use async_trait::async_trait;

use crate::{Owner, token::Hash, vault::store::Outcome};

/// A key, but for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiKeyRow {
    pub id: String,
    pub hash: Hash,
    pub name: String,
    pub scopes: String,
    pub return_to: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub used_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

/// A link, but for the value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkRow {
    pub id: Hash,
    pub key_id: String,
    pub owner: Owner,
    pub scopes: String,
    pub return_to: String,
    pub created_at: i64,
    pub used_at: Option<i64>,
}

#[async_trait]
pub(in crate::vault) trait ApiStore {
    async fn put_api_key(&self, key: &ApiKeyRow) -> Outcome<()>;
    async fn api_key(&self, hash: &Hash) -> Outcome<Option<ApiKeyRow>>;
    /// All of them, the oldest first.
    async fn api_keys(&self) -> Outcome<Vec<ApiKeyRow>>;
    async fn touch_api_key(&self, id: &str, now: i64) -> Outcome<()>;
    /// False when there is none of that id, or it was revoked before.
    async fn revoke_api_key(&self, id: &str, now: i64) -> Outcome<bool>;
    /// Also forgets links from before `forget_before`.
    async fn put_link(&self, link: &LinkRow, forget_before: i64) -> Outcome<()>;
    async fn link(&self, id: &Hash) -> Outcome<Option<LinkRow>>;
}
