//! One request to the collector.

use bytes::Bytes;
use hanse_kernel::Effects;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use std::time::Duration;

/// How long the collector may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Its answer is a few bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

pub(super) enum Refusal {
    /// It may take the same later.
    ForNow(String),
    /// It will never take this.
    ForGood(String),
}

impl Refusal {
    pub fn why(&self) -> &str {
        match self {
            Self::ForNow(why) | Self::ForGood(why) => why,
        }
    }
}

pub(super) struct Collector {
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
    effects: Effects,
}

impl Collector {
    pub fn new(endpoint: &Uri, effects: Effects) -> Self {
        let base = endpoint.to_string();
        let base = base.trim_end_matches('/');
        let address = match base.ends_with("/v1/traces") {
            true => base.to_string(),
            false => format!("{base}/v1/traces"),
        };
        Self { client: Client::builder(TokioExecutor::new()).build_http(), address, effects }
    }

    pub async fn post(&self, spans: ExportTraceServiceRequest) -> Result<(), Refusal> {
        let request = Request::post(&self.address)
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(Full::from(spans.encode_to_vec()))
            .map_err(|e| Refusal::ForGood(e.to_string()))?;
        let answered = self.effects.within(LIMIT, self.answer(request)).await;
        answered.unwrap_or_else(|| Err(Refusal::ForNow(format!("{} did not answer in time", self.address))))
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<(), Refusal> {
        let away = |e: &dyn std::error::Error| {
            let cause = e.source().map_or_else(String::new, |cause| format!(": {cause}"));
            Refusal::ForNow(format!("{}: {e}{cause}", self.address))
        };
        let answer = self.client.request(request).await.map_err(|e| away(&e))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map_err(|e| Refusal::ForNow(e.to_string()))?.to_bytes();
        if status.is_success() {
            // It may have taken a part only; what it says of that is for its own operators.
            let taken = ExportTraceServiceResponse::decode(body).unwrap_or_default();
            let rejected = taken.partial_success.map_or(0, |partial| partial.rejected_spans);
            super::dropped("collector", u64::try_from(rejected).unwrap_or(0));
            return Ok(());
        }
        let why = format!("{} answered {status}", self.address);
        // OTLP section "Retryable Response Codes".
        let later = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        Err(if later { Refusal::ForNow(why) } else { Refusal::ForGood(why) })
    }
}
