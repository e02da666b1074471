//! The operator's keys in memory.

use async_trait::async_trait;

use super::store::{KeyRow, KeyStore, Standing, Table};
use crate::vault::{
    memory::Memory,
    store::{Outcome, Sealed},
};

#[async_trait]
impl KeyStore for Memory {
    async fn keys(&self) -> Outcome<Vec<KeyRow>> {
        Ok(self.tables().keys.clone())
    }

    async fn add_key(&self, key: &KeyRow) -> Outcome<()> {
        let mut tables = self.tables();
        if key.current {
            tables.keys.iter_mut().for_each(|known| known.current = false);
        }
        match tables.keys.iter_mut().find(|known| known.id == key.id) {
            Some(known) => known.current = key.current,
            None => tables.keys.push(key.clone()),
        }
        Ok(())
    }

    async fn add_first_key(&self, key: &KeyRow) -> Outcome<()> {
        let mut tables = self.tables();
        if tables.keys.is_empty() {
            tables.keys.push(key.clone());
        }
        Ok(())
    }

    async fn drop_key(&self, id: &str) -> Outcome<bool> {
        let mut tables = self.tables();
        let needed = tables.attempts.values().any(|a| a.row.sealed.key_id == id)
            || tables.connections.values().any(|c| c.row.data_key.key_id == id)
            || tables.revocations.values().any(|(r, _)| r.sealed.key_id == id)
            || tables.imports.is_sealed_with(id)
            || tables.audit.data_key().is_some_and(|key| key.key_id == id);
        let before = tables.keys.len();
        if !needed {
            tables.keys.retain(|key| key.id != id || key.current);
        }
        Ok(tables.keys.len() < before)
    }

    async fn sealed_otherwise(&self, current: &str, limit: i64) -> Outcome<Vec<Standing>> {
        let tables = self.tables();
        let of =
            |table, row: &[u8], sealed: &Sealed| Standing { table, row: row.into(), sealed: sealed.clone() };
        let attempts = tables.attempts.values().map(|a| of(Table::Attempt, &a.row.id, &a.row.sealed));
        let connections =
            tables.connections.iter().map(|(id, c)| of(Table::Connection, id.as_bytes(), &c.row.data_key));
        let revocations = tables.revocations.values().map(|(r, _)| of(Table::Revocation, &r.id, &r.sealed));
        let imports = tables.imports.data_keys().map(|(id, key)| of(Table::Import, id.as_bytes(), key));
        let audit = tables.audit.data_key().map(|key| of(Table::Audit, b"audit", key));
        let others = attempts
            .chain(connections)
            .chain(revocations)
            .chain(imports)
            .chain(audit)
            .filter(|s| s.sealed.key_id != current);
        Ok(others.take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn reseal(&self, old: &Standing, new: &Sealed) -> Outcome<()> {
        let mut tables = self.tables();
        let place = match old.table {
            Table::Attempt => tables
                .attempts
                .values_mut()
                .find(|a| a.row.id.as_slice() == old.row)
                .map(|a| &mut a.row.sealed),
            Table::Connection => tables
                .connections
                .iter_mut()
                .find(|(id, _)| id.as_bytes() == old.row)
                .map(|(_, c)| &mut c.row.data_key),
            Table::Revocation => tables
                .revocations
                .values_mut()
                .find(|(r, _)| r.id.as_slice() == old.row)
                .map(|(r, _)| &mut r.sealed),
            Table::Import => tables.imports.data_key_mut(&old.row),
            Table::Audit => tables.audit.data_key_mut(),
        };
        if let Some(sealed) = place.filter(|sealed| **sealed == old.sealed) {
            *sealed = new.clone();
        }
        Ok(())
    }
}
