//! Means of payment are kept half an hour; what nobody went on with by then is over.

use super::error::PaymentError;
use super::till::Till;
use hanse_kernel::{Ctx, PaymentId};

/// Payments looked up at once; each has a unit of its own.
const BATCH: i64 = 100;

#[derive(Clone)]
pub struct Expire(pub Till);

impl Expire {
    /// How many were overdue.
    pub async fn run(&self, ctx: &Ctx) -> Result<usize, PaymentError> {
        let Self(till) = self;
        let due: Vec<PaymentId> = till
            .db
            .read(till.clone(), |tx, till| {
                Box::pin(async move {
                    let now = till.effects.now();
                    Ok::<_, PaymentError>(till.payments.overdue(tx, now, BATCH).await?)
                })
            })
            .await?;
        for id in &due {
            // One that cannot be ended must not hold up the others; the next round tries it again.
            if let Err(error) = self.one(ctx, *id).await {
                tracing::warn!(payment = %id, %error, "an overdue payment could not be ended");
            }
        }
        Ok(due.len())
    }

    async fn one(&self, ctx: &Ctx, id: PaymentId) -> Result<(), PaymentError> {
        let Self(till) = self;
        till.db
            .tx_one((till.clone(), ctx.clone(), id), |tx, (till, ctx, id)| {
                Box::pin(async move {
                    let Some(mut payment) = till.payments.find(tx, *id).await? else { return Ok(()) };
                    till.decide(&mut payment, |payment, at| payment.expire(at));
                    till.settle(tx, ctx, payment).await.map(|_| ())
                })
            })
            .await
    }
}
