//! Spans as OTLP has them: grouped by the service whose work they are, which is what collectors show them under whether
//! or not it is a process of its own.

use hanse_kernel::trace::{Kind, Span, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Told, Status};
use std::collections::BTreeMap;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The trace is gathered (W3C trace flags).
const SAMPLED: u32 = 1;

/// Which process they come from.
pub(super) struct Origin {
    pub instance: String,
}

pub(super) fn request(spans: &[Span], origin: &Origin) -> ExportTraceServiceRequest {
    let mut by_service: BTreeMap<&'static str, Vec<Told>> = BTreeMap::new();
    for span in spans {
        by_service.entry(span.service).or_default().push(told(span));
    }
    let resource_spans = by_service
        .into_iter()
        .map(|(service, spans)| ResourceSpans {
            resource: Some(resource(service, origin)),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "hanse".into(),
                    version: VERSION.into(),
                    ..Default::default()
                }),
                spans,
                ..Default::default()
            }],
            ..Default::default()
        })
        .collect();
    ExportTraceServiceRequest { resource_spans }
}

fn resource(service: &str, origin: &Origin) -> Resource {
    let attributes = [
        ("service.name", service),
        ("service.namespace", "hanse"),
        ("service.version", VERSION),
        ("service.instance.id", &origin.instance),
    ];
    let attributes = attributes.map(|(key, value)| attribute(key, Value::Text(value.to_string().into())));
    Resource { attributes: attributes.into(), ..Default::default() }
}

fn told(span: &Span) -> Told {
    Told {
        trace_id: span.context.trace_id().to_be_bytes().to_vec(),
        span_id: span.context.span_id().to_be_bytes().to_vec(),
        parent_span_id: span.parent.map_or_else(Vec::new, |id| id.to_be_bytes().to_vec()),
        flags: SAMPLED,
        name: span.name.to_string(),
        kind: kind(span.kind) as i32,
        start_time_unix_nano: nanos(span.began.micros()),
        end_time_unix_nano: nanos(span.ended.micros()),
        attributes: span.attributes.iter().map(|(key, value)| attribute(key, value.clone())).collect(),
        status: span.failed.then(|| Status { code: StatusCode::Error as i32, ..Default::default() }),
        ..Default::default()
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    let value = match value {
        Value::Text(text) => any_value::Value::StringValue(text.into_owned()),
        Value::Number(number) => any_value::Value::IntValue(number),
    };
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

fn kind(kind: Kind) -> SpanKind {
    match kind {
        Kind::Internal => SpanKind::Internal,
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
        Kind::Producer => SpanKind::Producer,
        Kind::Consumer => SpanKind::Consumer,
    }
}

fn nanos(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or(0).saturating_mul(1000)
}
