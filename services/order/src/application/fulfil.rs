//! Use case: a shipment of some of the order's goods leaves.

use super::desk::{Desk, deed};
use super::error::OrderError;
use super::waiting::Settled;
use hanse_kernel::{Ctx, ItemId, OrderId, ShipmentId};
use serde_json::json;

#[derive(Clone)]
pub struct Fulfil(pub Desk);

/// `id` is the same whenever the same shipment is told of again.
#[derive(Debug, Clone)]
pub struct Sending {
    pub id: ShipmentId,
    pub items: Vec<(ItemId, i64)>,
    pub tracking: Option<String>,
}

impl Fulfil {
    pub async fn run(&self, ctx: &Ctx, order: OrderId, sending: Sending) -> Result<Settled, OrderError> {
        self.0
            .db
            .tx((self.0.clone(), ctx.clone(), (order, sending)), |tx, (desk, ctx, (order, sending))| {
                Box::pin(async move {
                    let now = desk.effects.now();
                    let before = desk.find(tx, *order).await?;
                    if !desk.orders.first_time(tx, sending.id.uuid(), *order, "fulfil", now).await? {
                        return Ok(());
                    }
                    let mut next = before.clone();
                    let changed = next.fulfil(sending.id, &sending.items, now)?;
                    let details = json!({"shipment": sending.id});
                    let entry = deed("order.fulfilled", &before, &next, details);
                    desk.record.note(tx, ctx, entry).await?;
                    desk.settle(tx, ctx, &before, next, changed, sending.tracking.as_deref()).await
                })
            })
            .await?;
        self.0.settled(ctx, order).await
    }
}
