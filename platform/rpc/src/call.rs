//! What travels with a call: who asks, for whom, in which correlation and language, and how long the caller waits.

use hanse_kernel::{Actor, ChannelId, Clock, CorrelationId, Ctx, Locale, Scope, TraceContext, UserId};
use http::{HeaderMap, HeaderValue, Response};
use std::sync::Arc;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::{Code, Request, Status};

pub(crate) const CALLER: &str = "hanse-caller";
const CORRELATION: &str = "hanse-correlation";
const TRACEPARENT: &str = "traceparent";
const CHANNEL: &str = "hanse-channel";
const LOCALE: &str = "hanse-locale";
const CUSTOMER: &str = "hanse-customer";
const WHENCE: &str = "hanse-whence";

/// Why a question was not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RpcError {
    /// The other service is away or too slow: the answer is unknown. A named degraded answer may stand in.
    #[error("{service} cannot be reached: {message}")]
    Unavailable { service: &'static str, message: String },
    /// It answered, and the answer is no.
    #[error("{service} refused: {message}")]
    Refused { service: &'static str, code: Code, message: String },
}

impl RpcError {
    pub fn from_status(service: &'static str, status: Status) -> Self {
        let message = status.message().to_string();
        match status.code() {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unknown
            | Code::Internal
            | Code::ResourceExhausted
            | Code::Aborted => Self::Unavailable { service, message },
            code => Self::Refused { service, code, message },
        }
    }
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code: Code::NotFound, .. })
    }
}

/// A request that carries the context onward: the deadline is what is left of the caller's.
pub fn request<M>(ctx: &Ctx, clock: &dyn Clock, message: M) -> Request<M> {
    let mut request = Request::new(message);
    if let Some(deadline) = ctx.deadline {
        request.set_timeout(deadline.since(clock.now()));
    }
    let metadata = request.metadata_mut();
    put(metadata, CORRELATION, ctx.correlation.as_str());
    put(metadata, CHANNEL, ctx.channel.as_str());
    put(metadata, LOCALE, ctx.locale.as_str());
    if let Some(trace) = ctx.trace {
        put(metadata, TRACEPARENT, trace.traceparent().as_str());
    }
    if let Some(whence) = ctx.whence.as_deref().and_then(|whence| serde_json::to_string(whence).ok()) {
        put(metadata, WHENCE, &whence);
    }
    if let Actor::Customer { user } = &ctx.actor {
        put(metadata, CUSTOMER, &user.to_string());
    }
    request
}

fn put(metadata: &mut MetadataMap, key: &'static str, value: &str) {
    if let Ok(value) = MetadataValue::<Ascii>::try_from(value) {
        metadata.insert(key, value);
    }
}

fn get<'a>(metadata: &'a MetadataMap, key: &str) -> Option<&'a str> {
    metadata.get(key).and_then(|v| v.to_str().ok())
}

/// Which service asks; set by the transport, not by the caller's code.
pub fn caller<M>(request: &Request<M>) -> &str {
    get(request.metadata(), CALLER).unwrap_or("unknown")
}

/// The context of a question as the answering service sees it: the actor is the asking service.
pub fn ctx_of<M>(request: &Request<M>, clock: &dyn Clock) -> Ctx {
    let metadata = request.metadata();
    let correlation = get(metadata, CORRELATION).and_then(CorrelationId::parse);
    let correlation = correlation.unwrap_or_else(|| CorrelationId::new(uuid::Uuid::nil()));
    let actor = match get(metadata, CUSTOMER).and_then(|c| c.parse::<UserId>().ok()) {
        Some(user) => Actor::Customer { user },
        None => Actor::service(caller(request)),
    };
    let mut ctx = Ctx::new(actor, correlation);
    ctx.whence = get(metadata, WHENCE).and_then(|text| serde_json::from_str(text).ok()).map(Arc::new);
    if let Some(channel) = get(metadata, CHANNEL) {
        ctx.channel = ChannelId::new(channel);
    }
    if let Some(locale) = get(metadata, LOCALE) {
        ctx.locale = Locale::new(locale);
    }
    ctx.trace = get(metadata, TRACEPARENT).and_then(TraceContext::parse);
    ctx.deadline = timeout_of(&metadata.clone().into_headers()).map(|left| clock.now().plus(left));
    ctx
}

/// The place in a trace that a question comes from.
pub(crate) fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    headers.get(TRACEPARENT)?.to_str().ok().and_then(TraceContext::parse)
}

pub(crate) fn set_trace(headers: &mut HeaderMap, trace: TraceContext) {
    if let Ok(value) = HeaderValue::from_bytes(trace.traceparent().as_bytes()) {
        headers.insert(TRACEPARENT, value);
    }
}

/// The correlation of a question: in one process it mostly is the asker's own, which need not be made again.
pub(crate) fn correlation_of(headers: &HeaderMap) -> Option<CorrelationId> {
    let text = headers.get(CORRELATION)?.to_str().ok()?;
    let own = Scope::with(|scope| scope?.correlation.clone()).filter(|own| own.as_str() == text);
    own.or_else(|| CorrelationId::parse(text))
}

/// gRPC's own header: digits and a unit (`H M S m u n`).
pub(crate) fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let n: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(n.saturating_mul(3600)),
        "M" => Duration::from_secs(n.saturating_mul(60)),
        "S" => Duration::from_secs(n),
        "m" => Duration::from_millis(n),
        "u" => Duration::from_micros(n),
        "n" => Duration::from_nanos(n),
        _ => return None,
    })
}

/// In microseconds; the digits are eight at most.
pub(crate) fn set_timeout(headers: &mut HeaderMap, left: Duration) {
    let micros = left.as_micros();
    let text = if micros < 100_000_000 {
        format!("{micros}u")
    } else {
        format!("{}m", left.as_millis().min(99_999_999))
    };
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert("grpc-timeout", value);
    }
}

/// The code of an answer whose end has been seen already.
#[derive(Clone, Copy)]
pub(crate) struct Answered(pub Code);

/// The code of an answer as far as it is known before its body is read: a server says at once when it answers nothing.
pub(crate) fn code_of<B>(response: &Response<B>) -> Code {
    if let Some(Answered(code)) = response.extensions().get() {
        return *code;
    }
    response.headers().get(Status::GRPC_STATUS).map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::Timestamp;
    use hanse_kernel::effects::ManualClock;

    #[test]
    fn the_context_crosses_with_what_is_left_of_the_deadline() {
        let clock = ManualClock::at(Timestamp::from_micros(1_000_000));
        let mut ctx = Ctx::new(Actor::Anonymous, CorrelationId::parse("abc").unwrap());
        ctx.locale = Locale::new("de");
        ctx.deadline = Some(clock.now().plus(Duration::from_millis(1500)));
        ctx.trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let sent = request(&ctx, &*clock, ());
        let seen = ctx_of(&sent, &*clock);
        assert_eq!((seen.deadline, seen.trace), (ctx.deadline, ctx.trace));
        assert!(seen.trace.is_some());
        assert_eq!((seen.correlation.as_str(), seen.locale.as_str()), ("abc", "de"));
    }
}
