//! The portrait itself, by distance: each pixel asks how far it is from each shape.

/// Pixels on each side.
pub(super) const SIZE: u32 = 192;

type Colour = [f32; 3];

const SKIN: [Colour; 5] =
    [[0.98, 0.85, 0.74], [0.91, 0.73, 0.58], [0.78, 0.57, 0.41], [0.58, 0.39, 0.27], [0.42, 0.28, 0.20]];
const HAIR: [Colour; 5] =
    [[0.13, 0.10, 0.10], [0.32, 0.20, 0.13], [0.56, 0.33, 0.16], [0.85, 0.66, 0.36], [0.60, 0.61, 0.66]];
const INK: Colour = [0.16, 0.13, 0.17];

/// RGB, row after row. The same `seed` gives the same picture.
pub(super) fn portrait(seed: &str) -> Vec<u8> {
    // FNV-1a, then one more scramble: neighbouring ids must not look like brothers.
    let hash = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let sitter = Sitter {
        hue: part(hash, 0, 360) as f32,
        skin: SKIN.get(part(hash, 12, 5)).copied().unwrap_or(INK),
        hair: HAIR.get(part(hash, 20, 5)).copied().unwrap_or(INK),
        long_hair: part(hash, 28, 2) == 0,
        glasses: part(hash, 36, 3) == 0,
    };
    let mut pixels = Vec::with_capacity((SIZE * SIZE * 3) as usize);
    for row in 0..SIZE {
        for column in 0..SIZE {
            let at = (unit(column), unit(row));
            pixels.extend(sitter.pixel(at).map(|value| (value.clamp(0.0, 1.0) * 255.0) as u8));
        }
    }
    pixels
}

struct Sitter {
    hue: f32,
    skin: Colour,
    hair: Colour,
    long_hair: bool,
    glasses: bool,
}

impl Sitter {
    /// `at` is between -1 and 1 both ways, y downwards.
    fn pixel(&self, at: (f32, f32)) -> Colour {
        let sky = mix(hsl(self.hue, 0.62, 0.74), hsl(self.hue + 40.0, 0.55, 0.46), (at.1 + 1.0) / 2.0);
        let sun = paint(sky, hsl(self.hue + 20.0, 0.75, 0.84), disc(at, (0.52, -0.52), 0.26));
        let back = if self.long_hair { ellipse(at, (0.0, 0.10), (0.47, 0.56)) } else { 1.0 };
        let drawn = paint(sun, self.hair, back);
        let shirt = hsl(self.hue + 180.0, 0.42, 0.38);
        let drawn = paint(drawn, shirt, ellipse(at, (0.0, 1.06), (0.74, 0.52)));
        let shade = self.skin.map(|value| value * 0.86);
        let drawn = paint(drawn, shade, ellipse(at, (0.0, 0.50), (0.17, 0.24)));
        let drawn = paint(drawn, self.hair, ellipse(at, (0.0, -0.16), (0.45, 0.46)));
        let drawn = paint(drawn, self.skin, ellipse(at, (0.0, 0.02), (0.38, 0.46)).max(fringe(at)));
        self.face(drawn, at)
    }

    fn face(&self, under: Colour, at: (f32, f32)) -> Colour {
        let eyes = disc(at, (-0.15, 0.02), 0.040).min(disc(at, (0.15, 0.02), 0.040));
        let drawn = paint(under, INK, eyes);
        let smile = (disc(at, (0.0, 0.14), 0.16).abs() - 0.018).max(0.20 - at.1);
        let drawn = paint(drawn, INK, smile);
        if !self.glasses {
            return drawn;
        }
        let rim = |x: f32| disc(at, (x, 0.02), 0.115).abs() - 0.014;
        let bridge = (at.0.abs() - 0.04).max((at.1 - 0.01).abs() - 0.012);
        paint(drawn, INK, rim(-0.15).min(rim(0.15)).min(bridge))
    }
}

/// The line the hair is cut along: negative below it.
fn fringe(at: (f32, f32)) -> f32 {
    -0.22 + at.0 * 0.18 - at.1
}

fn part(hash: u64, shift: u32, count: u64) -> usize {
    usize::try_from((hash >> shift) % count).unwrap_or_default()
}

fn unit(index: u32) -> f32 {
    (index as f32 + 0.5) / (SIZE as f32) * 2.0 - 1.0
}

fn disc(at: (f32, f32), centre: (f32, f32), radius: f32) -> f32 {
    (at.0 - centre.0).hypot(at.1 - centre.1) - radius
}

fn ellipse(at: (f32, f32), centre: (f32, f32), radii: (f32, f32)) -> f32 {
    let reach = ((at.0 - centre.0) / radii.0).hypot((at.1 - centre.1) / radii.1);
    (reach - 1.0) * radii.0.min(radii.1)
}

/// Covers `under` where `distance` is negative, softly over a pixel and a half.
fn paint(under: Colour, colour: Colour, distance: f32) -> Colour {
    let soft = 1.5 * 2.0 / (SIZE as f32);
    mix(under, colour, (0.5 - distance / soft).clamp(0.0, 1.0))
}

fn mix(from: Colour, to: Colour, share: f32) -> Colour {
    let [a, b, c] = from;
    let [x, y, z] = to;
    [a + (x - a) * share, b + (y - b) * share, c + (z - c) * share]
}

fn hsl(hue: f32, saturation: f32, lightness: f32) -> Colour {
    let chroma = saturation * lightness.min(1.0 - lightness);
    [0.0_f32, 8.0, 4.0].map(|offset| {
        let turn = (offset + hue.rem_euclid(360.0) / 30.0).rem_euclid(12.0);
        lightness - chroma * (turn - 3.0).min(9.0 - turn).clamp(-1.0, 1.0)
    })
}
