//! What every answer gets on its way out: the correlation id, problems in full, a place in the metrics.

use super::RouteSlot;
use super::seed::{CORRELATION, TRACEPARENT};
use crate::problem::Problem;
use axum::response::{IntoResponse, Response};
use hanse_kernel::trace::{Span, Work};
use hanse_kernel::{CorrelationId, TraceContext};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use std::any::Any;
use std::time::Duration;

const DURATION: &str = "http_server_request_duration_seconds";
const PANICS: &str = "http_server_panics_total";

pub(super) fn describe() {
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "Time from a request's head to its answer's head"
    );
    metrics::describe_counter!(PANICS, "Requests whose handler panicked");
}

/// A panic is our bug: logged, counted, and told as a 500 without its text.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_string());
    tracing::error!(panic = text, "a request's handler panicked");
    metrics::counter!(PANICS).increment(1);
    Problem::failure().into_response()
}

/// What of the request the answer needs.
#[derive(Clone)]
pub(super) struct Outline {
    pub correlation: CorrelationId,
    pub trace: Option<TraceContext>,
    pub method: Method,
}

impl Outline {
    pub fn finish(&self, mut response: Response) -> Response {
        if let Some(problem) = problem_in(&response) {
            let body = problem.to_json(Some(self.correlation.as_str()));
            let length = HeaderValue::from(body.len());
            *response.body_mut() = if self.method == Method::HEAD { Default::default() } else { body.into() };
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, crate::problem::CONTENT);
            headers.insert(CONTENT_LENGTH, length);
        }
        // Both were checked when they were read, or made by us: they fit a header.
        if let Ok(value) = HeaderValue::from_str(self.correlation.as_str()) {
            response.headers_mut().insert(CORRELATION, value);
        }
        if let Some(Ok(value)) = self.trace.map(|t| HeaderValue::from_bytes(t.traceparent().as_bytes())) {
            response.headers_mut().insert(TRACEPARENT, value);
        }
        response
    }

    /// Ends the request's work: its span, its line in the log, its place in the metrics.
    pub fn measure(&self, slot: &RouteSlot, mut work: Work, status: StatusCode, took: Duration) {
        let route = slot.get();
        work.tell(|span| tell(span, &route, status));
        drop(work);
        let span = tracing::Span::current();
        span.record("route", &*route);
        span.record("status", status.as_u16());
        tracing::debug!(micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "answered");
        let (method, code) = (method(&self.method), code(status));
        metrics::histogram!(DURATION,
            "http_request_method" => method, "http_route" => route, "http_response_status_code" => code)
        .record(took.as_secs_f64());
    }
}

/// What is known of a request's span only with its answer.
fn tell(span: &mut Span, route: &str, status: StatusCode) {
    let method = span.name.clone();
    span.name = format!("{method} {route}").into();
    span.set("http.route", route.to_string());
    span.set("http.response.status_code", i64::from(status.as_u16()));
    span.failed = status.is_server_error();
}

/// The problem that a handler answered with; or the one for a refusal without a body of its own kind, which is how
/// the router says 404 and 405 and how foreign extractors refuse.
fn problem_in(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let refused = response.status().is_client_error() || response.status().is_server_error();
    let plain = match response.headers().get(CONTENT_TYPE) {
        None => true,
        Some(value) => value.as_bytes().starts_with(b"text/plain"),
    };
    (refused && plain).then(|| Problem::of_status(response.status()))
}

/// A client may invent methods; the metrics must not grow with them.
pub(super) fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

/// The usual ones without making a text each time.
fn code(status: StatusCode) -> metrics::SharedString {
    match status.as_u16() {
        200 => metrics::SharedString::const_str("200"),
        201 => metrics::SharedString::const_str("201"),
        202 => metrics::SharedString::const_str("202"),
        204 => metrics::SharedString::const_str("204"),
        304 => metrics::SharedString::const_str("304"),
        404 => metrics::SharedString::const_str("404"),
        409 => metrics::SharedString::const_str("409"),
        other => other.to_string().into(),
    }
}
