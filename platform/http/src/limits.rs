//! Bounds on a request's head, for the gateway: a URI and headers that no honest client needs are refused early.

use crate::problem::Problem;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::future::{Either, Ready, ready};
use http::StatusCode;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// 414 for a URI, 431 for headers over the bounds: `Gate(move |request: &Request| limits.check(request))`.
#[derive(Debug, Clone, Copy)]
pub struct HeadLimits {
    pub uri_bytes: usize,
    pub header_bytes: usize,
    pub header_count: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self { uri_bytes: 8 * 1024, header_bytes: 32 * 1024, header_count: 100 }
    }
}

impl HeadLimits {
    pub fn check(&self, request: &Request) -> Result<(), Problem> {
        let uri = request.uri();
        let length = uri.path().len() + uri.query().map_or(0, |q| q.len() + 1);
        if length > self.uri_bytes {
            return Err(Problem::new(StatusCode::URI_TOO_LONG, "uri_too_long", "The address is too long")
                .detail(format!("at most {} bytes are taken", self.uri_bytes)));
        }
        let headers = request.headers();
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers.len() > self.header_count || bytes > self.header_bytes {
            return Err(Problem::new(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "headers_too_large",
                "The headers are too many or too long",
            )
            .detail(format!(
                "at most {} of together {} bytes are taken",
                self.header_count, self.header_bytes
            )));
        }
        Ok(())
    }
}

/// As a layer: lets through what `judge` has nothing against, and answers its problem to the rest.
#[derive(Debug, Clone, Copy)]
pub struct Gate<J>(pub J);

impl<J: Clone, S> Layer<S> for Gate<J> {
    type Service = Gated<J, S>;
    fn layer(&self, inner: S) -> Gated<J, S> {
        Gated { inner, judge: self.0.clone() }
    }
}

#[derive(Clone)]
pub struct Gated<J, S> {
    inner: S,
    judge: J,
}

impl<J, S> Service<Request> for Gated<J, S>
where
    J: Fn(&Request) -> Result<(), Problem>,
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }
    fn call(&mut self, request: Request) -> Self::Future {
        match (self.judge)(&request) {
            Ok(()) => Either::Right(self.inner.call(request)),
            Err(problem) => Either::Left(ready(Ok(problem.into_response()))),
        }
    }
}
