//! Security headers on every answer; a route that needs a tighter policy sets its own.

use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::Response;

/// Only our own scripts, styles and connections; pictures also from merchants' https hosts. Scripts cannot make markup of
/// texts but through the framework's own way, so that a text which slipped through stays one.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
     form-action 'self'; require-trusted-types-for 'script'; trusted-types vue",
);

const OTHERS: [(HeaderName, HeaderValue); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(self)"),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), HeaderValue::from_static("none")),
];

/// For a year.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");
const HTTPS_ONLY_AND_BELOW: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

#[derive(Clone)]
pub(crate) struct Headers {
    /// Where the shop is reached by HTTPS, browsers are told to come by nothing else.
    https_only: Option<HeaderValue>,
}

impl Headers {
    pub(crate) fn new(https: bool, and_below: bool) -> Self {
        let value = if and_below { HTTPS_ONLY_AND_BELOW } else { HTTPS_ONLY };
        Self { https_only: https.then_some(value) }
    }

    pub(crate) fn put_on(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.reserve(2 + OTHERS.len());
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
        for (name, value) in OTHERS {
            headers.entry(name).or_insert(value);
        }
        if let Some(value) = &self.https_only {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value.clone());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    fn told(https: bool, below: bool) -> Option<String> {
        let answer = Headers::new(https, below).put_on("here".into_response());
        let value = answer.headers().get(header::STRICT_TRANSPORT_SECURITY)?;
        value.to_str().ok().map(str::to_string)
    }

    #[test]
    fn browsers_are_told_to_come_by_https_only_where_it_is_spoken() {
        assert_eq!(told(false, true), None);
        assert_eq!(told(true, false).as_deref(), Some("max-age=31536000"));
        assert_eq!(told(true, true).as_deref(), Some("max-age=31536000; includeSubDomains"));
    }

    #[test]
    fn a_tighter_policy_of_a_route_stays() {
        let own = [(header::CONTENT_SECURITY_POLICY, "sandbox")];
        let answer = Headers::new(false, false).put_on((own, "here").into_response());
        assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], "sandbox");
    }
}
