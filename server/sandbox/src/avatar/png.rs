//! The least PNG there is (W3C PNG, third edition): 8-bit RGB, no filter, deflate blocks that are only stored.

/// The most bytes a stored deflate block can hold (RFC 1951 §3.2.4).
const MAX_STORED: usize = 65_535;

/// Encodes a square picture of RGB pixels.
pub(super) fn encode(size: u32, pixels: &[u8]) -> Vec<u8> {
    let mut out = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    let mut header = Vec::with_capacity(13);
    header.extend(size.to_be_bytes());
    header.extend(size.to_be_bytes());
    // Bit depth 8, truecolour, deflate, adaptive filtering, not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &header);
    chunk(&mut out, *b"IDAT", &zlib(&scanlines(size, pixels)));
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// Each row is led by its filter: none.
fn scanlines(size: u32, pixels: &[u8]) -> Vec<u8> {
    let row = (size as usize) * 3;
    let mut out = Vec::with_capacity(pixels.len() + size as usize);
    for line in pixels.chunks(row.max(1)) {
        out.push(0);
        out.extend(line);
    }
    out
}

/// RFC 1950 around RFC 1951.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(MAX_STORED).count();
    for (index, block) in data.chunks(MAX_STORED).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(index + 1 == blocks));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let checked_from = out.len();
    out.extend(name);
    out.extend(data);
    let sum = crc32(out.get(checked_from..).unwrap_or_default());
    out.extend(sum.to_be_bytes());
}

fn adler32(data: &[u8]) -> u32 {
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16) | low
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{adler32, crc32};

    #[test]
    fn checksums_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
