//! What the neighbours' answers do to an order. Each runs in the unit of the message that brought it.

use super::desk::Desk;
use super::error::OrderError;
use crate::domain::saga::Signal;
use hanse_database::Tx;
use hanse_kernel::{Ctx, Money, OrderId, PaymentId};
use hanse_payment_contract::CancelPayment;
use uuid::Uuid;

#[derive(Clone)]
pub struct Answers(pub Desk);

/// What payment says of one of its payments.
#[derive(Debug, Clone)]
pub struct PaymentNews {
    pub payment: PaymentId,
    pub order: OrderId,
    pub signal: Signal,
    pub authorized: Money,
    pub captured: Money,
    pub refunded: Money,
}

impl Answers {
    /// Inventory has answered about the order's goods.
    pub async fn stock(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        order: OrderId,
        signal: &Signal,
    ) -> Result<(), OrderError> {
        let Self(desk) = self;
        let Some(before) = desk.orders.find(tx, order).await? else {
            // Holds of an order that never came to be run out by themselves.
            tracing::warn!(%order, ?signal, "inventory tells of an order that is not here");
            return Ok(());
        };
        let mut next = before.clone();
        let changed = next.receive(signal, desk.effects.now())?;
        desk.settle(tx, ctx, &before, next, changed, None).await
    }

    /// Inventory has put goods back on the shelf.
    pub async fn restocked(&self, tx: &mut Tx, restock: Uuid) -> Result<(), OrderError> {
        Ok(self.0.parts.restocked(tx, restock).await?)
    }

    /// Payment has answered. Only the order's current payment moves it; the money of any other is let go.
    pub async fn payment(&self, tx: &mut Tx, ctx: &Ctx, news: &PaymentNews) -> Result<(), OrderError> {
        let Self(desk) = self;
        let before = desk.orders.find(tx, news.order).await?;
        let Some(before) = before.filter(|order| order.saga.is_current(news.payment)) else {
            return self.let_go(tx, ctx, news).await;
        };
        let mut next = before.clone();
        next.saga.observe(news.authorized, news.captured, news.refunded);
        let changed = next.receive(&news.signal, desk.effects.now())?;
        desk.settle(tx, ctx, &before, next, changed, None).await
    }

    async fn let_go(&self, tx: &mut Tx, ctx: &Ctx, news: &PaymentNews) -> Result<(), OrderError> {
        if !matches!(news.signal, Signal::Authorized | Signal::Renewed { .. } | Signal::Captured { .. }) {
            return Ok(());
        }
        tracing::warn!(order = %news.order, payment = %news.payment, "money of a payment that does not count is let go");
        let command = CancelPayment { payment_id: news.payment, order_id: news.order };
        Ok(self.0.outbox.command(tx, ctx, &news.order, &command).await?)
    }
}
