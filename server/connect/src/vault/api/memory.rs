//! Keys and links in memory.

use std::collections::HashMap;

use async_trait::async_trait;

use super::store::{ApiKeyRow, ApiStore, LinkRow};
use crate::{
    token::Hash,
    vault::{
        memory::{Memory, Tables},
        store::Outcome,
    },
};

#[derive(Debug, Default)]
pub(in crate::vault) struct Apis {
    keys: Vec<ApiKeyRow>,
    links: HashMap<Hash, LinkRow>,
}

impl Tables {
    /// Whether it was there and unused.
    pub(in crate::vault) fn use_link(&mut self, id: &Hash, now: i64) -> bool {
        let link = self.apis.links.get_mut(id).filter(|link| link.used_at.is_none());
        link.map(|link| link.used_at = Some(now)).is_some()
    }
}

#[async_trait]
impl ApiStore for Memory {
    async fn put_api_key(&self, key: &ApiKeyRow) -> Outcome<()> {
        self.tables().apis.keys.push(key.clone());
        Ok(())
    }

    async fn api_key(&self, hash: &Hash) -> Outcome<Option<ApiKeyRow>> {
        Ok(self.tables().apis.keys.iter().find(|key| key.hash == *hash).cloned())
    }

    async fn api_keys(&self) -> Outcome<Vec<ApiKeyRow>> {
        let mut all = self.tables().apis.keys.clone();
        all.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(all)
    }

    async fn touch_api_key(&self, id: &str, now: i64) -> Outcome<()> {
        let mut tables = self.tables();
        let key = tables.apis.keys.iter_mut().find(|key| key.id == id);
        if let Some(key) = key.filter(|key| key.used_at.is_none_or(|used| used < now)) {
            key.used_at = Some(now);
        }
        Ok(())
    }

    async fn revoke_api_key(&self, id: &str, now: i64) -> Outcome<bool> {
        let mut tables = self.tables();
        let key = tables.apis.keys.iter_mut().find(|key| key.id == id && key.revoked_at.is_none());
        Ok(key.map(|key| key.revoked_at = Some(now)).is_some())
    }

    async fn put_link(&self, link: &LinkRow, forget_before: i64) -> Outcome<()> {
        let mut tables = self.tables();
        tables.apis.links.retain(|_, link| link.created_at >= forget_before);
        tables.apis.links.insert(link.id, link.clone());
        Ok(())
    }

    async fn link(&self, id: &Hash) -> Outcome<Option<LinkRow>> {
        Ok(self.tables().apis.links.get(id).cloned())
    }
}
