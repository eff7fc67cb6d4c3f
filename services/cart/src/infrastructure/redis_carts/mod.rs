//! Carts in Redis, whose snapshots follow into the cart database: what is lost there is taken up from here, and while Redis
//! is away, carts can be read (and ordered) as their snapshots have them, and not changed.

mod document;
mod follow;
mod record;
mod scripts;
mod sealing;
mod snapshots;
#[cfg(test)]
mod tests;

pub use follow::CartErrands;

use super::sql_carts::SqlCarts;
use crate::application::ports::{CartStore, Found, Standing};
use crate::domain::Cart;
use async_trait::async_trait;
use hanse_database::{Db, DbError, Violation};
use hanse_kernel::{CartId, Effects, Timestamp, UserId};
use hanse_redis::{Redis, RedisError, Script, cmd};
use hanse_vault::Vault;
use record::Record;
use scripts::Scripts;
use std::sync::Arc;
use tokio::sync::Notify;

/// The key of the carts whose snapshots are behind, in the order in which they were changed.
pub const BEHIND: &str = "carts-behind";
/// A customer's carts that are looked through for the latest one.
const LOOKED_AT: isize = 50;

/// Cheap to clone.
#[derive(Clone)]
pub struct RedisCarts(Arc<Inner>);

struct Inner {
    redis: Redis,
    sql: SqlCarts,
    scripts: Scripts,
    effects: Effects,
    /// Something is to be written into the database, or to be done to carts.
    wake: Notify,
}

fn store(error: RedisError) -> DbError {
    match error {
        RedisError::Away(_) | RedisError::Full(_) => DbError::Unavailable(error.to_string()),
        RedisError::Refused(_) | RedisError::Address(_) => DbError::Other(error.to_string()),
    }
}

/// Nobody can tell whether there is such a cart: one that was just opened has no snapshot yet.
fn unseen() -> DbError {
    DbError::Unavailable("Redis is away, and the cart has no snapshot".into())
}

/// Why Redis has no answer: it is away, or something is wrong.
enum Why {
    Away,
    Wrong(DbError),
}

impl From<RedisError> for Why {
    fn from(error: RedisError) -> Self {
        match error {
            RedisError::Away(_) => Self::Away,
            other => Self::Wrong(store(other)),
        }
    }
}

impl From<DbError> for Why {
    fn from(error: DbError) -> Self {
        Self::Wrong(error)
    }
}

impl RedisCarts {
    pub fn new(redis: Redis, db: Db, vault: Vault, effects: Effects) -> Self {
        let (sql, scripts, wake) = (SqlCarts { db, vault }, Scripts::new(), Notify::new());
        Self(Arc::new(Inner { redis, sql, scripts, effects, wake }))
    }

    async fn run<T: hanse_redis::FromRedisValue + Send>(
        &self,
        script: &Script,
        arguments: Vec<String>,
    ) -> Result<T, RedisError> {
        let mut all = vec![self.0.redis.key("")];
        all.extend(arguments);
        self.0.redis.run(script, &[], all).await
    }

    /// A name for one call, by which it is known when it comes again.
    fn call(&self) -> String {
        self.0.effects.ids.uuid().to_string()
    }

    /// The cart as Redis has it, taken up from its snapshot when it was lost.
    async fn record(&self, id: CartId, now: Timestamp) -> Result<Option<Record>, Why> {
        if let Some(record) = self.read(id).await? {
            return Ok(Some(record));
        }
        if !self.restore(id, now).await? {
            return Ok(None);
        }
        self.read(id).await
    }

    /// What a call is told while Redis is away.
    fn degraded(call: &'static str) {
        metrics::counter!("cart_read_from_snapshot_total", "call" => call).increment(1);
    }

    /// Saves the step; `order`, with its cart, is noted as taken out.
    async fn step(&self, before: &Cart, after: &Cart, order: &str) -> Result<bool, DbError> {
        let mut arguments = vec![before.id.to_string(), self.call(), before.version.to_string()];
        arguments.extend(self.written(after).await?);
        arguments.push(order.to_string());
        let saved = self.until_there(&self.0.scripts.save, &[before.id], arguments).await?;
        self.0.wake.notify_one();
        Ok(saved)
    }

    /// Runs a script that answers -1 when a cart is not there; then it is taken up from its snapshot, once.
    async fn until_there(
        &self,
        script: &Script,
        carts: &[CartId],
        arguments: Vec<String>,
    ) -> Result<bool, DbError> {
        let mut answer: i64 = self.run(script, arguments.clone()).await.map_err(store)?;
        if answer < 0 {
            for cart in carts {
                self.restore(*cart, self.0.effects.now()).await.map_err(|why| match why {
                    Why::Away => DbError::Unavailable("Redis is away".into()),
                    Why::Wrong(error) => error,
                })?;
            }
            answer = self.run(script, arguments).await.map_err(store)?;
        }
        Ok(answer == 1)
    }
}

#[async_trait]
impl CartStore for RedisCarts {
    async fn insert(&self, cart: &Cart) -> Result<(), DbError> {
        let mut arguments = vec![cart.id.to_string(), self.call()];
        arguments.extend(self.written(cart).await?);
        let made: bool = self.run(&self.0.scripts.insert, arguments).await.map_err(store)?;
        self.0.wake.notify_one();
        match made {
            true => Ok(()),
            false => Err(DbError::Violation(Violation::Unique {
                table: "carts".into(),
                columns: vec!["id".into()],
            })),
        }
    }

    async fn load(&self, id: CartId, now: Timestamp) -> Result<Option<Found>, DbError> {
        match self.record(id, now).await {
            Ok(record) => Ok(record.and_then(|record| record.found(now))),
            Err(Why::Away) => {
                Self::degraded("load");
                self.0.sql.load(id, now).await?.map(Some).ok_or_else(unseen)
            }
            Err(Why::Wrong(error)) => Err(error),
        }
    }

    async fn load_standing(&self, id: CartId, now: Timestamp) -> Result<Option<Standing>, DbError> {
        match self.record(id, now).await {
            Ok(record) => Ok(record.and_then(|record| record.standing(now))),
            Err(Why::Away) => {
                Self::degraded("load_standing");
                self.0.sql.load_standing(id, now).await?.map(Some).ok_or_else(unseen)
            }
            Err(Why::Wrong(error)) => Err(error),
        }
    }

    async fn save(&self, before: &Cart, after: &Cart) -> Result<bool, DbError> {
        self.step(before, after, "").await
    }

    async fn merge(&self, before: &Cart, after: &Cart, absorbed: &Cart) -> Result<bool, DbError> {
        let mut arguments = vec![before.id.to_string(), self.call(), before.version.to_string()];
        arguments.extend(self.written(after).await?);
        arguments.extend([absorbed.id.to_string(), absorbed.version.to_string()]);
        arguments.push(self.left_of(absorbed)?);
        let carts = [before.id, absorbed.id];
        let merged = self.until_there(&self.0.scripts.merge, &carts, arguments).await?;
        self.0.wake.notify_one();
        Ok(merged)
    }

    async fn latest_of(
        &self,
        customer: UserId,
        besides: CartId,
        now: Timestamp,
    ) -> Result<Option<Cart>, DbError> {
        let mut ask = cmd("ZREVRANGE");
        ask.arg(self.0.redis.key(format_args!("carts-of:{customer}"))).arg(0).arg(LOOKED_AT - 1);
        let told: Result<Vec<String>, RedisError> = self.0.redis.ask("cart_latest", &ask).await;
        let ids = match told {
            Ok(ids) => ids,
            Err(RedisError::Away(_)) => {
                Self::degraded("latest_of");
                return self.0.sql.latest_of(customer, besides, now).await;
            }
            Err(error) => return Err(store(error)),
        };
        let ids = ids.iter().filter_map(|id| id.parse().ok()).filter(|id| *id != besides);
        for id in ids.collect::<Vec<CartId>>() {
            if let Some(Found::Cart(cart)) = self.load(id, now).await? {
                return Ok(Some(*cart));
            }
        }
        // Redis may have lost it: then loading takes it up again.
        let Some(known) = self.0.sql.latest_of(customer, besides, now).await? else { return Ok(None) };
        match self.load(known.id, now).await? {
            Some(Found::Cart(cart)) if cart.customer == Some(customer) => Ok(Some(*cart)),
            _ => Ok(None),
        }
    }

    /// Snapshots end by themselves, at the same moment as their carts, and with them the keys. So first it is made sure that
    /// none ends whose cart was changed in its last moment.
    async fn sweep(&self, now: Timestamp, limit: i64) -> Result<u64, DbError> {
        let arguments = vec![now.micros().to_string(), limit.to_string()];
        let gone: u64 = self.run(&self.0.scripts.sweep, arguments).await.map_err(store)?;
        if i64::try_from(gone).is_ok_and(|gone| gone >= limit) {
            return Ok(gone);
        }
        while self.catch_up().await? {}
        Ok(gone.max(self.0.sql.sweep(now, limit).await?))
    }
}
