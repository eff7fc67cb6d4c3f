//! Limits that all gateways keep together in Redis. While it is away, each gateway limits by itself: an address may then
//! ask each of them as often as it may ask all.

use super::{Checked, Kind, Limiter, OwnLimits, Subject, Verdict};
use crate::config::RateLimit;
use hanse_redis::{Redis, RedisError, Script};
use std::sync::Arc;
use std::time::Duration;

/// One step. The key holds the moment at which the bucket is full again, in microseconds by the clock of Redis, so that
/// gateways need not agree on the time. A call that is repeated counts twice, which whoever asks can bear.
const COUNT: &str = "
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local limit = tonumber(ARGV[1])
local step = 60000000 / limit
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + step
local over = full - now - 60000000
if over > 0.5 then
  return {0, math.ceil(over)}
end
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil((full - now) / 1000) + 1)
return {1, math.floor((now + 60000000 - full) / step + 0.001)}
";

#[derive(Clone)]
pub(crate) struct SharedLimits(Arc<Inner>);

struct Inner {
    redis: Redis,
    count: Script,
    config: RateLimit,
    own: OwnLimits,
}

impl SharedLimits {
    pub(crate) fn new(redis: Redis, config: RateLimit) -> Self {
        let own = OwnLimits::new(&config);
        Self(Arc::new(Inner { redis, count: Script::new("limit", COUNT), config, own }))
    }

    async fn judge(&self, kind: Kind, subject: Subject) -> Verdict {
        match self.count(kind, subject).await {
            Ok(verdict) => verdict,
            Err(error) => {
                tracing::debug!(%error, "this gateway limits by itself");
                metrics::counter!("gateway_limited_alone_total").increment(1);
                self.0.own.judge(kind, subject)
            }
        }
    }

    async fn count(&self, kind: Kind, subject: Subject) -> Result<Verdict, RedisError> {
        let inner = &self.0;
        let limit = kind.limit(&inner.config);
        let key = inner.redis.key(format_args!("limit:{}:{subject}", kind.name()));
        let (passed, number): (bool, u64) = inner.redis.run(&inner.count, &[key], limit).await?;
        Ok(match passed {
            true => Verdict { limit, left: u32::try_from(number).unwrap_or(limit), wait: None },
            false => Verdict { limit, left: 0, wait: Some(Duration::from_micros(number)) },
        })
    }
}

impl Limiter for SharedLimits {
    fn check(&self, kind: Kind, subject: Subject) -> Checked {
        let limits = self.clone();
        Checked::Later(Box::pin(async move { limits.judge(kind, subject).await }))
    }
}
