//! Use case: an order is cancelled, by the shopper or by the staff.

use super::desk::{Desk, deed};
use super::error::OrderError;
use super::waiting::Settled;
use crate::domain::saga::Reason;
use hanse_kernel::{Ctx, OrderId, Permission, Proof};
use serde_json::json;
use uuid::Uuid;

#[derive(Clone)]
pub struct Cancel(pub Desk);

impl Cancel {
    /// Cancels what has not been sent: undone where nothing was captured, given back where it was. Staff need for the latter what
    /// they need for a refund.
    pub async fn run(
        &self,
        ctx: &Ctx,
        order: OrderId,
        operation: Uuid,
        reason: Reason,
    ) -> Result<Settled, OrderError> {
        self.0
            .db
            .tx((self.0.clone(), ctx.clone(), (order, operation, reason)), |tx, (desk, ctx, input)| {
                let (order, operation, reason) = *input;
                Box::pin(async move {
                    let now = desk.effects.now();
                    let before = desk.find(tx, order).await?;
                    if !desk.orders.first_time(tx, operation, order, "cancel", now).await? {
                        return Ok(());
                    }
                    let mut next = before.clone();
                    let changed = next.cancel(reason, operation, now)?;
                    if reason == Reason::Staff && next.saga.gives_back() {
                        may_give_back(ctx)?;
                    }
                    let details = json!({"operation": operation, "reason": reason.as_str()});
                    let entry = deed("order.cancelled", &before, &next, details);
                    desk.record.note(tx, ctx, entry).await?;
                    desk.settle(tx, ctx, &before, next, changed, None).await
                })
            })
            .await?;
        self.0.settled(ctx, order).await
    }
}

fn may_give_back(ctx: &Ctx) -> Result<(), OrderError> {
    match ctx.proof {
        _ if !ctx.actor.may(Permission::OrdersRefund) => Err(OrderError::NotTheirsToGiveBack),
        Proof::Former | Proof::Unenrolled => Err(OrderError::StepUp),
        Proof::Recent | Proof::Key => Ok(()),
    }
}
