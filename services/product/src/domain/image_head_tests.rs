//! Heads written by hand: what is taken, what is refused, and why.

use super::*;

fn chunk(name: &[u8; 4], inside: &[u8]) -> Vec<u8> {
    let length = u32::try_from(inside.len()).unwrap().to_be_bytes();
    [&length[..], name, inside, &[0; 4]].concat()
}

fn png_file(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    let size = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colour, 0, 0, 0]].concat();
    [&PNG[..], &chunk(b"IHDR", &size), &chunk(b"IDAT", b"..."), &chunk(b"IEND", b"")].concat()
}

fn segment(marker: u8, inside: &[u8]) -> Vec<u8> {
    let length = u16::try_from(inside.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], &length[..], inside].concat()
}

fn frame_of(marker: u8, width: u16, height: u16) -> Vec<u8> {
    let size = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    segment(marker, &size)
}

const SCAN: [u8; 6] = [1, 1, 0, 0, 63, 0];

fn jpeg_file(frame: Vec<u8>, scans: usize) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    file.extend(segment(0xE0, b"JFIF\0"));
    file.extend(frame);
    for _ in 0..scans {
        file.extend(segment(0xDA, &SCAN));
        // Data with a stuffed sign and a restart.
        file.extend([1, 2, 0xFF, 0x00, 3, 0xFF, 0xD1, 4]);
    }
    file.extend([0xFF, 0xD9]);
    file
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut inside = b"WEBP".to_vec();
    for (name, bytes) in chunks {
        inside.extend_from_slice(*name);
        inside.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        inside.extend_from_slice(bytes);
        inside.extend(vec![0; bytes.len() % 2]);
    }
    [b"RIFF", &u32::try_from(inside.len()).unwrap().to_le_bytes()[..], &inside].concat()
}

/// 200 by 100, lossless.
const LOSSLESS: [u8; 5] = [0x2F, 199, 0xC0, 24, 0];
/// 200 by 100, lossy.
const LOSSY: [u8; 10] = [0, 0, 0, 0x9D, 0x01, 0x2A, 200, 0, 100, 0];

fn sized(kind: Kind, width: u32, height: u32) -> Result<Head, Refusal> {
    Ok(Head { kind, width, height })
}

#[test]
fn a_head_tells_kind_and_size() {
    assert_eq!(Head::read(&png_file(640, 480, 8, 2)), sized(Kind::Png, 640, 480));
    for marker in [0xC0, 0xC1, 0xC2] {
        let file = jpeg_file(frame_of(marker, 640, 480), 2);
        assert_eq!(Head::read(&file), sized(Kind::Jpeg, 640, 480));
    }
    assert_eq!(Head::read(&riff(&[(b"VP8 ", &LOSSY)])), sized(Kind::WebP, 200, 100));
    assert_eq!(Head::read(&riff(&[(b"VP8L", &LOSSLESS)])), sized(Kind::WebP, 200, 100));
    let canvas = [0, 0, 0, 0, 199, 0, 0, 99, 0, 0];
    let extended = riff(&[(b"VP8X", &canvas), (b"EXIF", b"odd"), (b"VP8L", &LOSSLESS)]);
    assert_eq!(Head::read(&extended), sized(Kind::WebP, 200, 100));
}

#[test]
fn a_small_file_of_a_huge_picture_is_refused_by_its_head() {
    let size = |width, height| Err(Refusal::Size { width, height });
    assert_eq!(Head::read(&png_file(50_000, 50_000, 8, 2)), size(50_000, 50_000));
    assert_eq!(Head::read(&png_file(8_000, 6_000, 8, 2)), size(8_000, 6_000));
    assert_eq!(Head::read(&png_file(12_001, 10, 8, 2)), size(12_001, 10));
    assert_eq!(Head::read(&png_file(0, 10, 8, 2)), size(0, 10));
    assert_eq!(Head::read(&jpeg_file(frame_of(0xC0, 65_535, 65_535), 1)), size(65_535, 65_535));
    assert_eq!(Head::read(&png_file(8_000, 5_000, 8, 6)), sized(Kind::Png, 8_000, 5_000), "40 megapixels");
    assert_eq!(Head::read(&png_file(8_000, 5_000, 16, 6)), Err(Refusal::Deep));
    assert_eq!(Head::read(&png_file(5_000, 4_000, 16, 6)), sized(Kind::Png, 5_000, 4_000));
}

#[test]
fn what_ends_early_is_refused_wherever_it_ends() {
    let canvas = [0, 0, 0, 0, 199, 0, 0, 99, 0, 0];
    for whole in [
        png_file(640, 480, 8, 2),
        jpeg_file(frame_of(0xC2, 640, 480), 2),
        riff(&[(b"VP8X", &canvas), (b"VP8L", &LOSSLESS)]),
    ] {
        assert!(Head::read(&whole).is_ok());
        for end in 0..whole.len() {
            assert!(Head::read(&whole[..end]).is_err(), "{end} of {}", whole.len());
        }
        assert_eq!(Head::read(&whole[..whole.len() - 1]), Err(Refusal::Truncated));
    }
}

#[test]
fn what_is_animated_or_rare_is_told_so() {
    let mut apng = png_file(10, 10, 8, 2);
    apng.splice(33..33, chunk(b"acTL", &[0; 8]));
    assert_eq!(Head::read(&apng), Err(Refusal::Animated));
    let canvas = [0x02, 0, 0, 0, 199, 0, 0, 99, 0, 0];
    assert_eq!(Head::read(&riff(&[(b"VP8X", &canvas), (b"ANIM", &[0; 6])])), Err(Refusal::Animated));
    assert_eq!(Head::read(&riff(&[(b"ANMF", &[0; 16])])), Err(Refusal::Animated));
    let lossless = jpeg_file(frame_of(0xC3, 10, 10), 1);
    assert!(matches!(Head::read(&lossless), Err(Refusal::Rare(_))));
}

#[test]
fn what_contradicts_itself_is_broken() {
    let canvas = [0, 0, 0, 0, 19, 0, 0, 99, 0, 0];
    assert_eq!(Head::read(&riff(&[(b"VP8X", &canvas), (b"VP8L", &LOSSLESS)])), Err(Refusal::Broken));
    let two = [frame_of(0xC0, 10, 10), frame_of(0xC0, 9_000, 4_000)].concat();
    assert_eq!(Head::read(&jpeg_file(two, 1)), Err(Refusal::Broken), "the second would be another size");
    assert_eq!(Head::read(&jpeg_file(frame_of(0xC0, 10, 10), 0)), Err(Refusal::Broken), "nothing is in it");
    assert_eq!(Head::read(&jpeg_file(vec![], 1)), Err(Refusal::Broken), "no size");
    assert!(Head::read(&jpeg_file(frame_of(0xC2, 10, 10), 100)).is_ok());
    assert_eq!(Head::read(&jpeg_file(frame_of(0xC2, 10, 10), 101)), Err(Refusal::Broken), "too many passes");
}

#[test]
fn what_is_something_else_is_named() {
    let other = |file: &[u8]| Head::read(file).unwrap_err();
    assert_eq!(other(b""), Refusal::Empty);
    assert_eq!(other(b"GIF89a...."), Refusal::Other("a GIF"));
    assert_eq!(other(b"%PDF-1.7"), Refusal::Other("a PDF"));
    assert_eq!(other(b"\0\0\0\x18ftypheic...."), Refusal::Other("a HEIC"));
    assert_eq!(other(b"\0\0\0\x18ftypavif...."), Refusal::Other("an AVIF"));
    assert_eq!(other(b"<!DOCTYPE html><title>no</title>"), Refusal::Other("a web page"));
    assert_eq!(other(b"Handle,Title\n"), Refusal::Unknown);
    for svg in
        ["<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "\u{feff} <?xml version=\"1.0\"?>\n<!-- x --><SVG>"]
    {
        assert_eq!(other(svg.as_bytes()), Refusal::Svg);
    }
    let told = Refusal::Svg.fault();
    assert_eq!((told.field.as_str(), told.code), ("file", "image_svg"));
    assert!(told.message.contains("export it as PNG"), "{}", told.message);
}
