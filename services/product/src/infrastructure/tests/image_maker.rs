//! Uploads made anew: what comes out is what can be seen, and nothing else of the file.

use super::super::image_maker::{decode, make};
use crate::application::ports::Made;
use crate::domain::image_head::{Head, Kind, Refusal};
use hanse_fuzz::{Came, Hunt, came};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, Rgba};
use std::io::Cursor;

/// Red on the left, blue on the right.
fn two_halves(width: u32, height: u32) -> DynamicImage {
    let colour = |x, _| if x < width / 2 { Rgb([200_u8, 0, 0]) } else { Rgb([0, 0, 200]) };
    DynamicImage::ImageRgb8(image::ImageBuffer::from_fn(width, height, colour))
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(vec![]);
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A JPEG as a camera writes it: with a note how it was held, and others.
fn photograph(picture: &DynamicImage, orientation: u8, note: &str) -> Vec<u8> {
    let entry = [&[0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0][..], &[0; 4]].concat();
    let exif = [b"Exif\0\0II*\0\x08\0\0\0\x01\0", &entry[..], note.as_bytes()].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let mut file = written(picture, ImageFormat::Jpeg);
    file.splice(2..2, [&[0xFF, 0xE1][..], &length, &exif].concat());
    file
}

fn made(file: &[u8]) -> Result<Made, Refusal> {
    make(Head::read(file)?, file)
}

fn largest(made: &Made) -> DynamicImage {
    image::load_from_memory(&made.sizes.last().unwrap().bytes).unwrap()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

#[test]
fn a_picture_is_made_in_sizes_that_are_what_they_say() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let made = made(&written(&two_halves(1500, 750), format)).unwrap();
        assert_eq!((made.ending, made.content_type), ("jpg", "image/jpeg"));
        let sizes: Vec<(u32, u32)> = made.sizes.iter().map(|size| (size.width, size.height)).collect();
        assert_eq!(sizes, [(320, 160), (640, 320), (1280, 640), (1500, 750)]);
        for size in &made.sizes {
            let head = Head::read(&size.bytes).unwrap();
            assert_eq!((head.kind, head.width, head.height), (Kind::Jpeg, size.width, size.height));
            let picture = image::load_from_memory(&size.bytes).unwrap().into_rgb8();
            let (left, right) = (picture[(20, 20)], picture[(size.width - 20, size.height - 20)]);
            assert!(left[0] > 180 && left[2] < 30, "{left:?}");
            assert!(right[2] > 180 && right[0] < 30, "{right:?}");
        }
    }
}

#[test]
fn how_the_camera_was_held_is_seen_and_where_is_not() {
    let note = "GPS 53.5413 N 9.9841 E";
    let file = photograph(&two_halves(400, 200), 6, note);
    assert!(holds(&file, note));
    let made = made(&file).unwrap();
    assert!(made.sizes.iter().all(|size| !holds(&size.bytes, "GPS") && !holds(&size.bytes, "Exif")));
    // A quarter clockwise: what was left is above.
    let picture = largest(&made).into_rgb8();
    assert_eq!(picture.dimensions(), (200, 400));
    assert!(picture[(100, 20)][0] > 180 && picture[(100, 380)][2] > 180);
}

#[test]
fn a_profile_that_swells_is_not_taken_in() {
    let (picture, profile) = (two_halves(2, 1), vec![0; 32 * 1024 * 1024]);
    let mut file = vec![];
    let mut encoder = PngEncoder::new(&mut file);
    encoder.set_icc_profile(profile).unwrap();
    encoder.write_image(picture.as_bytes(), 2, 1, picture.color().into()).unwrap();
    assert!(file.len() < 256 * 1024, "{} bytes swell to 32 MiB", file.len());
    let decoded = decode(Head::read(&file).unwrap(), &file);
    assert!(!matches!(decoded, Ok((_, _, Some(_)))));
}

#[test]
fn what_stands_behind_a_picture_is_left_behind() {
    let word = "<script>alert(1)</script>";
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let file = [&written(&two_halves(40, 20), format)[..], word.as_bytes()].concat();
        let made = made(&file).unwrap();
        assert!(made.sizes.iter().all(|size| !holds(&size.bytes, "script")), "{format:?}");
    }
}

#[test]
fn what_can_be_seen_through_stays_so_and_what_cannot_needs_no_room_for_it() {
    let glass = image::RgbaImage::from_fn(900, 300, |x, _| Rgba([0, 200, 0, if x < 450 { 0 } else { 255 }]));
    let made_glass = made(&written(&DynamicImage::ImageRgba8(glass), ImageFormat::Png)).unwrap();
    assert_eq!((made_glass.ending, made_glass.content_type), ("webp", "image/webp"));
    for size in &made_glass.sizes {
        let picture = image::load_from_memory(&size.bytes).unwrap().into_rgba8();
        assert_eq!((picture[(5, 5)][3], picture[(size.width - 5, 5)]), (0, Rgba([0, 200, 0, 255])));
        // No dark edge where the two meet.
        let edge = picture.rows().flatten().filter(|pixel| pixel[3] > 0);
        assert!(edge.clone().count() > 0 && edge.clone().all(|pixel| pixel[1] > 150));
    }
    let wall = image::RgbaImage::from_pixel(40, 20, Rgba([1, 2, 3, 255]));
    assert_eq!(made(&written(&DynamicImage::ImageRgba8(wall), ImageFormat::Png)).unwrap().ending, "jpg");
}

#[test]
fn sixteen_bits_and_greys_become_what_every_browser_shows() {
    let deep = image::ImageBuffer::from_pixel(40, 20, Rgb([65_535_u16, 32_768, 0]));
    let made_deep = made(&written(&DynamicImage::ImageRgb16(deep), ImageFormat::Png)).unwrap();
    let shown = largest(&made_deep).into_rgb8()[(10, 10)];
    assert!(shown[0] > 250 && (120..=136).contains(&shown[1]) && shown[2] < 5, "{shown:?}");
    let grey = image::GrayImage::from_pixel(40, 20, image::Luma([90]));
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let made_grey = made(&written(&DynamicImage::ImageLuma8(grey.clone()), format)).unwrap();
        let shown = largest(&made_grey).into_rgb8()[(10, 10)];
        assert!(shown.0.iter().all(|channel| (88..=92).contains(channel)), "{shown:?}");
    }
}

#[test]
fn colours_are_those_of_the_files_own_profile() {
    let mut file = vec![];
    let mut encoder = JpegEncoder::new_with_quality(&mut file, 95);
    encoder.set_icc_profile(moxcms::ColorProfile::new_display_p3().encode().unwrap()).unwrap();
    let picture = image::RgbImage::from_pixel(40, 20, Rgb([200, 60, 60]));
    encoder.write_image(&picture, 40, 20, image::ExtendedColorType::Rgb8).unwrap();
    let made = made(&file).unwrap();
    assert!(made.sizes.iter().all(|size| !holds(&size.bytes, "ICC_PROFILE")));
    // The same colour has more red in it where red goes less far.
    let shown = largest(&made).into_rgb8()[(10, 10)];
    assert!(shown[0] > 210 && shown[1] < 55, "{shown:?}");
}

#[test]
fn a_picture_whose_middle_is_missing_is_refused() {
    let whole = written(&two_halves(400, 200), ImageFormat::Png);
    assert_eq!(made(&whole[..whole.len() / 2]), Err(Refusal::Truncated));
    // Every part is there, but what is in them is no picture.
    let mut hollow = whole.clone();
    let data = hollow.windows(4).position(|name| name == b"IDAT").unwrap() + 4;
    hollow[data..data + 20].fill(0);
    assert_eq!(made(&hollow), Err(Refusal::Broken));
}

mod fuzz {
    use super::*;

    /// Larger ones are judged by their heads alone.
    const DEAR: u64 = 64 * 1024;

    fn judged(input: &[u8], read: impl Fn(&[u8]) -> Result<Head, Refusal>) -> Came {
        let head = match read(input) {
            Ok(head) => head,
            Err(refusal) => return came(std::mem::discriminant(&refusal)),
        };
        if head.pixels() == 0 || head.pixels() > 40_000_000 || head.width.max(head.height) > 12_000 {
            return Err(format!("{} by {} is let through", head.width, head.height));
        }
        if head.pixels() > DEAR {
            return came((head.kind, "large"));
        }
        let Ok(made) = make(head, input) else { return came((head.kind, "no picture")) };
        for size in &made.sizes {
            match Head::read(&size.bytes) {
                Ok(again) if (again.width, again.height) == (size.width, size.height) => {}
                other => return Err(format!("what was made of it is {other:?}")),
            }
        }
        came((head.kind, made.ending, made.sizes.len()))
    }

    fn hunt() -> Hunt {
        let glass = image::RgbaImage::from_fn(9, 7, |x, y| Rgba([x as u8, 9, y as u8, 28 * x as u8]));
        let glass = DynamicImage::ImageRgba8(glass);
        Hunt::new("image", env!("CARGO_MANIFEST_DIR"))
            .rounds(600)
            .longest(4 * 1024)
            .seeds([
                photograph(&two_halves(16, 8), 6, "note"),
                written(&two_halves(16, 8), ImageFormat::Png),
                written(&two_halves(16, 8), ImageFormat::WebP),
                written(&glass, ImageFormat::Png),
                written(&glass, ImageFormat::WebP),
            ])
            .words([
                "IHDR", "PLTE", "tRNS", "IDAT", "acTL", "IEND", "RIFF", "WEBP", "VP8 ", "VP8L", "VP8X",
                "ANIM",
            ])
            .words([
                &[0xFF, 0xC0][..],
                &[0xFF, 0xC2],
                &[0xFF, 0xC4],
                &[0xFF, 0xDA],
                &[0xFF, 0xD9],
                &[0xFF; 4],
            ])
            .words([&[0; 4][..], &[0x7F, 0xFF, 0xFF, 0xFF], &[0x9D, 0x01, 0x2A], &[0x2F]])
    }

    #[test]
    fn image_whatever_is_uploaded_is_refused_or_made_within_bounds() {
        hunt().expect_nothing(|input| judged(input, Head::read));
    }

    #[test]
    fn image_a_head_whose_size_nobody_looks_at_is_found_out() {
        let planted = |input: &[u8]| match Head::read(input) {
            Err(Refusal::Size { width, height }) => Ok(Head { kind: Kind::Png, width, height }),
            other => other,
        };
        hunt().expect_a_finding(|input| judged(input, planted));
    }
}
