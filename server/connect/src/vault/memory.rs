//! The vault in memory, for tests and for trying things out: gone with the process.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
// Tests stop it and move it.
use tokio::time::Instant;

use super::{
    alerts::memory::Alerts, api::memory::Apis, attempts::memory::Attempt, audit::memory::Audit,
    connections::memory::Connection, imports::memory::Imports, store::*,
};
use crate::token::Hash;

#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Tables>);

#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) keys: Vec<KeyRow>,
    pub(super) attempts: HashMap<Hash, Attempt>,
    pub(super) connections: BTreeMap<String, Connection>,
    pub(super) sessions: HashMap<Hash, SessionRow>,
    pub(super) revocations: HashMap<[u8; 16], (RevocationRow, Instant)>,
    pub(super) apis: Apis,
    pub(super) sign_in_trouble: Option<SignInTrouble>,
    pub(super) origin: Option<Origin>,
    pub(super) imports: Imports,
    pub(super) audit: Audit,
    pub(super) alerts: Alerts,
}

impl Memory {
    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for Memory {
    async fn close(&self) {}
}
