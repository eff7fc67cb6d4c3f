//! Set the payment's amount aside.

use super::error::PaymentError;
use super::till::Till;
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId, PaymentId};

#[derive(Clone)]
pub struct Authorise(pub Till);

impl Authorise {
    pub async fn run(&self, tx: &mut Tx, ctx: &Ctx, about: (PaymentId, OrderId)) -> Result<(), PaymentError> {
        let mut payment = self.0.about(tx, about, None).await?;
        self.0.decide(&mut payment, |payment, at| payment.authorise(at));
        self.0.settle(tx, ctx, payment).await.map(|_| ())
    }
}
