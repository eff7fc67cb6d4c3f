//! Use case: money goes back to the customer.

use super::desk::{Desk, deed};
use super::error::OrderError;
use super::waiting::Settled;
use crate::domain::order::RefundAsk;
use hanse_kernel::{Ctx, OrderId, RefundId};
use serde_json::json;

#[derive(Clone)]
pub struct Refund(pub Desk);

/// `id` is the same whenever the same refund is asked for again.
#[derive(Debug, Clone)]
pub struct GivingBack {
    pub id: RefundId,
    pub ask: RefundAsk,
    /// For the shop's books.
    pub reason: String,
}

impl Refund {
    pub async fn run(&self, ctx: &Ctx, order: OrderId, refund: GivingBack) -> Result<Settled, OrderError> {
        self.0
            .db
            .tx((self.0.clone(), ctx.clone(), (order, refund)), |tx, (desk, ctx, (order, refund))| {
                Box::pin(async move {
                    let now = desk.effects.now();
                    let before = desk.find(tx, *order).await?;
                    if !desk.orders.first_time(tx, refund.id.uuid(), *order, "refund", now).await? {
                        return Ok(());
                    }
                    let mut next = before.clone();
                    let changed = next.refund(refund.id, &refund.ask, now)?;
                    let amount = next.saga.refund.as_ref().map(|open| open.amount);
                    let details = json!({"refund": refund.id, "amount": amount});
                    let entry = deed("order.refunded", &before, &next, details);
                    desk.record.note(tx, ctx, entry).await?;
                    if let Some(open) = &next.saga.refund {
                        desk.parts.refunding(tx, *order, open.id, open.amount, &refund.reason, now).await?;
                    }
                    desk.settle(tx, ctx, &before, next, changed, None).await
                })
            })
            .await?;
        self.0.settled(ctx, order).await
    }
}
