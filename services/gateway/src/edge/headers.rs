//! Security headers on every answer; a route that needs a tighter policy sets its own.

use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::Response;

/// Only our own scripts, styles and connections; pictures also from merchants' https hosts.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' https: data:; object-src 'none'; base-uri 'none'; \
     frame-ancestors 'none'; form-action 'self'",
);

const OTHERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(self)"),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

pub(crate) fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.reserve(1 + OTHERS.len());
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
    for (name, value) in OTHERS {
        headers.entry(name).or_insert(value);
    }
    response
}
