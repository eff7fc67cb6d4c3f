//! JSON bodies in and out. In: content type, size and every field are checked before a handler sees anything.

use crate::decode;
use crate::depth;
use crate::nul;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// What a JSON body may measure where the route says nothing else.
pub const DEFAULT_BODY_LIMIT: usize = 64 * 1024;

/// A JSON body. Request types derive `serde(deny_unknown_fields)`: unknown fields are then refused by name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        parse(&read(request).await?).map(Self)
    }
}

/// For endpoints whose body may be left out altogether. Clients that always name a content type may still send none.
impl<T, S> OptionalFromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, Problem> {
        if request.headers().contains_key(CONTENT_TYPE) && !is_json(request.headers()) {
            return Err(not_json());
        }
        let bytes = read(request).await?;
        if bytes.is_empty() { Ok(None) } else { parse(&bytes).map(|v| Some(Self(v))) }
    }
}

fn not_json() -> Problem {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Problem::new(status, "unsupported_media_type", "The body must be JSON")
        .detail("send it with `Content-Type: application/json`")
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(CONTENT_TYPE).map(HeaderValue::to_str) else { return false };
    let essence = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a whole body within the route's [`BodyLimit`].
pub async fn read(request: Request) -> Result<Bytes, Problem> {
    let limit = request.extensions().get::<BodyLimit>().map_or(DEFAULT_BODY_LIMIT, |l| l.0);
    announced_within(request.headers(), limit)?;
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(e) if e.downcast_ref::<LengthLimitError>().is_some() => Err(too_large(limit)),
        Err(_) => Err(truncated()),
    }
}

/// What is announced is refused before any of it is read.
pub(crate) fn announced_within(headers: &HeaderMap, limit: usize) -> Result<(), Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|n| n > limit as u64) { Err(too_large(limit)) } else { Ok(()) }
}

/// The client went before it had sent all that it had announced.
pub fn truncated() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "body_truncated", "The body did not arrive whole")
}

fn too_large(limit: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The body is too large")
        .detail(format!("at most {limit} bytes are taken here"))
}

/// Parses strictly; for bodies that came another way than through [`Json`], too.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let malformed = |e: &serde_json::Error| {
        let detail = if bytes.iter().all(u8::is_ascii_whitespace) {
            "the body is empty; send a JSON object".to_string()
        } else {
            format!("line {}, column {}", e.line(), e.column())
        };
        Problem::new(StatusCode::BAD_REQUEST, "malformed_json", "The body is not well-formed JSON")
            .detail(detail)
    };
    depth::refuse_too_deep(bytes)?;
    nul::refuse_in_json(bytes)?;
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut from).map_err(|e| {
        if e.inner().is_data() {
            decode::refusal(&e.path().to_string(), &e.inner().to_string())
        } else {
            malformed(e.inner())
        }
    })?;
    from.end().map_err(|e| malformed(&e))?;
    Ok(value)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let mut response = Response::new(Body::from(bytes));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(e) => Problem::internal(&e).into_response(),
        }
    }
}

/// 201 with the place of the new thing and the thing itself.
#[derive(Debug, Clone)]
pub struct Created<T>(pub String, pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        located(StatusCode::CREATED, &self.0, self.1)
    }
}

/// 202: begun, not finished; the place tells how it goes on.
#[derive(Debug, Clone)]
pub struct Accepted<T>(pub String, pub T);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        located(StatusCode::ACCEPTED, &self.0, self.1)
    }
}

fn located<T: Serialize>(status: StatusCode, place: &str, value: T) -> Response {
    let place = match HeaderValue::from_str(place) {
        Ok(place) => place,
        Err(e) => return Problem::internal(&e).into_response(),
    };
    let mut response = Json(value).into_response();
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// What a body may measure on the routes inside, in bytes: a layer.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit(pub usize);

impl<S> Layer<S> for BodyLimit {
    type Service = BodyLimited<S>;
    fn layer(&self, inner: S) -> BodyLimited<S> {
        BodyLimited { inner, limit: *self }
    }
}

#[derive(Clone)]
pub struct BodyLimited<S> {
    inner: S,
    limit: BodyLimit,
}

impl<S: Service<Request>> Service<Request> for BodyLimited<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }
    fn call(&mut self, mut request: Request) -> S::Future {
        request.extensions_mut().insert(self.limit);
        self.inner.call(request)
    }
}
