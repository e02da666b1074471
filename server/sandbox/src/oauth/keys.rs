//! RSA keys that sign id_tokens, and their public half as a JWKS (RFC 7517).

use std::io;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::random;

pub(crate) struct SigningKey {
    pub(crate) kid: String,
    /// PagerDuty names the SHA-1 of a certificate; there is none here, so it is that of the public key.
    pub(crate) x5t: String,
    /// The public key as PEM: what a client fooled into HMAC would use as the secret.
    pub(crate) public_pem: String,
    modulus: String,
    exponent: String,
    pair: RsaKeyPair,
}

impl SigningKey {
    pub(crate) fn generate() -> io::Result<Self> {
        let failed = |_| io::Error::other("no RSA key could be made");
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let public = pair.public_key();
        let spki: PublicKeyX509Der<'_> = public.as_der().map_err(failed)?;
        Ok(Self {
            kid: random::ten_digits(),
            x5t: URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, spki.as_ref())),
            public_pem: pem(spki.as_ref()),
            modulus: URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            exponent: URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
            pair,
        })
    }

    /// RS256 (RFC 7518 §3.3). `None` if AWS-LC fails, which no input of ours can cause.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    fn jwk(&self) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "x5t": self.x5t,
            "n": self.modulus,
            "e": self.exponent,
        })
    }
}

/// RFC 7468: base64 in lines of 64 characters.
fn pem(spki: &[u8]) -> String {
    let encoded = STANDARD.encode(spki);
    let mut out = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (index, character) in encoded.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            out.push('\n');
        }
        out.push(character);
    }
    out.push_str("\n-----END PUBLIC KEY-----\n");
    out
}

pub(crate) struct KeyRing {
    current: Arc<SigningKey>,
    old: Vec<Arc<SigningKey>>,
}

impl KeyRing {
    pub(crate) fn new(key: SigningKey) -> Self {
        Self { current: Arc::new(key), old: Vec::new() }
    }

    pub(crate) fn current(&self) -> Arc<SigningKey> {
        Arc::clone(&self.current)
    }

    pub(crate) fn rotate(&mut self, key: SigningKey, keep_old: bool) {
        let before = std::mem::replace(&mut self.current, Arc::new(key));
        if keep_old {
            self.old.push(before);
        } else {
            self.old.clear();
        }
    }

    pub(crate) fn jwks(&self) -> Value {
        let keys: Vec<Value> = std::iter::once(&self.current).chain(&self.old).map(|key| key.jwk()).collect();
        json!({ "keys": keys })
    }
}
