//! Tracing: which trace a piece of work belongs to, the spans that tell how long it took, and the scope that its log
//! lines are written in. Nothing here knows a collector; who gathers spans is an effect ([`Tracer`]).

mod context;
mod scope;
mod span;

pub use context::{TraceContext, Traceparent};
pub use scope::{Scope, Scoped};
pub use span::{Kind, Span, Tracer, Value, Work};
