//! How values are sealed: XChaCha20-Poly1305 with a random 192-bit nonce.
//!
//! A sealed value reads `1 ‖ nonce (24 bytes) ‖ ciphertext and tag`. What it is
//! bound to (the associated data) names the format, the table, the column, the
//! row, the row's generation and the key. A value moved to another row or
//! column, or an old value put back, does not open.
//!
//! Every connection has a data key of its own. Only that key is sealed with the
//! operator's key, so that changing the latter touches 32 bytes of a connection
//! and none of its tokens.

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::VaultError;

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;

/// 32 random bytes, on their way to or from where they are kept.
pub(super) type KeyBytes = Zeroizing<[u8; 32]>;

/// A key, of the operator's ring or of one connection.
#[derive(Clone)]
pub(super) struct Key {
    cipher: XChaCha20Poly1305,
    id: String,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Where a sealed value stands. It opens there and nowhere else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub table: &'static str,
    pub column: &'static str,
    pub row: &'a [u8],
    pub generation: i64,
}

/// Fresh random bytes.
pub(super) fn random_key() -> Result<KeyBytes, VaultError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| VaultError::NoRandomness)?;
    Ok(bytes)
}

fn random_nonce() -> Result<[u8; NONCE_BYTES], VaultError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| VaultError::NoRandomness)?;
    Ok(nonce)
}

impl Key {
    pub(super) fn new(bytes: &KeyBytes) -> Self {
        let digest =
            Sha256::new().chain_update(b"pdconnect key id").chain_update(bytes.as_slice()).finalize();
        let mut id = hex::encode(digest);
        id.truncate(16);
        Self { cipher: XChaCha20Poly1305::new(chacha20poly1305::Key::from_slice(bytes.as_slice())), id }
    }

    /// The key's name: a hash of it, safe to store and to show.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = random_nonce()?;
        let payload = Payload { msg: plain, aad: &self.bound_to(place) };
        let sealed =
            self.cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| VaultError::Unsealable)?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        out.push(FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub(super) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
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
    use std::collections::HashSet;

    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(&Zeroizing::new([byte; 32]))
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
    fn sr_77_no_nonce_comes_twice() {
        let nonces: HashSet<_> = (0..1_000_000).map(|_| random_nonce().unwrap()).collect();
        assert_eq!(nonces.len(), 1_000_000);
        // Sealing takes a minute for as many, in a build for tests.
        let key = key(1);
        let used: HashSet<_> =
            (0..5_000).map(|_| key.seal(PLACE, b"").unwrap()[1..=NONCE_BYTES].to_vec()).collect();
        assert_eq!(used.len(), 5_000);
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
