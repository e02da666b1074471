//! Random values that browsers hold, and the hashes the database holds instead.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// SHA-256 of a value only a browser holds. Looking a row up by its hash leaks
/// nothing about the value through timing.
pub(crate) type Hash = [u8; 32];

/// 256 random bits, as 43 characters that fit in URLs and cookies.
pub(crate) fn random() -> String {
    let mut bytes = [0; 32];
    #[expect(clippy::expect_used, reason = "a machine without randomness must not go on")]
    getrandom::fill(&mut bytes).expect("the system's random generator answers");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The same, to be typed after a command: it does not begin as an option does.
pub(crate) fn word() -> String {
    loop {
        let word = random();
        if !word.starts_with('-') {
            return word;
        }
    }
}

pub(crate) fn hash(value: &str) -> Hash {
    Sha256::digest(value.as_bytes()).into()
}

/// A short, public name for a hash: part of a cookie's name.
pub(crate) fn short(hash: &Hash) -> String {
    URL_SAFE_NO_PAD.encode(hash).chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn sr_23_ten_thousand_tokens_are_distinct_and_even() {
        let tokens: HashSet<String> = (0..10_000).map(|_| super::random()).collect();
        assert_eq!(tokens.len(), 10_000);
        assert!(tokens.iter().all(|t| t.len() == 43));
        assert!((0..1_000).all(|_| !super::word().starts_with('-')));

        // χ² over the 256 byte values: 255 degrees of freedom, so 380 is far in the tail (p < 1e-6).
        use base64::Engine;
        let mut counts = [0u32; 256];
        for token in &tokens {
            for byte in base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).unwrap() {
                counts[usize::from(byte)] += 1;
            }
        }
        let expected = 10_000.0 * 32.0 / 256.0;
        let chi: f64 = counts.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
        assert!(chi < 380.0, "{chi}");
    }
}
