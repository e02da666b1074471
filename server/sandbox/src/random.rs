//! Everything unguessable in the sandbox is made here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Random bytes from the operating system, by way of AWS-LC.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0_u8; N];
    if aws_lc_rs::rand::fill(&mut out).is_err() {
        // Without randomness every token would be guessable. There is nothing to go on with.
        std::process::abort();
    }
    out
}

/// 256 bits as 43 URL-safe characters.
pub(crate) fn opaque() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A version 4 UUID (RFC 9562 §5.4), as PagerDuty writes client ids and the tail of its tokens.
pub(crate) fn uuid() -> String {
    let mut value = u128::from_be_bytes(bytes::<16>());
    value = (value & !(0xf << 76)) | (0x4 << 76);
    value = (value & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{value:032x}");
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// `count` characters A–Z and 0–9, as in the middle of a PagerDuty token.
pub(crate) fn upper(count: usize) -> String {
    let source = bytes::<32>();
    source.iter().take(count).map(|byte| upper_char(*byte)).collect()
}

/// Ten digits, as PagerDuty numbers its signing keys.
pub(crate) fn ten_digits() -> String {
    let number = u64::from_be_bytes(bytes::<8>()) % 9_000_000_000 + 1_000_000_000;
    number.to_string()
}

fn upper_char(byte: u8) -> char {
    let value = byte % 36;
    char::from(if value < 10 { b'0' + value } else { b'A' + value - 10 })
}
