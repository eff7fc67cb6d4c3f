//! `/media/{file}`: pictures that the shop keeps. A name is of its content, so it may be kept for ever.

use super::Api;
use super::problems::problem;
use crate::application::media::ShowPicture;
use axum::extract::State;
use axum::response::Response;
use hanse_http::{Path, Problem};
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS,
};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A picture as it was stored. An SVG that is opened by itself can neither run nor load anything.
#[utoipa::path(get, path = "/media/{file}", params(("file" = String, Path, description = "As it stands in an image's url")),
    responses((status = 200, description = "The picture", content_type = "image/*")))]
pub(crate) async fn show_picture(
    State(api): State<Api>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let picture = ShowPicture(api.catalogue).run(&file).await.map_err(problem)?;
    let content_type = HeaderValue::from_str(&picture.content_type).map_err(|e| Problem::internal(&e))?;
    let mut response = Response::new(picture.bytes.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    );
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    Ok(response)
}
