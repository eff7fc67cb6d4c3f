//! Let go of what was set aside and will not be captured.

use super::error::PaymentError;
use super::till::Till;
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId, PaymentId};

#[derive(Clone)]
pub struct VoidRest(pub Till);

impl VoidRest {
    pub async fn run(&self, tx: &mut Tx, ctx: &Ctx, about: (PaymentId, OrderId)) -> Result<(), PaymentError> {
        let mut payment = self.0.about(tx, about, None).await?;
        self.0.decide(&mut payment, |payment, at| payment.void_rest(at))?;
        self.0.settle(tx, ctx, payment).await.map(|_| ())
    }
}
