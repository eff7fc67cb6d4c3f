//! Errors as a client sees them: RFC 9457 problem details with a stable `code`. What went wrong inside is logged
//! and never shown.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

pub const CONTENT: HeaderValue = HeaderValue::from_static("application/problem+json");
const TYPE_BASE: &str = "https://hanse.example/problems/";
/// Members that the problem itself writes; an extension member of the same name is left out.
const RESERVED: [&str; 7] = ["type", "title", "status", "code", "detail", "correlation_id", "errors"];

/// One request field that was refused, by its path in the body or its name in the query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// For example `items[0].quantity`.
    pub field: String,
    /// Stable and machine-readable, for example `range`.
    pub code: String,
    /// For people, for example `must be between 1 and 999`.
    pub message: String,
}

/// A refusal or failure on its way to the client. Cheap to clone and one pointer wide, so `Result<_, Problem>` is
/// cheap too.
#[derive(Debug, Clone)]
pub struct Problem(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    title: Cow<'static, str>,
    detail: Option<String>,
    errors: Vec<FieldError>,
    members: Vec<(&'static str, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// `code` is part of the API: clients branch on it, so it never changes its meaning.
    pub fn new(status: StatusCode, code: &'static str, title: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            status,
            code,
            title: title.into(),
            detail: None,
            errors: Vec::new(),
            members: Vec::new(),
            headers: Vec::new(),
        }))
    }

    fn change(mut self, f: impl FnOnce(&mut Inner)) -> Self {
        f(Arc::make_mut(&mut self.0));
        self
    }

    /// What is wrong with this very request, for people.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        self.change(|p| p.detail = Some(detail))
    }

    /// Names a field that was refused.
    pub fn field(
        self,
        field: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let error = FieldError { field: field.into(), code: code.into(), message: message.into() };
        self.change(|p| p.errors.push(error))
    }

    /// An extension member: what the client needs to go on, such as the new cart or the order's id.
    pub fn with(self, key: &'static str, value: Value) -> Self {
        debug_assert!(!RESERVED.contains(&key), "{key} is written by the problem itself");
        self.change(|p| p.members.push((key, value)))
    }

    /// Tells when trying again makes sense.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.change(|p| p.headers.push((name, value)))
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }
}

/// The usual ones, so that they read alike everywhere.
impl Problem {
    /// 404: `what` as in "product".
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here")
            .detail(format!("no such {what}"))
    }
    /// 422 with `detail`; name the fields with [`Problem::field`].
    pub fn validation(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", "Some fields are not valid").detail(detail)
    }
    /// 403: allowed, once they have shown again who they are.
    pub fn step_up_required() -> Self {
        Self::new(StatusCode::FORBIDDEN, "step_up_required", "Show once more that it is you")
            .detail("POST /api/auth/step-up with the second factor, or the password where none is enrolled; then again")
            .with("step_up", "/api/auth/step-up".into())
    }
    /// 403: this shop's staff have second factors, and they have none yet.
    pub fn factor_enrolment_required() -> Self {
        Self::new(StatusCode::FORBIDDEN, "factor_enrolment_required", "Enrol a second factor first")
            .detail("POST /api/auth/factors/totp, then log in again")
            .with("enrol", "/api/auth/factors/totp".into())
    }
    /// 403: for people, and a program's key asks.
    pub fn key_not_allowed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "key_not_allowed", "An API key is not for this")
    }
    /// 403: known, but not allowed.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "You may not do this")
    }
    /// 401: nobody is logged in and somebody must be.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Log in first")
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }
    /// 401: a token was sent and it is not good (RFC 6750). Why is not told.
    pub fn invalid_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", "The access token is not valid")
            .detail("it may have expired; refresh it or log in again")
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
    }
    /// 409: the request is fine but the present state is against it.
    pub fn conflict(code: &'static str, title: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, title)
    }
    /// 412: `If-Match` named a version that is no longer the present one.
    pub fn precondition_failed() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition_failed",
            "It was changed in the meantime: read it again",
        )
    }
    /// 503: `what` cannot be reached now.
    pub fn unavailable(what: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available right now")
            .detail(format!("{what} is not available; try again shortly"))
            .retry_after(1)
    }
    /// 504: the answer took longer than the request may.
    pub fn timeout() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "This took too long")
            .detail(
                "what was begun is being finished; ask again, with the same idempotency key if there was one",
            )
            .retry_after(1)
    }
    /// 500: logs the error with its causes and shows none of it.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        let causes: Vec<String> =
            std::iter::successors(error.source(), |e| e.source()).map(ToString::to_string).collect();
        tracing::error!(error = %error, causes = ?causes, "a request failed inside");
        Self::failure()
    }
    /// 500 for what has been logged already.
    pub(crate) fn failure() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side")
    }

    /// The problem for a bare status, such as the router's own 404 and 405.
    pub fn of_status(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            401 => return Self::unauthenticated(),
            403 => return Self::forbidden(),
            500 => return Self::failure(),
            400 => "bad_request",
            404 => "not_found",
            405 => "method_not_allowed",
            408 => "request_timeout",
            412 => "precondition_failed",
            413 => "payload_too_large",
            414 => "uri_too_long",
            415 => "unsupported_media_type",
            422 => "validation",
            429 => "rate_limited",
            431 => "headers_too_large",
            503 => "unavailable",
            504 => "timeout",
            _ if status.is_server_error() => "internal",
            _ => "refused",
        };
        Self::new(status, code, status.canonical_reason().unwrap_or("The request was refused"))
    }
}

/// The body, with the correlation id where the context is known.
struct Body<'a>(&'a Inner, Option<&'a str>);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(p, correlation) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("{TYPE_BASE}{}", p.code))?;
        map.serialize_entry("title", &p.title)?;
        map.serialize_entry("status", &p.status.as_u16())?;
        map.serialize_entry("code", p.code)?;
        if let Some(detail) = &p.detail {
            map.serialize_entry("detail", detail)?;
        }
        if let Some(id) = correlation {
            map.serialize_entry("correlation_id", id)?;
        }
        if !p.errors.is_empty() {
            map.serialize_entry("errors", &p.errors)?;
        }
        for (key, value) in p.members.iter().filter(|(key, _)| !RESERVED.contains(key)) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Problem {
    /// The body as it goes out.
    pub fn to_json(&self, correlation: Option<&str>) -> Vec<u8> {
        // Strings, numbers and JSON values always serialise; were that ever to change, the status line still tells.
        serde_json::to_vec(&Body(&self.0, correlation)).unwrap_or_default()
    }

    /// Answers with the correlation id in the body.
    pub fn respond(&self, correlation: Option<&str>) -> Response {
        let mut response = Response::new(self.to_json(correlation).into());
        *response.status_mut() = self.0.status;
        response.headers_mut().insert(CONTENT_TYPE, CONTENT);
        for (name, value) in &self.0.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        // The context layer finds it here and renders the body again with the correlation id.
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.respond(None)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.0.status.as_u16(), self.0.code, self.0.title)?;
        self.0.detail.iter().try_for_each(|d| write!(f, " ({d})"))
    }
}

impl std::error::Error for Problem {}
