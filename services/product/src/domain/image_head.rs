//! What an uploaded picture is, read from its bytes without decoding it: its kind, its size, and whether it is whole.
//!
//! Sources: ITU-T T.81 (JPEG), the PNG specification (third edition), RFC 9649 (WebP).

use super::content::Fault;

/// Bounds on an uploaded picture.
pub mod limits {
    /// Bytes of the file.
    pub const FILE: usize = 10 * 1024 * 1024;
    /// Pixels of the whole picture.
    pub const PIXELS: u64 = 40_000_000;
    /// Pixels of a side.
    pub const SIDE: u32 = 12_000;
    /// Bytes of the picture once it is decoded: all the pixels with four channels of a byte.
    pub const DECODED: u64 = 4 * PIXELS;
    /// Bytes that a decoder may hold beside the picture: a row, a colour profile. None that can be applied is larger.
    pub const BESIDE: u64 = 16 * 1024 * 1024;
    /// Passes over a progressive JPEG: each costs time, however few bytes it has.
    pub const SCANS: u32 = 100;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    WebP,
}

/// A picture that may be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub kind: Kind,
    /// Pixels, as they are stored: a camera may have been held otherwise.
    pub width: u32,
    pub height: u32,
}

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Empty,
    /// It is something else, which has a name.
    Other(&'static str),
    Svg,
    Unknown,
    Animated,
    /// It ends before the picture does.
    Truncated,
    /// A kind that is rare and not read.
    Rare(&'static str),
    Broken,
    Size {
        width: u32,
        height: u32,
    },
    /// Within the bounds by its pixels, but each is too many bytes.
    Deep,
}

impl Refusal {
    /// What the merchant is told.
    pub fn fault(&self) -> Fault {
        let (code, message): (_, String) = match self {
            Self::Empty => ("required", "is empty; send the picture's bytes".into()),
            Self::Other(what) => (
                "image_kind",
                format!("is {what}, not a picture that is taken here; save it as JPEG, PNG or WebP"),
            ),
            Self::Svg => (
                "image_svg",
                "is an SVG, which can carry programs into a shopper's browser; export it as PNG or WebP"
                    .into(),
            ),
            Self::Unknown => {
                ("image_kind", "is no JPEG, PNG or WebP by its content; save it as one of these".into())
            }
            Self::Animated => ("image_animated", "is animated; save one of its pictures by itself".into()),
            Self::Truncated => (
                "image_truncated",
                "ends before the picture does; send the file again, or save it anew".into(),
            ),
            Self::Rare(what) => {
                ("image_kind", format!("is {what}, which is not read here; save it as a usual JPEG"))
            }
            Self::Broken => (
                "image_broken",
                "cannot be read as a picture; open it in an image program and save it anew".into(),
            ),
            Self::Size { width, height } => (
                "image_size",
                format!(
                    "measures {width} by {height} pixels; at most {} megapixels and {} a side are taken, and each at least 1: scale it",
                    limits::PIXELS / 1_000_000,
                    limits::SIDE
                ),
            ),
            Self::Deep => {
                ("image_size", "has too many pixels for its 16 bits each; save it with 8 bits".into())
            }
        };
        Fault::new("file", code, message)
    }
}

impl Head {
    /// # Errors
    /// Whatever makes the file not worth decoding.
    pub fn read(file: &[u8]) -> Result<Self, Refusal> {
        let (head, channel_bytes) = if file.starts_with(&PNG) {
            png(file)?
        } else if file.starts_with(&[0xFF, 0xD8, 0xFF]) {
            jpeg(file)?
        } else if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
            webp(file)?
        } else {
            return Err(foreign(file));
        };
        let Self { width, height, .. } = head;
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 || pixels > limits::PIXELS || width.max(height) > limits::SIDE {
            Err(Refusal::Size { width, height })
        } else if pixels * channel_bytes > limits::DECODED {
            Err(Refusal::Deep)
        } else {
            Ok(head)
        }
    }

    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// What a file is that is none of the three.
fn foreign(file: &[u8]) -> Refusal {
    if file.is_empty() {
        return Refusal::Empty;
    }
    const SIGNS: [(&[u8], &str); 8] = [
        (b"GIF8", "a GIF"),
        (b"BM", "a bitmap (BMP)"),
        (b"II*\0", "a TIFF"),
        (b"MM\0*", "a TIFF"),
        (b"%PDF", "a PDF"),
        (b"8BPS", "a Photoshop file"),
        (b"PK\x03\x04", "a packed file (ZIP)"),
        (b"\0\0\x01\0", "an icon (ICO)"),
    ];
    if let Some((_, what)) = SIGNS.iter().find(|(sign, _)| file.starts_with(sign)) {
        return Refusal::Other(what);
    }
    if file.get(4..8) == Some(b"ftyp") {
        return match file.get(8..12) {
            Some(b"avif" | b"avis") => Refusal::Other("an AVIF"),
            Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"mif1" | b"msf1") => Refusal::Other("a HEIC"),
            _ => Refusal::Other("a film"),
        };
    }
    let start = String::from_utf8_lossy(&file[..file.len().min(1024)]).to_ascii_lowercase();
    let start = start.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if start.starts_with('<') && start.contains("<svg") {
        Refusal::Svg
    } else if start.starts_with("<!doctype html") || start.starts_with("<html") {
        Refusal::Other("a web page")
    } else {
        Refusal::Unknown
    }
}

const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// `N` bytes from `at` on; a file that has fewer is cut off.
fn take<const N: usize>(file: &[u8], at: usize) -> Result<[u8; N], Refusal> {
    let part = at.checked_add(N).and_then(|end| file.get(at..end)).ok_or(Refusal::Truncated)?;
    part.try_into().map_err(|_| Refusal::Truncated)
}

fn png(file: &[u8]) -> Result<(Head, u64), Refusal> {
    if take::<8>(file, 8)? != *b"\0\0\0\x0dIHDR" {
        return Err(Refusal::Broken);
    }
    let (width, height) = (u32::from_be_bytes(take(file, 16)?), u32::from_be_bytes(take(file, 20)?));
    let [depth, colour] = take(file, 24)?;
    // With the transparency that a chunk may add.
    let channels = match colour {
        0 | 4 => 2,
        2 | 3 | 6 => 4,
        _ => return Err(Refusal::Broken),
    };
    let mut at = PNG.len();
    loop {
        let length = u32::from_be_bytes(take(file, at)?) as usize;
        let name: [u8; 4] = take(file, at + 4)?;
        // The length, the name and the checksum around what is in it.
        at = at.checked_add(12).and_then(|at| at.checked_add(length)).ok_or(Refusal::Truncated)?;
        if at > file.len() {
            return Err(Refusal::Truncated);
        }
        match &name {
            b"acTL" => return Err(Refusal::Animated),
            b"IEND" => break,
            _ => {}
        }
    }
    let head = Head { kind: Kind::Png, width, height };
    Ok((head, channels * if depth == 16 { 2 } else { 1 }))
}

/// From marker to marker, through the data between them, to the end of the picture.
fn jpeg(file: &[u8]) -> Result<(Head, u64), Refusal> {
    let mut size = None;
    let (mut at, mut scans) = (2, 0);
    loop {
        let [sign, marker] = take(file, at)?;
        if sign != 0xFF {
            return Err(Refusal::Broken);
        }
        // Any number of these may stand before a marker.
        if marker == 0xFF {
            at += 1;
            continue;
        }
        at += 2;
        match marker {
            0xD9 => break,
            // They stand alone.
            0x01 | 0xD0..=0xD7 => continue,
            0x00 | 0xD8 => return Err(Refusal::Broken),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(take(file, at)?));
        let end = at + length;
        if length < 2 {
            return Err(Refusal::Broken);
        }
        if end > file.len() {
            return Err(Refusal::Truncated);
        }
        match marker {
            0xC0..=0xC2 if size.is_none() && length >= 8 => size = Some(frame(file, at)?),
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Err(Refusal::Rare("a lossless or arithmetic JPEG"));
            }
            0xC0..=0xC2 => return Err(Refusal::Broken),
            _ => {}
        }
        at = end;
        if marker == 0xDA {
            scans += 1;
            if size.is_none() || scans > limits::SCANS {
                return Err(Refusal::Broken);
            }
            at = after_scan(file, at)?;
        }
    }
    let (width, height) = size.filter(|_| scans > 0).ok_or(Refusal::Broken)?;
    Ok((Head { kind: Kind::Jpeg, width, height }, 3))
}

/// What the frame's header says of width and height; `at` is where its length stands.
fn frame(file: &[u8], at: usize) -> Result<(u32, u32), Refusal> {
    let [precision, h1, h2, w1, w2, components] = take(file, at + 2)?;
    match (precision, components) {
        (8, 1 | 3 | 4) => {
            Ok((u32::from(u16::from_be_bytes([w1, w2])), u32::from(u16::from_be_bytes([h1, h2]))))
        }
        (12, _) => Err(Refusal::Rare("a JPEG of 12 bits")),
        _ => Err(Refusal::Broken),
    }
}

/// The next marker after a scan's data, in which a sign is followed by a zero, or by a restart that belongs to it.
fn after_scan(file: &[u8], mut at: usize) -> Result<usize, Refusal> {
    loop {
        let rest = file.get(at..).ok_or(Refusal::Truncated)?;
        at += rest.iter().position(|byte| *byte == 0xFF).ok_or(Refusal::Truncated)?;
        match take::<2>(file, at)?[1] {
            0x00 | 0xD0..=0xD7 => at += 2,
            _ => return Ok(at),
        }
    }
}

fn webp(file: &[u8]) -> Result<(Head, u64), Refusal> {
    let said = u32::from_le_bytes(take(file, 4)?) as usize;
    let end = said.checked_add(8).ok_or(Refusal::Truncated)?;
    let file = file.get(..end).ok_or(Refusal::Truncated)?;
    let (mut at, mut canvas) = (12, None);
    let (width, height) = loop {
        let name: [u8; 4] = take(file, at)?;
        let length = u32::from_le_bytes(take(file, at + 4)?) as usize;
        let inside = at + 8;
        let next = inside.checked_add(length).ok_or(Refusal::Truncated)?;
        if next > file.len() {
            return Err(Refusal::Truncated);
        }
        match &name {
            b"VP8 " => {
                let [a, _, _, s1, s2, s3, w1, w2, h1, h2] = take(file, inside)?;
                // A key frame, and its start code.
                if a & 1 != 0 || [s1, s2, s3] != [0x9D, 0x01, 0x2A] {
                    return Err(Refusal::Broken);
                }
                let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
                break (side(w1, w2), side(h1, h2));
            }
            b"VP8L" => {
                let [sign, a, b, c, d] = take(file, inside)?;
                if sign != 0x2F {
                    return Err(Refusal::Broken);
                }
                let bits = u32::from_le_bytes([a, b, c, d]);
                break ((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1);
            }
            b"VP8X" => {
                let [flags, _, _, _, w1, w2, w3, h1, h2, h3] = take(file, inside)?;
                if flags & 0x02 != 0 {
                    return Err(Refusal::Animated);
                }
                let side = |a, b, c| u32::from_le_bytes([a, b, c, 0]) + 1;
                canvas = Some((side(w1, w2, w3), side(h1, h2, h3)));
            }
            b"ANIM" | b"ANMF" => return Err(Refusal::Animated),
            _ => {}
        }
        // Every part begins at an even place.
        at = next + length % 2;
    };
    if canvas.is_some_and(|canvas| canvas != (width, height)) {
        return Err(Refusal::Broken);
    }
    Ok((Head { kind: Kind::WebP, width, height }, 4))
}

#[cfg(test)]
#[path = "image_head_tests.rs"]
mod tests;
