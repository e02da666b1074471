//! The operator's keys: a file with one on each line, in Base64. Which of them
//! seals is said by the database, so that all replicas agree.

pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

use std::{fs, io, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{
    VaultError, files,
    seal::{Key, KeyBytes, Place, random_key},
    store::{KeyRow, Sealed},
};

/// What every key seals once, to be told from others by.
const KNOWN: &[u8] = b"connect for pagerduty";

/// The keys of the file, in its order. The one at `current` seals.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    keys: Vec<Key>,
    current: usize,
}

impl Ring {
    /// Reads a key file; none when there is no such file.
    pub(super) fn read(path: &Path) -> Result<Option<Vec<Key>>, VaultError> {
        let failed = |why: String| VaultError::KeyFile { path: path.into(), why };
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed(e.to_string())),
        };
        files::refuse_if_others_can_read(path)?;
        let keys: Option<Vec<Key>> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| decode(line).map(|b| Key::new(&b)))
            .collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Some(keys)),
            _ => Err(failed("every line must hold 32 bytes in Base64, as written when it was made".into())),
        }
    }

    /// Makes the file with its first key.
    pub(super) fn create(path: &Path) -> Result<Vec<Key>, VaultError> {
        let bytes = random_key()?;
        files::write_whole(path, encode(&bytes).as_bytes(), true)
            .map_err(|e| VaultError::KeyFile { path: path.into(), why: e.to_string() })?;
        Ok(vec![Key::new(&bytes)])
    }

    /// Adds one more key to the file.
    pub(super) fn add(path: &Path) -> Result<Key, VaultError> {
        let failed = |e: io::Error| VaultError::KeyFile { path: path.into(), why: e.to_string() };
        let bytes = random_key()?;
        let _turn = files::take_turn(path).map_err(failed)?;
        let mut text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&encode(&bytes));
        files::write_whole(path, text.as_bytes(), false).map_err(failed)?;
        Ok(Key::new(&bytes))
    }

    /// Takes keys out of the file that the database does not know: those it has just
    /// let go, and all before the current one. Others were made ready for a rotation.
    pub(super) fn drop_old(path: &Path, known: &[KeyRow], let_go: &[String]) -> Result<(), VaultError> {
        let failed = |e: io::Error| VaultError::KeyFile { path: path.into(), why: e.to_string() };
        let _turn = files::take_turn(path).map_err(failed)?;
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        let keys: Vec<_> = text.lines().filter_map(|line| Some((line, Key::new(&decode(line)?)))).collect();
        let current = known.iter().find(|row| row.current);
        let first = keys.iter().position(|(_, key)| current.is_some_and(|row| row.id == key.id()));
        let stays = |place: usize, key: &Key| {
            let ready = first.is_none_or(|first| place >= first) && !let_go.iter().any(|id| id == key.id());
            ready || known.iter().any(|row| row.id == key.id())
        };
        let kept: String = (0..)
            .zip(&keys)
            .filter(|(place, (_, key))| stays(*place, key))
            .flat_map(|(_, (line, _))| [line, "\n"])
            .collect();
        files::write_whole(path, Zeroizing::new(kept).as_bytes(), false).map_err(failed)
    }

    /// The ring for a database that knows these keys. Each of them must be in the
    /// file and open its known text.
    pub(super) fn of(keys: Vec<Key>, known: &[KeyRow], path: &Path) -> Result<Self, VaultError> {
        for row in known {
            let opens = |key: &Key| {
                key.id() == row.id
                    && key.open(known_place(key), &row.sealed).is_ok_and(|text| text.as_slice() == KNOWN)
            };
            if !keys.iter().any(opens) {
                return Err(VaultError::WrongKey { path: path.into(), id: row.id.clone() });
            }
        }
        let used = known.iter().find(|row| row.current);
        let current = used.and_then(|row| keys.iter().position(|key| key.id() == row.id));
        Ok(Self { keys, current: current.unwrap_or(0) })
    }

    /// The key that seals.
    pub(super) fn current(&self) -> Result<&Key, VaultError> {
        self.keys.get(self.current).ok_or(VaultError::Unsealable)
    }

    pub(super) fn key(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id() == id)
    }

    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// A key that was made ready: it stands after the current one, and the database
    /// does not know it. (One before the current one was let go, and is not to come back.)
    pub(super) fn ready(&self, known: &[KeyRow]) -> Option<&Key> {
        self.keys.iter().skip(self.current + 1).find(|key| known.iter().all(|row| row.id != key.id()))
    }

    /// Whether the key is here, and seals if the database says that it does.
    pub(super) fn agrees_with(&self, row: &KeyRow) -> bool {
        let seals = self.current().is_ok_and(|key| key.id() == row.id);
        self.key(&row.id).is_some() && (seals || !row.current)
    }

    pub(super) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Sealed, VaultError> {
        let key = self.current()?;
        Ok(Sealed { key_id: key.id().to_owned(), bytes: key.seal(place, plain)? })
    }
}

/// The row that introduces a key to the database.
pub(super) fn introduce(key: &Key, current: bool) -> Result<KeyRow, VaultError> {
    Ok(KeyRow { id: key.id().to_owned(), sealed: key.seal(known_place(key), KNOWN)?, current })
}

fn known_place(key: &Key) -> Place<'_> {
    Place { table: "vault_key", column: "sealed", row: key.id().as_bytes(), generation: 0 }
}

fn decode(line: &str) -> Option<KeyBytes> {
    let bytes = Zeroizing::new(STANDARD.decode(line.trim()).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

fn encode(bytes: &KeyBytes) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(bytes.as_slice()) + "\n")
}
