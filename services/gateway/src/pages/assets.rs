//! The files of the storefront's build: hashed names are kept for ever, others are asked for again.

use super::unchanged;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;

pub(crate) fn answer(path: &str, headers: &HeaderMap) -> Option<Response> {
    let name = path.trim_start_matches('/');
    if name.is_empty() || name == "index.html" || name.starts_with('.') {
        return None;
    }
    let asset = hanse_web_assets::storefront(name)?;
    let digits: String = asset.hash.iter().take(8).map(|b| format!("{b:02x}")).collect();
    let etag = format!("\"{digits}\"");
    let caching =
        if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut kind = mime_guess::from_path(name).first_or_octet_stream().to_string();
    if kind.starts_with("text/") {
        kind.push_str("; charset=utf-8");
    }
    let common = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, caching.into())];
    if unchanged(headers, &etag) {
        return Some((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let body = match asset.bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    Some((common, [(header::CONTENT_TYPE, kind)], body).into_response())
}
