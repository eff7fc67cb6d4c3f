//! Set the payment's amount aside, the first time or anew.

use super::error::PaymentError;
use super::till::Till;
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId, PaymentId};

#[derive(Clone)]
pub struct Authorise(pub Till);

impl Authorise {
    /// `renewal`: 0 for the first time.
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        about: (PaymentId, OrderId),
        renewal: u32,
    ) -> Result<(), PaymentError> {
        let mut payment = self.0.about(tx, about, None).await?;
        self.0.decide(&mut payment, |payment, at| {
            if renewal > 0 {
                return payment.renew(renewal, at);
            }
            payment.authorise(at);
            Ok(())
        })?;
        self.0.settle(tx, ctx, payment).await.map(|_| ())
    }
}
