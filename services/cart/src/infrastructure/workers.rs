//! The loops that throw expired carts and recorded answers away, and that keep the snapshots of carts up.

use super::redis_carts::RedisCarts;
use crate::application::sweep::SweepCarts;
use hanse_http::Idempotency;
use hanse_runtime::{Host, Worker};
use std::time::Duration;

pub fn sweep(host: &Host, carts: SweepCarts, idempotency: Idempotency, pause: Duration) -> Worker {
    let effects = host.effects.clone();
    Worker::new("cart.sweep", move |stop| async move {
        stop.every(&effects, pause, || async {
            match carts.run().await {
                Ok(gone) => metrics::counter!("cart_expired_total").increment(gone),
                Err(error) => tracing::warn!(%error, "expired carts are not thrown away yet"),
            }
            if let Err(error) = idempotency.sweep().await {
                tracing::warn!(%error, "old recorded answers are not thrown away yet");
            }
        })
        .await;
    })
}

pub fn keep_up(host: &Host, carts: RedisCarts) -> Worker {
    let effects = host.effects.clone();
    Worker::new("cart.keep_up", move |stop| carts.keep_up(effects, stop))
}
