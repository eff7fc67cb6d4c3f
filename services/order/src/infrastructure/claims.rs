//! The claim on a checkout's idempotency key, as the HTTP edge keeps it.

use crate::application::ports::Claims;
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::OrderId;

pub struct HttpClaims;

#[async_trait]
impl Claims for HttpClaims {
    async fn stands(&self, tx: &mut Tx, order: OrderId) -> Result<bool, DbError> {
        hanse_http::idempotency::stands(tx, order.uuid()).await
    }
}
