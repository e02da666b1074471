//! How values are sealed: XChaCha20-Poly1305 with a random 192-bit nonce.
//!
//! A sealed value reads `1 ‖ nonce (24 bytes) ‖ ciphertext and tag`. What it is
//! bound to (the associated data) names the format, the table, the column, the
//! row, the row's generation and the key. A value moved to another row or
//! column, or an old value put back, does not open.

use std::{fmt, fs, io::Write, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::VaultError;

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;

/// The key everything in the database is sealed with.
#[derive(Clone)]
pub struct VaultKey {
    cipher: XChaCha20Poly1305,
    id: String,
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VaultKey({})", self.id)
    }
}

/// Where a sealed value stands. It opens there and nowhere else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub table: &'static str,
    pub column: &'static str,
    pub row: &'a [u8],
    pub generation: i64,
}

impl VaultKey {
    /// A key of 32 random bytes.
    fn new(bytes: &Zeroizing<[u8; 32]>) -> Self {
        let digest =
            Sha256::new().chain_update(b"pdconnect key id").chain_update(bytes.as_slice()).finalize();
        let id = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Self { cipher: XChaCha20Poly1305::new(Key::from_slice(bytes.as_slice())), id }
    }

    /// The key's name: a hash of it, safe to store and to show.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads a key file; none when there is no such file.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, VaultError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(VaultError::KeyFile { path: path.into(), why: e.to_string() }),
        };
        super::refuse_if_others_can_read(path)?;
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).unwrap_or_default());
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| VaultError::KeyFile {
            path: path.into(),
            why: "it must hold 32 bytes in Base64, as written when it was made".into(),
        })?;
        Ok(Some(Self::new(&Zeroizing::new(bytes))))
    }

    /// Makes a key and its file, readable by its owner alone.
    pub(crate) fn create(path: &Path) -> Result<Self, VaultError> {
        let failed = |e: std::io::Error| VaultError::KeyFile { path: path.into(), why: e.to_string() };
        super::make_private_folder(path).map_err(failed)?;
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|e| VaultError::KeyFile { path: path.into(), why: e.to_string() })?;
        let text = Zeroizing::new(STANDARD.encode(bytes.as_slice()) + "\n");
        let mut file = super::private_file().create_new(true).open(path).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(Self::new(&bytes))
    }

    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| VaultError::Unsealable)?;
        let payload = Payload { msg: plain, aad: &self.bound_to(place) };
        let sealed =
            self.cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| VaultError::Unsealable)?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        out.push(FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (&format, rest) = sealed.split_first().ok_or(VaultError::Unsealable)?;
        let (nonce, body) = rest.split_at_checked(NONCE_BYTES).ok_or(VaultError::Unsealable)?;
        if format != FORMAT {
            return Err(VaultError::Unsealable);
        }
        let payload = Payload { msg: body, aad: &self.bound_to(place) };
        self.cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Unsealable)
    }

    /// The associated data. Every part is preceded by its length, so that no two
    /// places read the same.
    fn bound_to(&self, place: Place<'_>) -> Vec<u8> {
        let generation = place.generation.to_be_bytes();
        let parts: [&[u8]; 6] = [
            &[FORMAT],
            place.table.as_bytes(),
            place.column.as_bytes(),
            place.row,
            &generation,
            self.id.as_bytes(),
        ];
        parts
            .iter()
            .flat_map(|p| (p.len() as u64).to_be_bytes().into_iter().chain(p.iter().copied()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> VaultKey {
        VaultKey::new(&Zeroizing::new([byte; 32]))
    }

    const PLACE: Place<'static> =
        Place { table: "connection", column: "tokens_sealed", row: b"PACC/PUSER", generation: 7 };

    #[test]
    fn what_is_sealed_opens_in_its_place() {
        let sealed = key(1).seal(PLACE, b"token").unwrap();
        assert_eq!(key(1).open(PLACE, &sealed).unwrap().as_slice(), b"token");
    }

    #[test]
    fn sr_73_a_value_opens_in_no_other_place_and_with_no_other_key() {
        let sealed = key(1).seal(PLACE, b"token").unwrap();
        for other in [
            Place { table: "attempt", ..PLACE },
            Place { column: "about_sealed", ..PLACE },
            Place { row: b"PACC/POTHER", ..PLACE },
            Place { generation: 8, ..PLACE },
        ] {
            assert!(key(1).open(other, &sealed).is_err(), "{other:?}");
        }
        assert!(key(2).open(PLACE, &sealed).is_err());
    }

    #[test]
    fn sr_73_every_flipped_byte_is_noticed() {
        let sealed = key(1).seal(PLACE, b"a token of some length").unwrap();
        for i in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[i] ^= 1;
            assert!(key(1).open(PLACE, &bad).is_err(), "byte {i}");
        }
        for cut in 0..sealed.len() {
            assert!(key(1).open(PLACE, &sealed[..cut]).is_err(), "cut at {cut}");
        }
    }
}
