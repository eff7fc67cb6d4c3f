//! The Redis that processes share, if there is one, and whether it may be trusted with carts.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use hanse_kernel::Effects;
use hanse_redis::{Redis, RedisConfig, Unfit};
use hanse_runtime::Tasks;

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

/// Before carts are kept there. One that is away does not stop the start: carts are shown from their snapshots then.
pub async fn judge(redis: &Redis) -> Result<()> {
    match redis.fit_to_store().await {
        Ok(None) => {}
        Ok(Some(caution)) => tracing::warn!("redis.url: {caution}"),
        Err(Unfit::Unknown(error)) => {
            tracing::warn!(%error, "Redis cannot be reached; carts are shown as they were and cannot be changed; look at redis.url and whether it runs");
        }
        Err(unfit) => bail!("redis.url: {unfit}"),
    }
    Ok(())
}
