//! Pricing's loops: telling of prices that begin or end, freeing expired holds, forgetting old recorded answers.

use crate::application::PricingError;
use crate::application::due_prices::DuePrices;
use crate::application::lapse_holds::LapseHolds;
use hanse_http::Idempotency;
use hanse_runtime::{Host, Worker};
use std::time::Duration;

pub fn due_prices(host: &Host, due: DuePrices, pause: Duration) -> Worker {
    let host = host.clone();
    Worker::new("pricing.due_prices", move |stop| async move {
        stop.every(&host.effects, pause, || async {
            if let Err(error) = due.run(&host.background()).await {
                tracing::warn!(%error, "prices that began or ended are not told yet");
            }
        })
        .await;
    })
}

pub fn lapse_holds(host: &Host, lapse: LapseHolds, pause: Duration) -> Worker {
    let host = host.clone();
    Worker::new("pricing.lapse_holds", move |stop| async move {
        stop.every(&host.effects, pause, || async {
            match lapse.run(&host.background()).await {
                Ok(0) => {}
                Ok(freed) => metrics::counter!("pricing_holds_lapsed_total").increment(freed as u64),
                Err(PricingError::Unavailable(service)) => {
                    tracing::info!(service, "expired discount holds stay until order can be asked");
                }
                Err(error) => tracing::warn!(%error, "expired discount holds are not freed yet"),
            }
        })
        .await;
    })
}

pub fn forget_answers(host: &Host, idempotency: Idempotency) -> Worker {
    let effects = host.effects.clone();
    Worker::new("pricing.forget_answers", move |stop| async move {
        stop.every(&effects, Duration::from_secs(60 * 60), || async {
            if let Err(error) = idempotency.sweep().await {
                tracing::warn!(%error, "old recorded answers are not thrown away yet");
            }
        })
        .await;
    })
}
