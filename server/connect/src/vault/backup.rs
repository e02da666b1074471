//! A copy of the file while it is in use, which is known to open.
//!
//! The copy is made under a name of its own, checked there, and only then given its name: whatever stands under that
//! name is whole. The key file is not in it; together in one place they would protect nothing.

use std::{fs, io, path::Path};

use super::{Vault, VaultError, files, postgres::is_postgres, ring::Ring, sqlite::Sqlite, store::KeyRow};

/// What is in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Its size.
    pub bytes: u64,
    /// How many connections are in it.
    pub connections: u64,
    /// How many imports are in it.
    pub imports: u64,
    /// The keys it is sealed with: it opens with no others.
    pub keys: Vec<String>,
}

impl Vault {
    /// Copies the file that `url` names to `to`, while others read and write it. Everything that was acknowledged before
    /// is in the copy. What stands at `to` is not written over.
    pub async fn copy_file(url: &str, key_file: &Path, to: &Path) -> Result<Copied, VaultError> {
        if is_postgres(url) {
            return Err(VaultError::NotAFile);
        }
        let (file, known) = Sqlite::inspect(url).await?;
        if known.is_empty() {
            return Err(VaultError::Empty(file));
        }
        fits(&known, key_file)?;
        refuse_if_there(to)?;
        let temporary = files::beside(to);
        let copied = copy(url, &temporary, key_file).await;
        let placed = copied.and_then(|copied| {
            files::place(&temporary, to).map_err(|e| match e.kind() {
                io::ErrorKind::AlreadyExists => VaultError::Exists(to.into()),
                _ => files::failed(to)(e),
            })?;
            Ok(copied)
        });
        _ = fs::remove_file(&temporary);
        placed
    }
}

async fn copy(url: &str, to: &Path, key_file: &Path) -> Result<Copied, VaultError> {
    // SQLite fills an empty file, and it stays for its owner's eyes only.
    files::create(to)?;
    Sqlite::copy_into(url, to).await?;
    let (connections, imports, known) = Sqlite::check_copy(to).await?;
    fits(&known, key_file)?;
    let bytes = fs::metadata(to).map_err(files::failed(to))?.len();
    Ok(Copied { bytes, connections, imports, keys: known.into_iter().map(|row| row.id).collect() })
}

/// Whether what is sealed with these keys opens with that file.
fn fits(known: &[KeyRow], key_file: &Path) -> Result<(), VaultError> {
    let keys = Ring::read(key_file)?.ok_or_else(|| VaultError::KeyMissing(key_file.into()))?;
    Ring::of(keys, known, key_file).map(drop)
}

fn refuse_if_there(to: &Path) -> Result<(), VaultError> {
    match fs::symlink_metadata(to) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(files::failed(to)(e)),
        Ok(_) => Err(VaultError::Exists(to.into())),
    }
}
