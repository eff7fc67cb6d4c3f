//! The order of a payment exists.

use super::error::PaymentError;
use super::till::Till;
use hanse_database::Tx;
use hanse_kernel::{Ctx, PaymentId};

#[derive(Clone)]
pub struct Activate(pub Till);

impl Activate {
    pub async fn run(&self, tx: &mut Tx, ctx: &Ctx, id: PaymentId) -> Result<(), PaymentError> {
        let Some(mut payment) = self.0.payments.find(tx, id).await? else { return Ok(()) };
        if !payment.active {
            payment.activate();
            self.0.settle(tx, ctx, payment).await?;
        }
        Ok(())
    }
}
