//! The request and answer headers that carry meaning of their own: idempotency keys, versions, order tokens.

use crate::problem::Problem;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponseParts, ResponseParts};
use http::header::{AUTHORIZATION, ETAG, IF_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The client's name for one intent: the same key and body always get the same answer. Required where it is taken as
/// such, optional as `Option<IdempotencyKey>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl IdempotencyKey {
    fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = all.next() else { return Ok(None) };
        let bytes = value.as_bytes();
        let visible = bytes.iter().all(|b| (0x21..=0x7e).contains(b));
        if all.next().is_some() || !visible || !(1..=255).contains(&bytes.len()) {
            let rule = "must be one value of 1 to 255 visible ASCII characters";
            return Err(Problem::validation(format!("Idempotency-Key {rule}")).field(
                "Idempotency-Key",
                "format",
                rule,
            ));
        }
        Ok(Some(Self(String::from_utf8_lossy(bytes).into_owned())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)?.ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "idempotency_key_missing",
                "An Idempotency-Key is needed here",
            )
            .detail("send a new random `Idempotency-Key` per intent, and the same one when you try again")
        })
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Self::of(&parts.headers)
    }
}

/// The version that the client means to change, from `If-Match: "3"`; `None` where any will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// 412 when another version is the present one.
    pub fn check(self, present: i64) -> Result<(), Problem> {
        match self.0 {
            Some(wanted) if wanted != present => Err(Problem::precondition_failed()),
            _ => Ok(()),
        }
    }
}

fn version(text: &str) -> Option<Option<i64>> {
    if text == "*" {
        return Some(None);
    }
    let quoted = text.strip_prefix("W/").unwrap_or(text);
    let digits = quoted.strip_prefix('"')?.strip_suffix('"')?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok().map(Some))?
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut all = parts.headers.get_all(IF_MATCH).iter();
        let Some(value) = all.next() else { return Ok(Self(None)) };
        let parsed = value.to_str().ok().and_then(|text| version(text.trim()));
        match parsed {
            Some(wanted) if all.next().is_none() => Ok(Self(wanted)),
            _ => Err(Problem::new(StatusCode::BAD_REQUEST, "if_match_malformed", "If-Match cannot be read")
                .detail("send one version as it came in ETag, for example `If-Match: \"3\"`")),
        }
    }
}

/// The version of what is answered, as `ETag: "3"`: `(ETag(cart.version), Json(cart))`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ETag(pub i64);

impl IntoResponseParts for ETag {
    type Error = std::convert::Infallible;
    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", self.0)) {
            parts.headers_mut().insert(ETAG, value);
        }
        Ok(parts)
    }
}

/// The access token of one order, from `Authorization: Order <token>`. Whether it opens the order asked for is for
/// the order service to say.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderToken(pub Option<String>);

impl OrderToken {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
        let token = value.and_then(|v| scheme(v, "order")).filter(|t| (1..=512).contains(&t.len()));
        Self(token.map(str::to_string))
    }
}

impl std::fmt::Debug for OrderToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "OrderToken(…)" } else { "OrderToken(none)" })
    }
}

/// The credentials after an authentication scheme, whose name has no case (RFC 9110 section 11.1).
pub(crate) fn scheme<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then(|| rest.trim_start())
}

impl<S: Send + Sync> FromRequestParts<S> for OrderToken {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

fn header(name: &str, required: Required, text: &str) -> Vec<Parameter> {
    vec![
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(required)
            .description(Some(text))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build(),
    ]
}

/// For `params(IdempotencyKey)` in `#[utoipa::path]`.
impl utoipa::IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        header(
            "Idempotency-Key",
            Required::True,
            "Names this intent, 1 to 255 visible ASCII characters. Sent again with the same body it gets the same answer, for 72 hours.",
        )
    }
}

/// For `params(OptionalIdempotencyKey)` in `#[utoipa::path]`, where the handler takes an `Option<IdempotencyKey>`.
pub struct OptionalIdempotencyKey;

impl utoipa::IntoParams for OptionalIdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        header(
            "Idempotency-Key",
            Required::False,
            "Names this intent, 1 to 255 visible ASCII characters. Sent again with the same body it gets the same answer, for 72 hours.",
        )
    }
}

/// For `params(IfMatch)` in `#[utoipa::path]`.
impl utoipa::IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        header(
            "If-Match",
            Required::False,
            "The version to change, as it came in ETag; another one is refused with 412.",
        )
    }
}
