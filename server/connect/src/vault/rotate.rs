//! Changing the operator's key while everything is in use.
//!
//! The new key goes into the key file first, then the database is told that it
//! seals from now on, then every value that the old one sealed is sealed anew.
//! Replicas hear of it from the database and read the file again. At every step a
//! crash leaves both keys usable, and the next run goes on from there.

use super::{
    Place, Vault, VaultError, attempts, audit, connections, imports, revocations,
    ring::{Ring, introduce},
    store::{Standing, Table},
};

/// Values sealed anew between two looks at how many are left.
const AT_ONCE: i64 = 200;

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The key that seals now.
    pub key: String,
    /// Whether it was made by this call.
    pub is_new: bool,
    /// How many values were sealed anew.
    pub resealed: u64,
    /// Keys that nothing needs any more.
    pub unused: Vec<String>,
}

impl Vault {
    /// Makes a new key and seals everything anew with it. While an old key is
    /// still known, goes on with that rotation instead of beginning another.
    pub async fn rotate(&self) -> Result<Rotated, VaultError> {
        self.hear_of_keys().await?;
        let known = self.store()?.keys().await?;
        let ring = self.ring();
        let mut is_new = false;
        if known.len() == 1 {
            // A run that was cut short may have left one, too.
            let ready = ring.ready(&known).cloned();
            let key = match (ready, self.0.key_file.as_deref()) {
                (Some(key), _) => key,
                (None, Some(path)) => Ring::add(path)?,
                (None, None) => {
                    return Ok(Rotated {
                        key: ring.current()?.id().to_owned(),
                        is_new,
                        resealed: 0,
                        unused: Vec::new(),
                    });
                }
            };
            self.store()?.add_key(&introduce(&key, true)?).await?;
            is_new = true;
        }

        let mut resealed = 0;
        let key = loop {
            // Another rotation may have brought a newer key meanwhile: all must agree on one.
            self.hear_of_keys().await?;
            let ring = self.ring();
            let key = ring.current()?.id();
            let old = self.store()?.sealed_otherwise(key, AT_ONCE).await?;
            if old.is_empty() {
                break key.to_owned();
            }
            for standing in old {
                self.reseal(&ring, &standing).await?;
                resealed += 1;
            }
        };
        let unused = known.into_iter().map(|row| row.id).filter(|id| *id != key).collect();
        Ok(Rotated { key, is_new, resealed, unused })
    }

    /// Forgets every key before the current one, in the database and in the file. A
    /// key that something is still sealed with stays, and is in the answer; one that
    /// was made ready for the next rotation stays too.
    pub async fn drop_old_keys(&self) -> Result<Vec<String>, VaultError> {
        self.hear_of_keys().await?;
        let (mut let_go, mut needed) = (Vec::new(), Vec::new());
        for row in self.store()?.keys().await?.into_iter().filter(|row| !row.current) {
            let dropped = self.store()?.drop_key(&row.id).await?;
            if dropped { &mut let_go } else { &mut needed }.push(row.id);
        }
        let known = self.store()?.keys().await?;
        if let Some(path) = self.0.key_file.as_deref() {
            Ring::drop_old(path, &known, &let_go)?;
        }
        self.hear_of_keys().await?;
        Ok(needed)
    }

    /// Makes a key and puts it into the file, to be handed to every replica before
    /// it is used.
    pub fn prepare_key(&self) -> Result<Option<String>, VaultError> {
        let Some(path) = self.0.key_file.as_deref() else { return Ok(None) };
        Ok(Some(Ring::add(path)?.id().to_owned()))
    }

    async fn reseal(&self, ring: &Ring, standing: &Standing) -> Result<(), VaultError> {
        let row = &standing.row;
        let place: Place<'_> = match standing.table {
            Table::Attempt => attempts::place(row),
            Table::Connection => connections::data_key_place(row),
            Table::Revocation => revocations::place(row),
            Table::Import => imports::data_key_place(row),
            Table::Audit => audit::audit_key_place(),
        };
        // Used up, or altered: there is nothing in it to keep. It changes keys as it is.
        let new = match self.open_sealed(ring, place, &standing.sealed).await {
            Ok(plain) => ring.seal(place, &plain)?,
            Err(VaultError::Unsealable) => super::Sealed {
                key_id: ring.current()?.id().to_owned(),
                bytes: standing.sealed.bytes.clone(),
            },
            Err(e) => return Err(e),
        };
        self.store()?.reseal(standing, &new).await
    }
}
