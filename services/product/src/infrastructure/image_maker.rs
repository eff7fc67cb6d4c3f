//! Makes uploads anew, on the blocking pool. How much is decoded at once is bounded by pixels: one picture of the largest kind, or
//! several small ones.

use crate::application::ports::{ImageMaker, Made, MadeSize};
use crate::domain::image_head::{Head, Kind, Refusal, limits};
use crate::domain::upload::sizes;
use async_trait::async_trait;
use bytes::Bytes;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageResult, Limits};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use std::io::Cursor;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Above it files grow faster than pictures gain.
const QUALITY: u8 = 82;
/// Pixels that room is counted in.
const MEGAPIXEL: u64 = 1_000_000;

pub struct PooledImageMaker {
    /// In megapixels.
    room: Arc<Semaphore>,
}

fn megapixels(pixels: u64) -> u32 {
    u32::try_from(pixels.div_ceil(MEGAPIXEL)).unwrap_or(u32::MAX)
}

impl Default for PooledImageMaker {
    fn default() -> Self {
        let room = megapixels(limits::PIXELS);
        Self { room: Arc::new(Semaphore::new(usize::try_from(room).unwrap_or(1))) }
    }
}

#[async_trait]
impl ImageMaker for PooledImageMaker {
    async fn make(&self, head: Head, file: Bytes) -> Result<Made, Refusal> {
        // Nobody closes it; were it closed, the picture would be made all the same.
        let room = self.room.clone().acquire_many_owned(megapixels(head.pixels())).await.ok();
        let work = move || {
            let made = make(head, &file);
            drop(room);
            made
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| {
            tracing::error!(error = %e, kind = ?head.kind, "an upload made the decoder fail");
            Err(Refusal::Broken)
        })
    }
}

/// Decodes the picture, and draws it anew in all its sizes.
pub(super) fn make(head: Head, file: &[u8]) -> Result<Made, Refusal> {
    let (picture, orientation, profile) = decode(head, file).map_err(|e| broken(&e))?;
    let turned = turns(orientation);
    let (width, height) = if turned { (head.height, head.width) } else { (head.width, head.height) };
    let all = sizes(width, height);
    let &(wide, high) = all.last().ok_or(Refusal::Broken)?;
    let mut largest = resized(picture, if turned { (high, wide) } else { (wide, high) })?;
    largest.apply_orientation(orientation);
    if let Some(profile) = profile {
        to_srgb(&mut largest, &profile);
    }
    let largest = opaque_if_it_is(largest);
    let see_through = largest.color().has_alpha();
    let made = all.into_iter().map(|(width, height)| {
        let bytes = encode(&resized(largest.clone(), (width, height))?).map_err(|e| broken(&e))?;
        Ok(MadeSize { width, height, bytes: bytes.into() })
    });
    let sizes = made.collect::<Result<_, Refusal>>()?;
    let (ending, content_type) = if see_through { ("webp", "image/webp") } else { ("jpg", "image/jpeg") };
    Ok(Made { ending, content_type, sizes })
}

fn broken(error: &impl std::error::Error) -> Refusal {
    tracing::debug!(%error, "an upload is no whole picture");
    Refusal::Broken
}

/// The pixels with 8 bits a channel, how they are to be turned, and in which colours they are.
pub(super) fn decode(head: Head, file: &[u8]) -> ImageResult<(DynamicImage, Orientation, Option<Vec<u8>>)> {
    let bounds = || {
        let mut bounds = Limits::default();
        (bounds.max_image_width, bounds.max_image_height) = (Some(limits::SIDE), Some(limits::SIDE));
        // What a decoder needs beside the picture itself, too.
        bounds.max_alloc = Some(2 * limits::DECODED);
        bounds
    };
    let reader = Cursor::new(file);
    let mut decoder: Box<dyn ImageDecoder + '_> = match head.kind {
        Kind::Jpeg => Box::new(JpegDecoder::new(reader)?),
        Kind::Png => {
            // What it holds beside the pixels: a row, and what stands in chunks. A profile is inflated from next to nothing.
            let mut beside = bounds();
            beside.max_alloc = Some(limits::BESIDE);
            Box::new(PngDecoder::with_limits(reader, beside)?)
        }
        Kind::WebP => Box::new(WebPDecoder::new(reader)?),
    };
    decoder.set_limits(bounds())?;
    if decoder.dimensions() != (head.width, head.height) || decoder.total_bytes() > limits::DECODED {
        // Two readers of one head must not differ: the one was asked whether it is safe, the other acts on it.
        return Err(image::ImageError::Limits(image::error::LimitError::from_kind(
            image::error::LimitErrorKind::DimensionError,
        )));
    }
    let orientation = decoder.orientation()?;
    let profile = decoder.icc_profile()?;
    let picture = DynamicImage::from_decoder(decoder)?;
    let picture = if picture.color().has_alpha() {
        DynamicImage::ImageRgba8(picture.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    };
    Ok((picture, orientation, profile))
}

/// Whether width and height change places.
fn turns(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn resized(from: DynamicImage, (width, height): (u32, u32)) -> Result<DynamicImage, Refusal> {
    if (from.width(), from.height()) == (width, height) {
        return Ok(from);
    }
    let mut to = DynamicImage::new(width, height, from.color());
    let how = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&from, &mut to, &how).map_err(|e| broken(&e))?;
    Ok(to)
}

/// Applies a colour profile, so that nothing is lost with it. One that cannot be read is left out, as browsers do.
fn to_srgb(picture: &mut DynamicImage, profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let (layout, pixels): (_, &mut [u8]) = match picture {
        DynamicImage::ImageRgb8(pixels) => (Layout::Rgb, pixels),
        DynamicImage::ImageRgba8(pixels) => (Layout::Rgba, pixels),
        _ => return,
    };
    let transform = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default());
    let mut converted = vec![0; pixels.len()];
    if let Ok(transform) = transform
        && transform.transform(pixels, &mut converted).is_ok()
    {
        pixels.copy_from_slice(&converted);
    }
}

/// Many a picture has room for transparency and none in it.
fn opaque_if_it_is(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageRgba8(pixels) if pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX) => {
            DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(pixels).into_rgb8())
        }
        other => other,
    }
}

fn encode(picture: &DynamicImage) -> ImageResult<Vec<u8>> {
    let mut bytes = vec![];
    let (width, height, colour) = (picture.width(), picture.height(), picture.color().into());
    if picture.color().has_alpha() {
        WebPEncoder::new_lossless(&mut bytes).write_image(picture.as_bytes(), width, height, colour)?;
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        encoder.write_image(picture.as_bytes(), width, height, colour)?;
    }
    Ok(bytes)
}
