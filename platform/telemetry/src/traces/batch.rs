//! The sending loop: collects spans for a moment, sends them together, and waits for a collector that is away without
//! saying so more than once.

use super::dropped;
use super::encode::{Origin, request};
use super::post::{Collector, Refusal};
use futures::channel::oneshot;
use futures::future::{Either, select};
use hanse_kernel::Effects;
use hanse_kernel::trace::Span;
use std::time::Duration;
use tokio::sync::mpsc;

/// Spans in one request, at most.
const TOGETHER: usize = 512;
/// How long the first of them waits for more.
const DELAY: Duration = Duration::from_secs(1);
/// Times that a batch is offered to a collector that is away, and the pause after each.
const OFFERS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

pub(super) struct Batches {
    waiting: mpsc::Receiver<Span>,
    collector: Collector,
    origin: Origin,
    effects: Effects,
    away: bool,
}

impl Batches {
    pub fn new(
        waiting: mpsc::Receiver<Span>,
        collector: Collector,
        origin: Origin,
        effects: Effects,
    ) -> Self {
        Self { waiting, collector, origin, effects, away: false }
    }

    /// Until the end is asked for; then sends what is left, each batch once.
    pub async fn run(mut self, mut end: oneshot::Receiver<()>) {
        let mut batch = Vec::new();
        loop {
            let gathered = {
                let gather = gather(&mut self.waiting, &self.effects, &mut batch);
                match select(std::pin::pin!(gather), &mut end).await {
                    Either::Left((open, _)) => open,
                    Either::Right(_) => false,
                }
            };
            if !gathered {
                break;
            }
            for offer in 1..=OFFERS {
                let sent = self.send(&batch).await;
                if sent || offer == OFFERS {
                    break;
                }
                let pause = self.effects.timers.sleep(PAUSE);
                if let Either::Right(_) = select(pause, &mut end).await {
                    break;
                }
            }
            self.settle(&mut batch);
        }
        self.waiting.close();
        while let Ok(span) = self.waiting.try_recv() {
            batch.push(span);
        }
        while !batch.is_empty() {
            let mut now: Vec<Span> = batch.drain(..batch.len().min(TOGETHER)).collect();
            if !self.send(&now).await {
                dropped("collector", now.len() as u64 + batch.len() as u64);
                return;
            }
            self.settle(&mut now);
        }
    }

    /// What was not taken by now is given up.
    fn settle(&mut self, batch: &mut Vec<Span>) {
        let count = batch.len() as u64;
        if self.away {
            dropped("collector", count);
        } else {
            metrics::counter!("telemetry_spans_sent_total").increment(count);
        }
        batch.clear();
    }

    /// Whether offering it again would be in vain or needless.
    async fn send(&mut self, batch: &[Span]) -> bool {
        match self.collector.post(request(batch, &self.origin)).await {
            Ok(()) => {
                if std::mem::take(&mut self.away) {
                    tracing::info!("the collector takes spans again");
                }
                true
            }
            Err(refusal) => {
                if !std::mem::replace(&mut self.away, true) {
                    let why = refusal.why();
                    tracing::warn!(
                        why,
                        "the collector takes no spans; they are dropped until it does; look at telemetry.otlp_endpoint"
                    );
                }
                matches!(refusal, Refusal::ForGood(_))
            }
        }
    }
}

/// Waits for a span and then a moment for more. False when none can come any more.
async fn gather(waiting: &mut mpsc::Receiver<Span>, effects: &Effects, batch: &mut Vec<Span>) -> bool {
    if waiting.recv_many(batch, TOGETHER).await == 0 {
        return false;
    }
    let mut moment = effects.timers.sleep(DELAY);
    while batch.len() < TOGETHER {
        let left = TOGETHER - batch.len();
        match select(std::pin::pin!(waiting.recv_many(batch, left)), &mut moment).await {
            Either::Left((0, _)) | Either::Right(_) => break,
            Either::Left(_) => {}
        }
    }
    true
}
