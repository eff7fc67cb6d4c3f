//! Use cases: pictures that the shop keeps itself, from the source that draws them to the browser that asks.

use super::catalogue::Catalogue;
use super::error::ProductError;
use super::ports::{ImageFile, Picture};
use crate::domain::content::{ImageContent, StoredImage};
use bytes::Bytes;
use hanse_database::{DbError, Tx};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Addresses that the shop's own source draws.
pub const OWN_SCHEME: &str = "sample:";
/// No drawn picture is larger.
const LARGEST: usize = 4 * 1024 * 1024;

impl Picture {
    /// Named by its content: the same bytes have the same name, and a name never shows anything else.
    pub fn new(bytes: Vec<u8>, content_type: &str) -> Option<Self> {
        let ending = match content_type {
            "image/svg+xml" => "svg",
            "image/png" => "png",
            "image/jpeg" => "jpg",
            "image/webp" => "webp",
            "image/avif" => "avif",
            "image/gif" => "gif",
            _ => return None,
        };
        if bytes.is_empty() || bytes.len() > LARGEST {
            return None;
        }
        let name = format!("{}.{ending}", hex::encode(&Sha256::digest(&bytes)[..16]));
        let size = if ending == "svg" { svg_size(&bytes) } else { None };
        let (width, height) = (size.map(|s| s.0), size.map(|s| s.1));
        Some(Self { name, content_type: content_type.into(), bytes: Bytes::from(bytes), width, height })
    }

    fn stored(&self) -> StoredImage {
        StoredImage { name: self.name.clone(), width: self.width, height: self.height }
    }
}

/// What the root element of an SVG says of its size: `width` and `height`, else the view box.
fn svg_size(bytes: &[u8]) -> Option<(i64, i64)> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).into_owned();
    let root = head.split_once("<svg")?.1.split_once('>')?.0.to_string();
    let attribute = |name: &str| {
        let rest = root.split_once(&format!(" {name}=\""))?.1;
        Some(rest.split_once('"')?.0.to_string())
    };
    let number =
        |text: &str| text.trim_end_matches("px").split('.').next()?.parse::<i64>().ok().filter(|n| *n > 0);
    match (attribute("width").as_deref().and_then(number), attribute("height").as_deref().and_then(number)) {
        (Some(width), Some(height)) => Some((width, height)),
        _ => {
            let view = attribute("viewBox")?;
            let parts: Vec<i64> = view.split_whitespace().filter_map(number_or_zero).collect();
            (parts.len() == 4 && parts[2] > 0 && parts[3] > 0).then(|| (parts[2], parts[3]))
        }
    }
}

fn number_or_zero(text: &str) -> Option<i64> {
    text.split('.').next()?.parse().ok()
}

impl Catalogue {
    /// Draws the pictures of our own source and names them in `images`; the unit that stores the product stores them
    /// too. Addresses that the source does not know are told.
    pub fn draw(&self, images: &mut [ImageContent]) -> (Vec<Picture>, Vec<String>) {
        let (mut drawn, mut unknown) = (vec![], vec![]);
        for image in images.iter_mut().filter(|image| image.src.starts_with(OWN_SCHEME)) {
            let picture = self.config.media.as_ref().and_then(|source| source.picture(&image.src));
            match picture.and_then(|(bytes, content_type)| Picture::new(bytes, &content_type)) {
                Some(picture) => {
                    image.stored = Some(picture.stored());
                    drawn.push(picture);
                }
                None => unknown.push(image.src.clone()),
            }
        }
        (drawn, unknown)
    }

    pub async fn keep_pictures(&self, tx: &mut Tx, pictures: &[Picture]) -> Result<(), DbError> {
        let now = self.effects.now();
        for picture in pictures {
            self.media.put(tx, picture, now).await?;
        }
        Ok(())
    }
}

#[derive(Clone)]
pub struct ShowPicture(pub Arc<Catalogue>);

impl ShowPicture {
    pub async fn run(&self, name: &str) -> Result<Picture, ProductError> {
        // Only uploads have sizes.
        if name.contains('-') {
            let file = self.0.image_files.read(name).await?.ok_or(ProductError::NotFound("picture"))?;
            let ImageFile { name, content_type, bytes } = file;
            return Ok(Picture { name, content_type, bytes, width: None, height: None });
        }
        let read = self.0.db.read((self.0.clone(), name.to_string()), |tx, (catalogue, name)| {
            Box::pin(async move { catalogue.media.get(tx, name).await })
        });
        read.await?.ok_or(ProductError::NotFound("picture"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_named_by_its_content() {
        let svg =
            |size: &str| Picture::new(format!("<svg {size}></svg>").into_bytes(), "image/svg+xml").unwrap();
        let one = svg("xmlns=\"x\" width=\"800\" height=\"600px\"");
        assert_eq!((one.width, one.height), (Some(800), Some(600)));
        assert!(one.name.ends_with(".svg") && one.name.len() == 36);
        let two = svg("xmlns=\"x\" viewBox=\"0 0 400 300\"");
        assert_eq!((two.width, two.height), (Some(400), Some(300)));
        assert_ne!(one.name, two.name);
        assert_eq!(svg("a").width, None);
        assert!(Picture::new(b"<script>".to_vec(), "text/html").is_none());
        assert!(Picture::new(vec![], "image/png").is_none());
    }
}
