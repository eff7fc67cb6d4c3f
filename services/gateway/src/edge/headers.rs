//! Security headers on every answer; a route that needs a tighter policy sets its own.

use axum::http::HeaderMap;
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

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

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
        headers.reserve(3 + OTHERS.len());
        // What is for everybody says so itself. The rest may be about somebody, and is kept by nobody on the way.
        if !headers.contains_key(header::CACHE_CONTROL) && is_data(headers) {
            headers.insert(header::CACHE_CONTROL, NO_STORE);
        }
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

/// An answer of the API, or a problem.
fn is_data(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind == "application/json" || kind == "application/problem+json"
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

    #[test]
    fn nobody_on_the_way_keeps_what_is_not_for_everybody() {
        let caching = |kind: &'static str, own: Option<&'static str>| {
            let mut answer = ([(header::CONTENT_TYPE, kind)], "{}").into_response();
            answer
                .headers_mut()
                .extend(own.map(|own| (header::CACHE_CONTROL, HeaderValue::from_static(own))));
            let answer = Headers::new(false, false).put_on(answer);
            answer.headers().get(header::CACHE_CONTROL).map(|value| value.to_str().expect("text").to_string())
        };
        for kind in ["application/json", "application/problem+json", "application/json; charset=utf-8"] {
            assert_eq!(caching(kind, None).as_deref(), Some("no-store"), "{kind}");
            assert_eq!(caching(kind, Some("no-cache")).as_deref(), Some("no-cache"), "{kind}");
        }
        assert_eq!(caching("text/html; charset=utf-8", None), None);
    }
}
