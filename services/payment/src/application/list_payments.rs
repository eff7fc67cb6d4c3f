//! What staff look at: payments, the newest first.

use super::error::PaymentError;
use super::ports::Listed;
use super::till::Till;
use hanse_kernel::{Limit, OrderId, Page, PaymentId};

#[derive(Clone)]
pub struct ListPayments(pub Till);

impl ListPayments {
    pub async fn run(
        &self,
        order: Option<OrderId>,
        before: Option<PaymentId>,
        limit: Limit,
    ) -> Result<Page<Listed>, PaymentError> {
        let rows = self
            .0
            .db
            .read((self.0.payments.clone(), order, before, limit), |tx, (payments, order, before, limit)| {
                Box::pin(
                    async move { Ok::<_, PaymentError>(payments.list(tx, *order, *before, *limit).await?) },
                )
            })
            .await?;
        Ok(Page::cut(rows, limit, |l| l.payment.id))
    }
}
