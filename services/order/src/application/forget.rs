//! Use case: a person asked to be forgotten. What the law wants kept of their orders stays; who they were does not.

use super::desk::Desk;
use super::error::OrderError;
use hanse_database::Tx;
use hanse_kernel::UserId;

#[derive(Clone)]
pub struct ForgetCustomer(pub Desk);

impl ForgetCustomer {
    pub async fn run(&self, tx: &mut Tx, customer: UserId) -> Result<(), OrderError> {
        let orders = self.0.views.forget(tx, customer, self.0.effects.now()).await?;
        tracing::info!(%customer, orders, "personal data in orders is gone");
        Ok(())
    }
}
