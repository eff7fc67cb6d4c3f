//! Traces on their way to a collector, by OTLP over HTTP: whoever works hands its spans over and goes on; they are sent in
//! batches beside it. What there is no room for is dropped and counted.

mod batch;
mod encode;
mod post;

use batch::Batches;
use futures::channel::oneshot;
use hanse_kernel::Effects;
use hanse_kernel::trace::{Span, Tracer};
use post::Collector;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// Spans that wait to be sent, at most: a few seconds of a busy shop.
const ROOM: usize = 8192;
/// How long the last spans have to leave when the process ends.
const FLUSH: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Settings {
    /// `http://collector:4318`: OTLP's base address, to which `/v1/traces` is added.
    pub endpoint: http::Uri,
    /// The share of traces that begin here and are gathered, 0 to 1. Others' decisions are followed.
    pub sample_ratio: f64,
}

/// The way to the collector.
pub struct Traces {
    spans: mpsc::Sender<Span>,
    /// Of all trace ids, these and those below.
    sampled_below: u64,
    end: Mutex<Option<oneshot::Sender<()>>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
    effects: Effects,
}

impl Traces {
    /// Starts to send; nobody needs to wait for the collector. `effects` run the sending, so their tasks must not be
    /// among those that are waited for before [`Traces::end`].
    pub fn start(settings: &Settings, effects: &Effects) -> Arc<Self> {
        describe();
        let (spans, waiting) = mpsc::channel(ROOM);
        let ((end, asked), (over, ended)) = (oneshot::channel(), oneshot::channel());
        let effects = Effects { tracer: None, ..effects.clone() };
        let collector = Collector::new(&settings.endpoint, effects.clone());
        let instance = effects.ids.uuid().to_string();
        let batches = Batches::new(waiting, collector, encode::Origin { instance }, effects.clone());
        effects.spawn.spawn(
            "telemetry.traces",
            Box::pin(async move {
                batches.run(asked).await;
                // Nobody may be waiting for it.
                let _ = over.send(());
            }),
        );
        Arc::new(Self {
            spans,
            sampled_below: threshold(settings.sample_ratio),
            end: Mutex::new(Some(end)),
            ended: Mutex::new(Some(ended)),
            effects,
        })
    }

    /// Sends what is left, as far as the collector takes it in time. Spans that come later are dropped.
    pub async fn end(&self) {
        drop(self.end.lock().unwrap_or_else(|e| e.into_inner()).take());
        let ended = self.ended.lock().unwrap_or_else(|e| e.into_inner()).take();
        if let Some(ended) = ended
            && self.effects.within(FLUSH, ended).await.is_none()
        {
            tracing::warn!("the last spans did not reach the collector in time");
        }
    }
}

impl Tracer for Traces {
    fn samples(&self, trace_id: u128) -> bool {
        // The low half is random in every trace id (W3C Trace Context section 3.2.2.3.2).
        (trace_id as u64) <= self.sampled_below && self.sampled_below > 0
    }

    fn ended(&self, span: Span) {
        if self.spans.try_send(span).is_err() {
            dropped("no_room", 1);
        }
    }
}

fn threshold(ratio: f64) -> u64 {
    (ratio.clamp(0.0, 1.0) * u64::MAX as f64) as u64
}

fn describe() {
    metrics::describe_counter!("telemetry_spans_sent_total", "Spans that the collector took");
    metrics::describe_counter!("telemetry_spans_dropped_total", "Spans that were not gathered");
}

fn dropped(reason: &'static str, count: u64) {
    metrics::counter!("telemetry_spans_dropped_total", "reason" => reason).increment(count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_a_share_of_the_trace_ids() {
        let taken = |ratio: f64| {
            let below = threshold(ratio);
            (0..1000_u64).filter(|n| (n * (u64::MAX / 1000)) <= below && below > 0).count()
        };
        assert_eq!((taken(0.0), taken(1.0)), (0, 1000));
        assert!((249..=251).contains(&taken(0.25)), "{}", taken(0.25));
    }
}
