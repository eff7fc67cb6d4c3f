//! Take money that was set aside.

use super::error::PaymentError;
use super::till::Till;
use hanse_database::Tx;
use hanse_kernel::{Ctx, Money, OrderId, PaymentId};
use uuid::Uuid;

#[derive(Clone)]
pub struct Capture(pub Till);

impl Capture {
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        about: (PaymentId, OrderId),
        (capture, amount): (Uuid, Money),
    ) -> Result<(), PaymentError> {
        let mut payment = self.0.about(tx, about, Some(amount.currency())).await?;
        self.0.decide(&mut payment, |payment, at| payment.capture(capture, amount, at))?;
        self.0.settle(tx, ctx, payment).await.map(|_| ())
    }
}
