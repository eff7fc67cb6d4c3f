//! `/media/{file}`: pictures that the shop keeps. A name is of its content, so it may be kept for ever.

use super::Api;
use super::problems::problem;
use crate::application::media::ShowPicture;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hanse_http::{Path, Problem, StatusCode};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A picture as it was stored. An SVG that is opened by itself can neither run nor load anything.
#[utoipa::path(get, path = "/media/{file}", params(("file" = String, Path, description = "As it stands in an image's url")),
    responses((status = 200, description = "The picture", content_type = "image/*")))]
pub(crate) async fn show_picture(
    State(api): State<Api>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let picture = ShowPicture(api.catalogue).run(&file).await.map_err(problem)?;
    let etag = format!("\"{}\"", picture.name);
    let known = headers.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let unchanged =
        known.is_some_and(|v| v.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let content_type = HeaderValue::from_str(&picture.content_type).map_err(|e| Problem::internal(&e))?;
    let mut response = Response::new(if unchanged { Body::empty() } else { picture.bytes.into() });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(ETAG, HeaderValue::from_str(&etag).map_err(|e| Problem::internal(&e))?);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    );
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    Ok(response)
}
