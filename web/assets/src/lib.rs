//! The built storefront inside the binary.

use std::borrow::Cow;

#[derive(rust_embed::RustEmbed)]
#[folder = "$OUT_DIR/storefront"]
struct Storefront;

/// A file of the build.
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    /// SHA-256 of the bytes, for the ETag.
    pub hash: [u8; 32],
}

/// `path` without the leading slash: `index.html`, `assets/….js`.
pub fn storefront(path: &str) -> Option<Asset> {
    let file = Storefront::get(path)?;
    Some(Asset { bytes: file.data, hash: file.metadata.sha256_hash() })
}

/// Whether the real storefront was there when the binary was built, or only the page that says how to build it.
pub fn is_built() -> bool {
    Storefront::iter().any(|path| path.starts_with("assets/"))
}
