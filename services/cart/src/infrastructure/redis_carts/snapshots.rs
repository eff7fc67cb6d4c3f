//! Snapshots of carts in the cart database: written behind every change, taken up when Redis has lost a cart. They are the
//! very rows that carts are kept in where there is no Redis.

use super::record::{self, Record};
use super::{RedisCarts, Why, store};
use crate::infrastructure::rows;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CartId, Timestamp};
use hanse_redis::cmd;
use hanse_vault::Vault;

/// Snapshots in one unit.
const BATCH: isize = 100;

/// A snapshot that was written.
pub struct Written {
    pub id: CartId,
    /// Under which it was behind; empty when it was written for another reason.
    pub number: String,
    /// It shows a cart, and not that there is none.
    pub shown: bool,
}

/// A record's rows.
#[async_trait]
pub trait SnapshotRows {
    /// Writes what it says, unless something newer stands there.
    async fn put(
        &mut self,
        vault: &Vault,
        id: CartId,
        record: &Record,
        now: Timestamp,
    ) -> Result<(), DbError>;
    async fn take_up(&mut self, vault: &Vault, id: CartId) -> Result<Option<Record>, DbError>;
}

#[async_trait]
impl SnapshotRows for Tx {
    async fn put(
        &mut self,
        vault: &Vault,
        id: CartId,
        record: &Record,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let Some(cart) = &record.cart else {
            self.execute("delete from cart_lines where cart_id = $1", &[&id]).await?;
            self.execute("delete from carts where id = $1", &[&id]).await?;
            vault.destroy(self, &id).await?;
            return Ok(());
        };
        rows::overwrite(self, vault, cart, record.merged_into).await?;
        for (order, from) in &record.applied {
            self.execute(
                "insert into cart_applied_orders (order_id, cart_id, applied_to, applied_at)
                 values ($1, $2, $3, $4) on conflict (order_id) do nothing",
                &[order, from, &id, &now],
            )
            .await?;
        }
        Ok(())
    }

    async fn take_up(&mut self, vault: &Vault, id: CartId) -> Result<Option<Record>, DbError> {
        let Some((cart, merged_into)) = rows::find(self, vault, id).await? else { return Ok(None) };
        let merged = rows::merged_into(self, id).await?;
        let all: Vec<&(dyn Bind + '_)> =
            std::iter::once(&id).chain(&merged).map(|id| id as &(dyn Bind + '_)).collect();
        let sql = format!(
            "select order_id, cart_id from cart_applied_orders where applied_to in {}
             order by applied_at, order_id",
            list(1, all.len())
        );
        let applied = self.query(&sql, &all, |r| Ok((r.id(0)?, r.get(1)?))).await?;
        Ok(Some(Record { cart: Some(cart), applied, merged, merged_into }))
    }
}

impl RedisCarts {
    /// Puts a cart that Redis does not have back there; false when it has no snapshot, or has ended.
    pub(super) async fn restore(&self, id: CartId, now: Timestamp) -> Result<bool, Why> {
        let input = (self.0.sql.vault.clone(), id);
        let kept = self.0.sql.db.read(input, |tx, (vault, id)| Box::pin(tx.take_up(vault, *id))).await?;
        let Some(record) = kept else { return Ok(false) };
        let Some(cart) = record.cart.as_ref().filter(|cart| cart.expires_at > now) else { return Ok(false) };
        let words = |words: Vec<String>| words.join(" ");
        let mut arguments = vec![id.to_string()];
        arguments.extend(self.written(cart).await?);
        arguments.push(words(record.applied.iter().map(|(o, c)| record::taken_out(*o, *c)).collect()));
        arguments.push(words(record.merged.iter().map(ToString::to_string).collect()));
        arguments.push(record.merged_into.map(|into| into.to_string()).unwrap_or_default());
        let restored: bool = self.run(&self.0.scripts.restore, arguments).await?;
        if restored {
            metrics::counter!("cart_taken_up_from_snapshot_total").increment(1);
        }
        Ok(true)
    }

    /// Writes the snapshots that are behind, the oldest first; false when there are no more.
    pub(super) async fn catch_up(&self) -> Result<bool, DbError> {
        let mut ask = cmd("ZRANGE");
        ask.arg(self.0.redis.key(super::BEHIND)).arg(0).arg(BATCH - 1).arg("WITHSCORES");
        let told: Vec<String> = self.0.redis.ask("carts_behind", &ask).await.map_err(store)?;
        metrics::gauge!("cart_snapshots_behind").set((told.len() / 2) as f64);
        if told.is_empty() {
            return Ok(false);
        }
        let (mut records, mut written) = (vec![], vec![]);
        for (name, number) in told.iter().zip(told.iter().skip(1)).step_by(2) {
            let Ok(id) = name.parse::<CartId>() else { continue };
            written.push(Written { id, number: number.clone(), shown: false });
            match self.read(id).await {
                Ok(Some(record)) => {
                    if let Some(last) = written.last_mut() {
                        last.shown = record.cart.is_some();
                    }
                    records.push((id, record));
                }
                // It has ended; so has its snapshot.
                Ok(None) => {}
                Err(Why::Away) => return Err(DbError::Unavailable("Redis is away".into())),
                Err(Why::Wrong(error @ DbError::Other(_))) => {
                    tracing::error!(%error, cart = ?id, "the snapshot of a cart cannot be written");
                }
                // The database did not tell its key.
                Err(Why::Wrong(error)) => return Err(error),
            }
        }
        let input = (self.0.sql.vault.clone(), records, self.0.effects.now());
        let done = self.0.sql.db.tx_one(input, |tx, (vault, records, now)| {
            Box::pin(async move {
                for (id, record) in records {
                    tx.put(vault, *id, record, *now).await?;
                }
                Ok::<(), DbError>(())
            })
        });
        done.await?;
        let any = !written.is_empty();
        self.caught_up(written).await?;
        Ok(any)
    }

    /// These snapshots have been written.
    pub(super) async fn caught_up(&self, written: Vec<Written>) -> Result<(), DbError> {
        let arguments = written
            .into_iter()
            .flat_map(|one| [one.id.to_string(), one.number, if one.shown { "1" } else { "0" }.to_string()]);
        self.run(&self.0.scripts.caught_up, arguments.collect()).await.map_err(store)
    }
}
