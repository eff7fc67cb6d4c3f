//! The orders' timers: what has waited too long is asked for again or given up.

use super::desk::Desk;
use super::error::OrderError;
use crate::domain::saga::Signal;
use hanse_kernel::{Ctx, OrderId};
use uuid::Uuid;

/// Looked at in one round.
const ROUND: i64 = 100;
/// A restock that has been asked for so often in vain is told to somebody.
const ALARM_TRIES: i64 = 8;

#[derive(Clone)]
pub struct Timers(pub Desk);

impl Timers {
    /// One round; how many timers went off.
    pub async fn run(&self, ctx: &Ctx) -> Result<usize, OrderError> {
        let Self(desk) = self;
        let (orders, restocks) = desk
            .db
            .read((desk.clone(), desk.effects.now()), |tx, (desk, now)| {
                Box::pin(async move {
                    let orders = desk.orders.due(tx, *now, ROUND).await?;
                    let restocks = desk.parts.restocks_due(tx, *now, ROUND).await?;
                    Ok::<_, OrderError>((orders, restocks))
                })
            })
            .await?;
        let count = orders.len() + restocks.len();
        for order in orders {
            // One that cannot be moved now must not hold up the others: it is due again in the next round.
            if let Err(error) = self.go_off(ctx, order).await {
                tracing::warn!(%order, %error, "an order's timer could not go off; it is tried again");
            }
        }
        for restock in restocks {
            if let Err(error) = self.ask_restock(ctx, restock).await {
                tracing::warn!(%restock, %error, "a restock could not be asked for; it is tried again");
            }
        }
        Ok(count)
    }

    async fn go_off(&self, ctx: &Ctx, order: OrderId) -> Result<(), OrderError> {
        self.0
            .db
            .tx_one((self.0.clone(), ctx.clone(), order), |tx, (desk, ctx, order)| {
                Box::pin(async move {
                    let now = desk.effects.now();
                    let before = desk.find(tx, *order).await?;
                    // An answer may have come since the look.
                    if before.saga.due_at.is_none_or(|due| due > now) {
                        return Ok(());
                    }
                    let mut next = before.clone();
                    let changed = next.receive(&Signal::Deadline, now)?;
                    desk.settle(tx, ctx, &before, next, changed, None).await
                })
            })
            .await
    }

    async fn ask_restock(&self, ctx: &Ctx, restock: Uuid) -> Result<(), OrderError> {
        self.0
            .db
            .tx_one((self.0.clone(), ctx.clone(), restock), |tx, (desk, ctx, restock)| {
                Box::pin(async move {
                    let now = desk.effects.now();
                    let Some((order, restock, tries)) = desk.parts.take_restock(tx, *restock, now).await?
                    else {
                        return Ok(());
                    };
                    if tries >= ALARM_TRIES {
                        tx.after_commit(move || {
                            tracing::error!(%order, "goods that came back are not reported as restocked");
                            metrics::counter!("order_saga_alarms_total", "state" => "restock").increment(1);
                        });
                    }
                    desk.ask_restock(tx, ctx, order, &restock).await
                })
            })
            .await
    }
}
