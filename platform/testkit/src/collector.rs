//! A collector that really reads what it is sent: OTLP over HTTP, for tests to look at the traces in it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
pub use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A span as it arrived. Ids are in hexadecimal.
#[derive(Debug, Clone)]
pub struct CollectedSpan {
    pub service: String,
    pub name: String,
    pub kind: SpanKind,
    pub trace_id: String,
    pub span_id: String,
    /// Empty for the first of its trace.
    pub parent: String,
    pub began: u64,
    pub ended: u64,
    pub failed: bool,
    pub attributes: BTreeMap<String, String>,
}

/// Listens on a free port of 127.0.0.1; ends when dropped.
pub struct Collector {
    address: SocketAddr,
    told: Arc<Told>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Told {
    spans: Mutex<Vec<CollectedSpan>>,
    /// What was wrong with what came.
    faults: Mutex<Vec<String>>,
    /// Answered instead of taking anything.
    refusal: Mutex<Option<StatusCode>>,
    refused: AtomicUsize,
}

impl Collector {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let told = Arc::new(Told::default());
        let router = Router::new().route("/v1/traces", post(take)).with_state(told.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the collector listens");
        });
        Self { address, told, serving }
    }

    /// For `telemetry.otlp_endpoint`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that came so far. Panics when something came that is no OTLP.
    pub fn spans(&self) -> Vec<CollectedSpan> {
        let faults = self.told.faults.lock().expect("not poisoned").clone();
        assert!(faults.is_empty(), "the collector was sent what it cannot read: {faults:?}");
        self.told.spans.lock().expect("not poisoned").clone()
    }

    pub fn of_trace(&self, trace_id: &str) -> Vec<CollectedSpan> {
        self.spans().into_iter().filter(|span| span.trace_id == trace_id).collect()
    }

    /// How many requests it has refused.
    pub fn refused(&self) -> usize {
        self.told.refused.load(Ordering::Acquire)
    }

    /// From now on everything is answered so; `None` lets it take spans again.
    pub fn refuse(&self, status: Option<StatusCode>) {
        *self.told.refusal.lock().expect("not poisoned") = status;
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(told): State<Arc<Told>>, headers: axum::http::HeaderMap, body: Bytes) -> Response {
    if let Some(status) = *told.refusal.lock().expect("not poisoned") {
        told.refused.fetch_add(1, Ordering::AcqRel);
        return status.into_response();
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    if kind != "application/x-protobuf" {
        told.faults.lock().expect("not poisoned").push(format!("a body of type `{kind}`"));
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    match ExportTraceServiceRequest::decode(body) {
        Ok(request) => {
            told.spans.lock().expect("not poisoned").extend(read(request));
            let answer = ExportTraceServiceResponse::default().encode_to_vec();
            ([(header::CONTENT_TYPE, "application/x-protobuf")], answer).into_response()
        }
        Err(e) => {
            told.faults.lock().expect("not poisoned").push(e.to_string());
            StatusCode::BAD_REQUEST.into_response()
        }
    }
}

fn read(request: ExportTraceServiceRequest) -> impl Iterator<Item = CollectedSpan> {
    request.resource_spans.into_iter().flat_map(|resource| {
        let about = attributes(&resource.resource.unwrap_or_default().attributes);
        let service = about.get("service.name").cloned().unwrap_or_default();
        resource.scope_spans.into_iter().flat_map(move |scope| {
            let service = service.clone();
            scope.spans.into_iter().map(move |span| collected(&service, &span))
        })
    })
}

fn collected(service: &str, span: &Span) -> CollectedSpan {
    let hex = |id: &[u8]| id.iter().map(|b| format!("{b:02x}")).collect::<String>();
    CollectedSpan {
        service: service.into(),
        name: span.name.clone(),
        kind: span.kind(),
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        began: span.start_time_unix_nano,
        ended: span.end_time_unix_nano,
        failed: span.status.as_ref().is_some_and(|status| status.code == 2),
        attributes: attributes(&span.attributes),
    }
}

fn attributes(all: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|v| v.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    all.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}
