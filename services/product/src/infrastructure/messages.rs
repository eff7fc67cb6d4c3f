//! Handlers of what pricing and inventory tell.

use crate::application::error::ProductError;
use crate::application::take_messages::{TakeLevels, TakePrices, answers};
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_inventory_contract::InventoryUpdated;
use hanse_messaging::{Handle, HandlerError, Received};
use hanse_pricing_contract::{PricesChanged, PricesRefused};

fn not_now(error: ProductError) -> HandlerError {
    match error {
        ProductError::Store(e) => HandlerError::Store(e),
        other => HandlerError::NotNow(other.to_string()),
    }
}

#[async_trait]
impl Handle<PricesChanged> for TakePrices {
    async fn handle(&self, tx: &mut Tx, received: &Received<PricesChanged>) -> Result<(), HandlerError> {
        self.changed(tx, &received.ctx, &received.message).await.map_err(not_now)
    }
}

#[async_trait]
impl Handle<PricesRefused> for TakePrices {
    async fn handle(&self, tx: &mut Tx, received: &Received<PricesRefused>) -> Result<(), HandlerError> {
        self.refused(tx, &received.ctx, &received.message).await.map_err(not_now)
    }
}

#[async_trait]
impl Handle<InventoryUpdated> for TakeLevels {
    async fn handle(&self, tx: &mut Tx, received: &Received<InventoryUpdated>) -> Result<(), HandlerError> {
        self.run(tx, &received.ctx, &received.message).await.map_err(not_now)
    }

    fn concerns(&self, told: &InventoryUpdated) -> bool {
        // Most orders leave every shopper seeing what they saw before.
        !told.levels.is_empty() || answers(told).is_some()
    }
}
