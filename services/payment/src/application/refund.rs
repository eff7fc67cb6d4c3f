//! Give captured money back.

use super::error::PaymentError;
use super::till::Till;
use hanse_database::Tx;
use hanse_kernel::{Ctx, Money, OrderId, PaymentId, RefundId};

#[derive(Clone)]
pub struct Refund(pub Till);

impl Refund {
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        about: (PaymentId, OrderId),
        (refund, amount): (RefundId, Money),
    ) -> Result<(), PaymentError> {
        let mut payment = self.0.about(tx, about, Some(amount.currency())).await?;
        self.0.decide(&mut payment, |payment, at| payment.refund(refund, amount, at))?;
        self.0.settle(tx, ctx, payment).await.map(|_| ())
    }
}
