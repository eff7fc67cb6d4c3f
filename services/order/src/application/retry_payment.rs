//! Use case: the shopper tries another payment for an order whose payment was declined.

use super::desk::Desk;
use super::error::OrderError;
use super::ports::{Attempt, NeighbourError, PaymentChoice, Payments};
use super::waiting::Settled;
use crate::domain::saga::{LONGEST_HOLD, Refusal, Signal, State};
use hanse_database::Tx;
use hanse_kernel::{Ctx, Money, OrderId, PaymentId};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
pub struct RetryPayment {
    pub desk: Desk,
    pub payments: Arc<dyn Payments>,
}

impl RetryPayment {
    /// `operation` is the same whenever the same wish is sent again.
    pub async fn run(
        &self,
        ctx: &Ctx,
        order: OrderId,
        operation: Uuid,
        choice: PaymentChoice,
    ) -> Result<Settled, OrderError> {
        if let Some((attempt, amount)) = self.begin(order, operation).await? {
            let payment = match self.payments.open(ctx, order, attempt, amount, &choice).await {
                Err(NeighbourError::Refused { message, .. }) => {
                    return Err(OrderError::PaymentRefused(message));
                }
                other => other?.payment,
            };
            self.go_on(ctx, order, attempt, payment).await?;
        }
        self.desk.settled(ctx, order).await
    }

    /// Which attempt this is; None when it has been made already. Each wish has an attempt of its own, so that payment
    /// never mistakes one means of payment for another.
    async fn begin(&self, order: OrderId, operation: Uuid) -> Result<Option<(u32, Money)>, OrderError> {
        self.desk
            .db
            .tx((self.clone(), order, operation), |tx, (this, order, operation)| {
                Box::pin(async move {
                    let desk = &this.desk;
                    let now = desk.effects.now();
                    let found = desk.find(tx, *order).await?;
                    let Attempt { attempt, payment } =
                        desk.parts.attempt(tx, *order, *operation, now).await?;
                    if payment.is_some() {
                        return Ok(None);
                    }
                    let open = found.saga.state == State::AwaitingPayment;
                    if !open || now >= found.placed_at().plus(LONGEST_HOLD) {
                        return Err(Refusal::Closed.into());
                    }
                    Ok(Some((attempt, found.total())))
                })
            })
            .await
    }

    async fn go_on(
        &self,
        ctx: &Ctx,
        order: OrderId,
        attempt: u32,
        payment: PaymentId,
    ) -> Result<(), OrderError> {
        self.desk
            .db
            .tx((self.clone(), ctx.clone(), (order, attempt, payment)), |tx, (this, ctx, input)| {
                Box::pin(async move { this.pay_again(tx, ctx, *input).await })
            })
            .await
    }

    async fn pay_again(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (order, attempt, payment): (OrderId, u32, PaymentId),
    ) -> Result<(), OrderError> {
        let desk = &self.desk;
        let before = desk.find(tx, order).await?;
        if before.saga.is_current(payment) {
            return Ok(());
        }
        let mut next = before.clone();
        let now = desk.effects.now();
        let changed = next.receive(&Signal::PayAgain { payment, attempt }, now)?;
        desk.parts.opened(tx, order, attempt, payment, now).await?;
        desk.settle(tx, ctx, &before, next, changed, None).await
    }
}
