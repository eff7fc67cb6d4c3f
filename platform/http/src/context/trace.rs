//! A request's place in its trace: the span of the request itself, and the one of the service whose route it turns out to
//! be where that is another than the one that took it in.

use axum::extract::Request;
use axum::response::Response;
use hanse_kernel::trace::{Kind, Span, Work};
use hanse_kernel::{Ctx, Effects, Scope, TraceContext};
use http::Version;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What the span of a service inside needs; with requests whose spans are gathered.
#[derive(Clone)]
pub(super) struct Recording(pub Effects);

/// What a request's span tells from the beginning. No query: it may hold what is nobody's business.
pub(super) fn tell(span: &mut Span, request: &Request) {
    span.set("http.request.method", super::answer::method(request.method()));
    span.set("url.path", request.uri().path().to_string());
    let version = match request.version() {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    };
    span.set("network.protocol.version", version);
}

/// Until its answer the request is `service`'s: its log lines say so, and a span of its own begins, unless that is who
/// took the request in.
pub(crate) fn hand_over(service: &'static str, request: &mut Request) -> Handed {
    if Scope::with(|scope| scope.is_none_or(|scope| scope.service == service)) {
        return Handed::default();
    }
    let recording = request.extensions().get::<Recording>().cloned();
    let work = recording.and_then(|Recording(effects)| {
        let ctx = request.extensions_mut().get_mut::<Ctx>()?;
        let mut work = Work::begin(&effects, service, Kind::Internal, "request", ctx.trace);
        ctx.trace = Some(work.context());
        work.tell(|span| {
            let method = super::answer::method(request.method());
            let route = request.extensions().get::<axum::extract::MatchedPath>();
            let route = route.map_or("unmatched", axum::extract::MatchedPath::as_str);
            span.name = format!("{method} {route}").into();
            span.set("http.request.method", method);
            span.set("http.route", route.to_string());
        });
        Some(work)
    });
    let before = Scope::hand_over(service, work.as_ref().map(Work::context));
    Handed { work, before }
}

/// The work of the service that has a request now, and whose it was before.
#[derive(Default)]
pub(crate) struct Handed {
    work: Option<Work>,
    before: Option<(&'static str, Option<TraceContext>)>,
}

pin_project! {
    /// The answer of the service that a request was handed to.
    pub struct Handing<F> {
        #[pin]
        answer: F,
        handed: Handed,
    }
}

impl<F> Handing<F> {
    pub(crate) fn new(answer: F, handed: Handed) -> Self {
        Self { answer, handed }
    }
}

impl<F, E> Future for Handing<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(cx));
        let Handed { work, before } = std::mem::take(this.handed);
        if let Some((service, trace)) = before {
            Scope::hand_over(service, trace);
        }
        if let (Some(mut work), Ok(response)) = (work, &answer) {
            let status = response.status();
            work.tell(|span| {
                span.set("http.response.status_code", i64::from(status.as_u16()));
                span.failed = status.is_server_error();
            });
        }
        Poll::Ready(answer)
    }
}
