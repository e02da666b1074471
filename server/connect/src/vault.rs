//! Where connections, attempts and sessions are kept: sealed, in one of three homes.
//!
//! | address | home | for |
//! |-|-|-|
//! | `sqlite:path/to/file.db` | one file | one machine |
//! | `postgres://user@host/database` | PostgreSQL | several replicas behind a load balancer |
//! | [`Vault::in_memory`] | this process | tests |
//!
//! This file seals and opens; a home (`vault/store.rs` says what it must do) only
//! ever sees ciphertext, hashes, ids and times.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

mod alerts;
mod api;
mod attempts;
mod audit;
mod backup;
mod census;
mod connections;
#[cfg(test)]
mod contract;
mod error;
mod files;
mod imports;
mod memory;
mod postgres;
mod pulse;
mod revocations;
mod ring;
mod rotate;
mod seal;
mod sessions;
mod setup;
mod sql;
mod sqlite;
mod store;

pub(crate) use alerts::{Alert, News};
pub(crate) use api::{ApiKeyRow, LinkRow};
pub(crate) use attempts::{ATTEMPT_SECS, store::Taken};
use audit::AuditKey;
pub(crate) use audit::Entry;
pub use audit::{AuditFault, AuditLine, BrokenAudit, CheckedAudit, check_audit_file};
pub use backup::Copied;
pub use census::Census;
pub(crate) use connections::{
    Stored, Tokens,
    store::{Failure, Lease},
};
pub use error::VaultError;
pub use files::{refuse_if_others_can_read, write_new_secret};
pub(crate) use imports::{Count, Find, Kept, Line, Mark, Moved, NewLine};
pub(crate) use revocations::Revocation;
use ring::Ring;
pub use rotate::Rotated;
use seal::{Key, Place};
pub(crate) use sessions::store::SessionRow;
pub use setup::store::Origin;
pub(crate) use setup::store::SignInTrouble;
use store::{Sealed, Store};

use crate::token;

/// A key that is missing for so many looks is missing.
const OPEN_TRIES: u32 = 5;
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// A home and the keys that open what is in it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Box<dyn Store>,
    ring: RwLock<Arc<Ring>>,
    /// None in memory.
    key_file: Option<PathBuf>,
    audit: OnceLock<AuditKey>,
}

impl Vault {
    /// Opens the database at `url` with the keys in `key_file`. On the very first
    /// start schema and key are made; later nothing is ever made anew, and with a
    /// wrong or missing key nothing is touched.
    pub async fn open(url: &str, key_file: &Path) -> Result<Self, VaultError> {
        let mut tries = OPEN_TRIES;
        loop {
            tries -= 1;
            match Self::open_once(url, key_file).await {
                // Between the looks at the database and at the file another replica may have changed both.
                Err(VaultError::WrongKey { .. }) if tries > 0 => tokio::time::sleep(OPEN_PAUSE).await,
                opened => return opened,
            }
        }
    }

    async fn open_once(url: &str, key_file: &Path) -> Result<Self, VaultError> {
        // A file that will not do is told before anything else is looked at.
        Ring::read(key_file)?;
        let (file, known) = if postgres::is_postgres(url) {
            (None, postgres::Postgres::inspect(url).await?)
        } else {
            let (file, known) = sqlite::Sqlite::inspect(url).await?;
            (Some(file), known)
        };
        // After the database: a key is in the file before the database hears of it.
        let keys = Ring::read(key_file)?;
        if !known.is_empty() {
            let keys = keys.clone().ok_or_else(|| VaultError::KeyMissing(key_file.into()))?;
            Ring::of(keys, &known, key_file)?;
        }
        // From here on things are made and changed.
        let keys = match keys {
            Some(keys) => keys,
            None => match Ring::create(key_file) {
                // Another program has just started on the same files.
                Err(_) if key_file.exists() => Ring::read(key_file)?.unwrap_or_default(),
                made => made?,
            },
        };
        let store: Box<dyn Store> = match file {
            Some(file) => Box::new(sqlite::Sqlite::open(url, &file).await?),
            None => Box::new(postgres::Postgres::open(url).await?),
        };
        Self::with(store, keys, Some(key_file.to_owned())).await
    }

    /// A vault that is gone with the process.
    pub async fn in_memory() -> Result<Self, VaultError> {
        let key = Key::new(&seal::random_key()?);
        Self::with(Box::<memory::Memory>::default(), vec![key], None).await
    }

    async fn with(
        store: Box<dyn Store>,
        keys: Vec<Key>,
        key_file: Option<PathBuf>,
    ) -> Result<Self, VaultError> {
        if let Some(first) = keys.first() {
            store.add_first_key(&ring::introduce(first, true)?).await?;
        }
        // Another program may have been first: what counts is what the database says now.
        let ring = Ring::of(keys, &store.keys().await?, key_file.as_deref().unwrap_or(Path::new("memory")))?;
        Ok(Self(Arc::new(Inner {
            store,
            ring: RwLock::new(Arc::new(ring)),
            key_file,
            audit: OnceLock::new(),
        })))
    }

    /// Whether the database answers and is sealed with keys this process has. Also
    /// hears of the key that others seal with by now.
    pub async fn check(&self) -> Result<(), VaultError> {
        let known = self.store()?.keys().await?;
        let ring = self.ring();
        if known.iter().all(|row| ring.agrees_with(row)) { Ok(()) } else { self.hear_of_keys().await }
    }

    /// Whether the database takes what is written to it, and gives it back: an attempt nobody makes is put there, and
    /// used up.
    pub(crate) async fn check_writing(&self, now: i64) -> Result<(), VaultError> {
        let [id, browser] = [token::hash(&token::random()), token::hash(&token::random())];
        self.put_attempt(&id, &browser, b"self-test", None, now).await?;
        match self.take_attempt(&id, Some(&browser), now).await? {
            Taken::Now(kept) if kept.as_slice() == b"self-test" => Ok(()),
            _ => Err(VaultError::Unsealable),
        }
    }

    /// Closes every connection to the database.
    pub async fn close(&self) {
        self.0.store.close().await;
    }

    /// A home that is known to be down is not waited for.
    fn store(&self) -> Result<&dyn Store, VaultError> {
        if self.0.store.is_down() { Err(VaultError::Down) } else { Ok(&*self.0.store) }
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the key file and the database's list of keys again: another process
    /// may have changed both.
    pub(crate) async fn hear_of_keys(&self) -> Result<(), VaultError> {
        let ring = match self.read_ring().await {
            // Between the two looks a key may have been let go.
            Err(VaultError::WrongKey { .. }) => self.read_ring().await?,
            read => read?,
        };
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        Ok(())
    }

    async fn read_ring(&self) -> Result<Ring, VaultError> {
        let known = self.store()?.keys().await?;
        let path = self.0.key_file.as_deref();
        let keys = match path {
            Some(path) => Ring::read(path)?.ok_or_else(|| VaultError::KeyMissing(path.into()))?,
            None => self.ring().keys().to_vec(),
        };
        Ring::of(keys, &known, path.unwrap_or(Path::new("memory")))
    }

    /// Opens what the operator's key sealed. `ring` is the one from before the value
    /// was read: the key may have been let go since. One that this process has not
    /// heard of may have come since: it looks once.
    async fn open_sealed(
        &self,
        ring: &Ring,
        place: Place<'_>,
        sealed: &Sealed,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, VaultError> {
        if let Some(key) = ring.key(&sealed.key_id) {
            return key.open(place, &sealed.bytes);
        }
        if self.ring().key(&sealed.key_id).is_none() {
            self.hear_of_keys().await?;
        }
        self.ring().key(&sealed.key_id).ok_or(VaultError::Unsealable)?.open(place, &sealed.bytes)
    }
}

/// An address up to where a name or a password may stand.
fn scheme(url: &str) -> &str {
    url.split_once(':').map_or(url, |(scheme, _)| scheme)
}
