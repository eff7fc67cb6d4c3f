//! Addresses of images and the order in which they are shown.

use super::draft::{Draft, DraftImage};
use super::fields::Field;
use super::problems::{At, warning};
use super::row::Row;
use super::{limits, lists, numbers};
use crate::domain::import::{ImportedImage, Problem};
use std::collections::HashSet;

/// The images of one row: the column of images, or the thumbnail where there is no other.
pub(super) fn read(row: &dyn Row, faults: &mut Vec<Problem>) -> Vec<DraftImage> {
    let field = if row.has(Field::ImageSrc) { Field::ImageSrc } else { Field::Thumbnail };
    let position = position(row, faults);
    let alt = row.optional(Field::ImageAlt).map(super::cells::text).filter(|alt| alt.len() <= limits::TEXT);
    lists::addresses(row.get(field))
        .into_iter()
        .filter_map(|src| match usable(src) {
            Ok(()) => Some(DraftImage { src: src.to_string(), alt: alt.clone(), position }),
            Err(hint) => {
                faults.push(
                    warning(row.line_of(field), "image_address_unusable", hint).at(row.label(field), src),
                );
                None
            }
        })
        .collect()
}

/// The one address of a cell.
pub(super) fn address(row: &dyn Row, field: Field, faults: &mut Vec<Problem>) -> Option<String> {
    let src = row.optional(field)?;
    match usable(src) {
        Ok(()) => Some(src.to_string()),
        Err(hint) => {
            faults.push(row.warning(field, "image_address_unusable", hint));
            None
        }
    }
}

pub(super) fn usable(src: &str) -> Result<(), &'static str> {
    if src.len() > limits::ADDRESS {
        return Err(
            "The address is too long, and the image was left out. Use an address of at most 2048 letters.",
        );
    }
    let known = ["http://", "https://", "sample:"].iter().any(|scheme| {
        src.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && src.len() > scheme.len()
    });
    if !known || src.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"')) {
        return Err(
            "This is not an address where the image can be fetched, and the image was left out. Give the whole address, beginning with https://.",
        );
    }
    Ok(())
}

fn position(row: &dyn Row, faults: &mut Vec<Problem>) -> Option<u32> {
    let cell = row.optional(Field::ImagePosition)?;
    let position = numbers::count(cell).ok().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    if position.is_none() {
        faults.push(row.warning(
            Field::ImagePosition,
            "image_position_not_a_number",
            "Positions count 1, 2, 3. The image comes in the order of the file.",
        ));
    }
    position
}

/// The images of a product in their order, each address once, those of the variants with them.
pub(super) fn ordered(draft: &mut Draft) -> Vec<ImportedImage> {
    let mut images = std::mem::take(&mut draft.images);
    let variants = draft.variants.iter().filter_map(|variant| variant.image.clone());
    images.extend(variants.map(|src| DraftImage { src, alt: None, position: None }));
    let mut seen: HashSet<&str> = HashSet::with_capacity(images.len());
    let first: Vec<bool> = images.iter().map(|image| seen.insert(&image.src)).collect();
    let mut first = first.into_iter();
    images.retain(|_| first.next().unwrap_or(true));
    // Stable: images without a position keep their order, behind those that have one.
    images.sort_by_key(|image| image.position.unwrap_or(u32::MAX));
    if images.len() > limits::IMAGES {
        let hint = format!("A product may have {} images; further ones were left out.", limits::IMAGES);
        draft.faults.push(warning(draft.lines.first, "too_many_images", hint));
        images.truncate(limits::IMAGES);
    }
    (1..)
        .zip(images)
        .map(|(position, image)| ImportedImage { src: image.src, alt: image.alt, position })
        .collect()
}
