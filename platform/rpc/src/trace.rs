//! Questions in a trace: the span of whoever asks and the one of whoever answers, and the scope of the answering side's
//! log lines. The same in both shapes.

use crate::call;
use hanse_kernel::trace::{Kind, Span, Work};
use hanse_kernel::{Effects, Scope};
use http::{Request, Response};
use tonic::Code;
use tonic::body::Body;

/// The asker's side, if its spans are gathered: what is asked from here on is a child of this.
pub(crate) fn asking(
    effects: &Effects,
    caller: &'static str,
    service: &'static str,
    request: &mut Request<Body>,
) -> Option<Work> {
    effects.tracer.as_ref()?;
    let from = call::trace_of(request.headers())?;
    let mut work = Work::begin(effects, caller, Kind::Client, "ask", Some(from));
    if !work.is_recorded() {
        return None;
    }
    call::set_trace(request.headers_mut(), work.context());
    work.tell(|span| {
        name(span, request.uri().path());
        span.set("server.address", service);
    });
    Some(work)
}

/// The answering side, with the scope that it works in. Its handler sees this place in the trace, a new trace if the
/// question came in none.
pub(crate) fn answering(
    effects: &Effects,
    service: &'static str,
    caller: &str,
    request: &mut Request<Body>,
) -> (Work, Scope) {
    let from = call::trace_of(request.headers());
    let mut work = Work::begin(effects, service, Kind::Server, "answer", from);
    if from != Some(work.context()) {
        call::set_trace(request.headers_mut(), work.context());
    }
    work.tell(|span| {
        name(span, request.uri().path());
        span.set("client.address", caller.to_string());
    });
    let correlation = call::correlation_of(request.headers());
    let scope = Scope { service, trace: Some(work.context()), correlation };
    (work, scope)
}

/// What came of it.
pub(crate) fn end(mut work: Work, response: &Response<Body>) {
    work.tell(|span| {
        let code = call::code_of(response);
        span.set("rpc.grpc.status_code", i64::from(code as i32));
        span.failed = failed(span.kind, code);
    });
}

/// A refusal is the asker's failure, not the server's (OpenTelemetry's conventions for gRPC).
fn failed(kind: Kind, code: Code) -> bool {
    match kind {
        Kind::Server => matches!(
            code,
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        ),
        _ => code != Code::Ok,
    }
}

/// `/hanse.pricing.v1.Pricing/Quote`.
fn name(span: &mut Span, path: &str) {
    let whole = path.trim_start_matches('/');
    let (service, method) = whole.split_once('/').unwrap_or((whole, ""));
    span.set("rpc.system", "grpc");
    span.set("rpc.service", service.to_string());
    span.set("rpc.method", method.to_string());
    span.name = whole.to_string().into();
}
