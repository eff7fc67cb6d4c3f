//! The Redis that processes share, if there is one, and whether it may be trusted with carts.

use super::State;
use crate::config::Config;
use anyhow::{Context, Result, bail};
use futures::future::Either;
use hanse_kernel::Effects;
use hanse_redis::{Caution, Redis, RedisConfig, Unfit};
use hanse_runtime::{Stop, Tasks};
use std::sync::Arc;
use std::time::Duration;

/// A Redis that could not be judged, or was found unfit, is looked at again after so long.
const AGAIN: Duration = Duration::from_secs(2);

/// As configured; it is reached when it is first needed, and nobody waits for it.
pub fn redis(config: &Config, effects: &Effects) -> Result<Option<Redis>> {
    let redis = &config.redis;
    if redis.url.is_empty() {
        return Ok(None);
    }
    let settings =
        RedisConfig { prefix: redis.prefix.clone(), ..RedisConfig::new(redis.url.expose().to_string()) };
    // Its connection lives as long as the process: nobody waits for its tasks to end.
    let effects = Effects { spawn: Tasks::new(), ..effects.clone() };
    Redis::new(settings, effects).map(Some).context("redis.url")
}

/// Before carts are kept there; false when it could not be asked. One that is away does not stop the start: carts are shown
/// from their snapshots then.
pub async fn judge(redis: &Redis) -> Result<bool> {
    match redis.fit_to_store().await {
        Ok(caution) => warn(caution),
        Err(Unfit::Unknown(error)) => {
            tracing::warn!(%error, "Redis cannot be reached; carts are shown as they were and cannot be changed; look at redis.url and whether it runs");
            return Ok(false);
        }
        Err(unfit) => bail!("redis.url: {unfit}"),
    }
    Ok(true)
}

/// What [`judge`] could not, as soon as it can be done. Carts are in the process by then: it is not ready as long as they
/// could be lost there.
pub async fn judge_later(redis: Redis, state: Arc<State>, effects: Effects, stop: Stop) {
    let mut told = None;
    loop {
        let (pause, asked) = (effects.timers.sleep(AGAIN), std::pin::pin!(stop.asked()));
        if let Either::Right(_) = futures::future::select(pause, asked).await {
            return;
        }
        let unfit = match redis.fit_to_store().await {
            Ok(caution) => {
                warn(caution);
                return state.carts_unsafe(None);
            }
            Err(Unfit::Unknown(_)) => continue,
            Err(unfit) => format!("redis.url: {unfit}"),
        };
        if told.as_ref() != Some(&unfit) {
            tracing::error!("{unfit}; until then the process is not ready");
            told = Some(unfit.clone());
        }
        state.carts_unsafe(Some(unfit));
    }
}

fn warn(caution: Option<Caution>) {
    if let Some(caution) = caution {
        tracing::warn!("redis.url: {caution}");
    }
}
