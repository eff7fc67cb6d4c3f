//! For what stands in front of the context layer (limits, sessions): its refusals are told as all others are, with a
//! correlation id, with the client's own where it sent one.

use super::answer::Outline;
use super::seed::{CORRELATION, TRACEPARENT};
use axum::extract::Request;
use axum::response::Response;
use hanse_kernel::{CorrelationId, Effects, TraceContext};
use http::{HeaderValue, Method};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Completes the answers that the context layer inside has not seen.
#[derive(Clone)]
pub struct EarlyAnswers(Arc<Effects>);

impl EarlyAnswers {
    pub fn new(effects: &Effects) -> Self {
        Self(Arc::new(effects.clone()))
    }
}

impl<S> Layer<S> for EarlyAnswers {
    type Service = Completed<S>;
    fn layer(&self, inner: S) -> Completed<S> {
        Completed { inner, effects: self.0.clone() }
    }
}

#[derive(Clone)]
pub struct Completed<S> {
    inner: S,
    effects: Arc<Effects>,
}

/// What of the request is needed should its answer come early.
struct Told {
    effects: Arc<Effects>,
    correlation: Option<HeaderValue>,
    traceparent: Option<HeaderValue>,
    method: Method,
}

impl Told {
    fn complete(self, response: Response) -> Response {
        if response.headers().contains_key(CORRELATION) {
            return response;
        }
        let correlation = self.correlation.as_ref().and_then(|v| CorrelationId::parse(v.to_str().ok()?));
        let traceparent = self.traceparent.as_ref().and_then(|v| v.to_str().ok());
        let outline = Outline {
            correlation: correlation.unwrap_or_else(|| CorrelationId::new(self.effects.ids.uuid())),
            trace: traceparent.and_then(TraceContext::parse),
            method: self.method,
        };
        outline.finish(response)
    }
}

impl<S> Service<Request> for Completed<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Completing<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let header = |name| request.headers().get(name).cloned();
        let told = Told {
            effects: self.effects.clone(),
            correlation: header(CORRELATION),
            traceparent: header(TRACEPARENT),
            method: request.method().clone(),
        };
        Completing { answer: self.inner.call(request), told: Some(told) }
    }
}

pin_project! {
    /// The answer on its way out: every request passes here, so it costs no box.
    pub struct Completing<F> {
        #[pin]
        answer: F,
        told: Option<Told>,
    }
}

impl<F, E> Future for Completing<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Poll::Ready(answer) = this.answer.poll(cx) else { return Poll::Pending };
        let told = this.told.take();
        Poll::Ready(answer.map(|response| match told {
            Some(told) => told.complete(response),
            None => response,
        }))
    }
}
