//! What messages do to carts in Redis. The unit that notes the message cannot reach Redis, so it writes down what is to be
//! done, and the worker does it: once per order by the order's own id, which stands with the cart.

use super::snapshots::{SnapshotRows, Written};
use super::{RedisCarts, Why, record, store};
use crate::application::ports::CartEffects;
use crate::domain::ConfirmedOrder;
use crate::domain::order::OrderedLine;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{CartId, Effects, ItemId, OrderId, Timestamp, UserId, VariantId};
use hanse_runtime::Stop;
use record::Record;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How far one cart may have been merged into another, and that into the next.
const MERGES: usize = 8;
/// Others may change the cart at the same moment; each round at least one of them gets through.
const ROUNDS: usize = 100;
/// Errands looked at together.
const BATCH: i64 = 50;
/// A wake-up may be lost with its process: look again so often.
const POLL: Duration = Duration::from_millis(250);
/// While Redis or the database is away.
const RECOVER: Duration = Duration::from_secs(1);
/// For what the last requests left behind.
const LAST: Duration = Duration::from_secs(5);
/// From one look for documents that are not sealed to the next.
const UNSEALED: Duration = Duration::from_secs(24 * 60 * 60);
/// A destroyed cart is remembered for a day.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// How far the look for documents that are not sealed has come.
#[derive(Default)]
struct Unsealed {
    /// When all of them were looked at last.
    looked: Option<Timestamp>,
    /// Where the present look goes on.
    from: Option<String>,
    /// What it has found.
    sealed: u64,
}

#[derive(Serialize, Deserialize)]
struct Body {
    lines: Vec<(ItemId, VariantId, i64)>,
    codes: Vec<String>,
}

/// What is to be done to carts, written down in their database and done in Redis.
pub struct CartErrands(pub RedisCarts);

#[async_trait]
impl CartEffects for CartErrands {
    async fn take_out(&self, tx: &mut Tx, order: &ConfirmedOrder, now: Timestamp) -> Result<(), DbError> {
        let sql = "select 1 from cart_applied_orders where order_id = $1";
        if tx.query_opt(sql, &[&order.id], |r| r.get::<i64>(0)).await?.is_some() {
            return Ok(());
        }
        let lines = order.lines.iter().map(|l| (l.item, l.variant, l.quantity)).collect();
        let body = serde_json::to_string(&Body { lines, codes: order.codes.clone() })
            .map_err(|e| DbError::Other(e.to_string()))?;
        tx.execute(
            "insert into cart_orders_to_take_out (order_id, cart_id, body, noted_at)
             values ($1, $2, $3, $4) on conflict (order_id) do nothing",
            &[&order.id, &order.cart, &body, &now],
        )
        .await?;
        self.wake(tx);
        Ok(())
    }

    async fn forget(&self, tx: &mut Tx, customer: UserId) -> Result<(), DbError> {
        self.0.0.sql.forget(tx, customer).await?;
        let sql = "insert into cart_customers_to_forget (customer_id) values ($1)
                   on conflict (customer_id) do nothing";
        tx.execute(sql, &[&customer]).await?;
        self.wake(tx);
        Ok(())
    }

    async fn forget_guest(&self, tx: &mut Tx, cart: CartId) -> Result<(), DbError> {
        // Whether it is a guest's still, Redis knows; the snapshot may be of before a customer took it.
        let sql = "insert into cart_guests_to_forget (cart_id) values ($1) on conflict (cart_id) do nothing";
        tx.execute(sql, &[&cart]).await?;
        self.wake(tx);
        Ok(())
    }
}

impl CartErrands {
    fn wake(&self, tx: &mut Tx) {
        let inner = Arc::clone(&self.0.0);
        tx.after_commit(move || inner.wake.notify_one());
    }
}

impl RedisCarts {
    /// Does errands and writes snapshots until it is told to stop.
    pub async fn keep_up(self, effects: Effects, stop: Stop) {
        let (mut judged, mut unsealed) = (None, Unsealed::default());
        while !stop.is_set() {
            self.judge_server(&mut judged).await;
            let pause = match self.do_all().await {
                Ok(()) => {
                    self.look_for_unsealed(&mut unsealed).await;
                    POLL
                }
                Err(error) => {
                    tracing::debug!(%error, "snapshots of carts fall behind");
                    RECOVER
                }
            };
            let woken = effects.within(pause, self.0.wake.notified());
            futures::future::select(std::pin::pin!(stop.asked()), std::pin::pin!(woken)).await;
        }
        if !matches!(effects.within(LAST, self.do_all()).await, Some(Ok(()))) {
            tracing::warn!("the last changes of carts have no snapshot yet; Redis has them");
        }
    }

    /// Every run of the server is judged once: another machine may have taken over, set otherwise.
    async fn judge_server(&self, judged: &mut Option<Arc<str>>) {
        let Ok(run) = self.0.redis.server_run().await else { return };
        if judged.as_ref() == Some(&run) {
            return;
        }
        match self.0.redis.fit_to_store().await {
            Ok(None) => {}
            Ok(Some(caution)) => tracing::warn!("{caution}"),
            Err(hanse_redis::Unfit::Unknown(_)) => return,
            Err(unfit) => tracing::error!("carts are kept in a Redis that may lose them: {unfit}"),
        }
        *judged = Some(run);
    }

    /// After the start, and each day: while processes are replaced, those of before still write documents as they did. A few
    /// at a time, so that nothing waits for it.
    async fn look_for_unsealed(&self, unsealed: &mut Unsealed) {
        let now = self.0.effects.now();
        if unsealed.looked.is_some_and(|looked| now < looked.plus(UNSEALED)) {
            return;
        }
        match self.seal_documents(unsealed.from.as_deref()).await {
            Ok((sealed, next)) => {
                unsealed.sealed += sealed;
                unsealed.from = next;
            }
            Err(error) => {
                tracing::debug!(%error, "not all carts in Redis that are to be sealed could be");
                return;
            }
        }
        if unsealed.from.is_none() {
            if unsealed.sealed > 0 {
                tracing::info!(sealed = unsealed.sealed, "carts in Redis from before are sealed");
            }
            *unsealed = Unsealed { looked: Some(now), ..Unsealed::default() };
        }
    }

    /// All errands and all snapshots that wait.
    pub(super) async fn do_all(&self) -> Result<(), DbError> {
        while self.forget_customers().await? {}
        while self.forget_guests().await? {}
        self.take_out_orders().await?;
        while self.catch_up().await? {}
        Ok(())
    }

    async fn take_out_orders(&self) -> Result<(), DbError> {
        let mut after = (Timestamp::from_micros(0), OrderId::new(uuid::Uuid::nil()));
        loop {
            let orders = self.0.sql.db.read(after, |tx, after| Box::pin(waiting(tx, *after))).await?;
            let Some((noted, last)) = orders.last().map(|(noted, order)| (*noted, order.id)) else {
                return Ok(());
            };
            after = (noted, last);
            for (_, order) in orders {
                match self.take_out(&order).await {
                    Ok(()) => {}
                    Err(Why::Away) => return Err(DbError::Unavailable("Redis is away".into())),
                    // The others need not wait for it.
                    Err(Why::Wrong(error)) => {
                        tracing::error!(%error, order = %order.id, "an order is not taken out of its cart yet");
                    }
                }
            }
        }
    }

    /// The order's goods leave its cart, or the one that it was merged into; both by one step in Redis, where the order
    /// stands with the cart from then on.
    async fn take_out(&self, order: &ConfirmedOrder) -> Result<(), Why> {
        for _ in 0..ROUNDS {
            let now = self.0.effects.now();
            let Some((id, record)) = self.current(order.cart, now).await? else {
                return Ok(self.taken_out(order, None).await?);
            };
            if record.applied.iter().any(|(applied, _)| *applied == order.id) {
                return Ok(self.taken_out(order, Some((id, record))).await?);
            }
            let Some(before) = record.cart else { return Ok(self.taken_out(order, None).await?) };
            let mut after = before.clone();
            after.take_out(order);
            after.touched(now);
            // Whether or not somebody else was faster: the next round sees what stands there.
            self.step(&before, &after, &record::taken_out(order.id, order.cart)).await?;
        }
        Err(Why::Wrong(DbError::Conflict { attempts: u32::try_from(ROUNDS).unwrap_or(u32::MAX) }))
    }

    async fn current(&self, id: CartId, now: Timestamp) -> Result<Option<(CartId, Record)>, Why> {
        let mut id = id;
        for _ in 0..MERGES {
            match self.record(id, now).await? {
                Some(Record { merged_into: Some(into), .. }) => id = into,
                Some(record) if record.cart.as_ref().is_some_and(|cart| cart.expires_at > now) => {
                    return Ok(Some((id, record)));
                }
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The errand is done: the cart as it is now and the note of the order are written with that.
    async fn taken_out(&self, order: &ConfirmedOrder, cart: Option<(CartId, Record)>) -> Result<(), DbError> {
        let written = cart.as_ref().map(|(id, _)| Written { id: *id, number: String::new(), shown: true });
        let input = (self.0.sql.vault.clone(), order.clone(), cart, self.0.effects.now());
        let done = self.0.sql.db.tx_one(input, |tx, (vault, order, cart, now)| {
            Box::pin(async move {
                match cart {
                    Some((id, record)) => tx.put(vault, *id, record, *now).await?,
                    None => {
                        let nowhere: Option<CartId> = None;
                        tx.execute(
                            "insert into cart_applied_orders (order_id, cart_id, applied_to, applied_at)
                             values ($1, $2, $3, $4) on conflict (order_id) do nothing",
                            &[&order.id, &order.cart, &nowhere, now],
                        )
                        .await?;
                    }
                }
                tx.execute("delete from cart_orders_to_take_out where order_id = $1", &[&order.id]).await?;
                Ok::<(), DbError>(())
            })
        });
        done.await?;
        self.caught_up(written.into_iter().collect()).await
    }

    /// False: nobody is to be forgotten.
    async fn forget_customers(&self) -> Result<bool, DbError> {
        let waiting = self.0.sql.db.read((), |tx, ()| {
            Box::pin(async move {
                let sql = "select customer_id from cart_customers_to_forget order by customer_id limit $1";
                tx.query(sql, &[&BATCH], |r| r.id::<UserId>(0)).await
            })
        });
        let customers: Vec<UserId> = waiting.await?;
        for customer in &customers {
            let arguments = vec![customer.to_string(), REMEMBERED.as_millis().to_string()];
            self.run::<()>(&self.0.scripts.forget, arguments).await.map_err(store)?;
            let done = self.0.sql.db.tx((self.clone(), *customer), |tx, (this, customer)| {
                Box::pin(async move {
                    // A snapshot may have been written meanwhile.
                    this.0.sql.forget(tx, *customer).await?;
                    let sql = "delete from cart_customers_to_forget where customer_id = $1";
                    tx.execute(sql, &[customer]).await?;
                    Ok::<(), DbError>(())
                })
            });
            done.await?;
        }
        Ok(!customers.is_empty())
    }
}

impl RedisCarts {
    /// False: no guest is to be forgotten.
    async fn forget_guests(&self) -> Result<bool, DbError> {
        let waiting = self.0.sql.db.read((), |tx, ()| {
            Box::pin(async move {
                let sql = "select f.cart_id, c.id is not null from cart_guests_to_forget f
                             left join carts c on c.id = f.cart_id
                               and (c.customer_id is not null or c.merged_into is not null)
                           order by f.cart_id limit $1";
                tx.query(sql, &[&BATCH], |r| Ok((r.get::<CartId>(0)?, r.get::<bool>(1)?))).await
            })
        });
        let carts: Vec<(CartId, bool)> = waiting.await?;
        for (cart, customers) in &carts {
            let remembered = REMEMBERED.as_millis().to_string();
            let arguments = vec![cart.to_string(), remembered, u8::from(*customers).to_string()];
            let destroyed: i64 = self.run(&self.0.scripts.forget_guest, arguments).await.map_err(store)?;
            let done =
                self.0.sql.db.tx((self.clone(), *cart, destroyed == 1), |tx, (this, cart, destroyed)| {
                    Box::pin(async move {
                        if *destroyed {
                            // A snapshot may have been written meanwhile.
                            this.0.sql.forget_guest(tx, *cart).await?;
                        }
                        tx.execute("delete from cart_guests_to_forget where cart_id = $1", &[cart]).await?;
                        Ok::<(), DbError>(())
                    })
                });
            done.await?;
        }
        Ok(!carts.is_empty())
    }
}

/// Orders to take out, the oldest first.
async fn waiting(
    tx: &mut Tx,
    (noted, order): (Timestamp, OrderId),
) -> Result<Vec<(Timestamp, ConfirmedOrder)>, DbError> {
    let sql = "select noted_at, order_id, cart_id, body from cart_orders_to_take_out
               where noted_at > $1 or (noted_at = $1 and order_id > $2)
               order by noted_at, order_id limit $3";
    tx.query(sql, &[&noted, &order, &BATCH], |r| {
        let body: Body = r.json(3)?;
        let line = |(item, variant, quantity)| OrderedLine { item, variant, quantity };
        let lines = body.lines.into_iter().map(line).collect();
        Ok((r.get(0)?, ConfirmedOrder { id: r.id(1)?, cart: r.get(2)?, lines, codes: body.codes }))
    })
    .await
}
