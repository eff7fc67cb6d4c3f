//! What pricing does with messages.

use crate::application::PricingError;
use crate::application::catalogue_changed::CatalogueChanged;
use crate::application::follow_order::FollowOrder;
use crate::application::set_prices::SetPrices;
use crate::domain::hold::OrderNews;
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_messaging::{Handle, HandlerError, Received};
use hanse_order_contract::{OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected};
use hanse_pricing_contract as contract;
use hanse_product_contract::ProductChanged;

fn handler_error(error: PricingError) -> HandlerError {
    match error {
        PricingError::Db(error) => HandlerError::Store(error),
        other => HandlerError::NotNow(other.to_string()),
    }
}

pub struct OnSetPrices(pub SetPrices);

#[async_trait]
impl Handle<contract::SetPrices> for OnSetPrices {
    async fn handle(&self, tx: &mut Tx, m: &Received<contract::SetPrices>) -> Result<(), HandlerError> {
        self.0.command(tx, &m.ctx, &m.message).await.map_err(handler_error)
    }
}

pub struct OnProductChanged(pub CatalogueChanged);

#[async_trait]
impl Handle<ProductChanged> for OnProductChanged {
    async fn handle(&self, tx: &mut Tx, m: &Received<ProductChanged>) -> Result<(), HandlerError> {
        self.0.run(tx, &m.ctx, &m.message, m.aggver).await.map_err(handler_error)
    }
}

/// All four stories that an order tells.
#[derive(Clone)]
pub struct OnOrder(pub FollowOrder);

#[async_trait]
impl Handle<OrderPlaced> for OnOrder {
    async fn handle(&self, tx: &mut Tx, m: &Received<OrderPlaced>) -> Result<(), HandlerError> {
        let (order, codes) = (m.message.order_id, &m.message.discount_codes);
        self.0.run(tx, order, OrderNews::Placed, codes).await.map_err(handler_error)
    }
}

#[async_trait]
impl Handle<OrderConfirmed> for OnOrder {
    async fn handle(&self, tx: &mut Tx, m: &Received<OrderConfirmed>) -> Result<(), HandlerError> {
        let (order, codes) = (m.message.order_id, &m.message.discount_codes);
        self.0.run(tx, order, OrderNews::Confirmed, codes).await.map_err(handler_error)
    }

    fn concerns(&self, message: &OrderConfirmed) -> bool {
        // That it was placed without any tells the same: whatever an earlier try held is let go by that.
        !message.discount_codes.is_empty()
    }
}

#[async_trait]
impl Handle<OrderRejected> for OnOrder {
    async fn handle(&self, tx: &mut Tx, m: &Received<OrderRejected>) -> Result<(), HandlerError> {
        let (order, codes) = (m.message.order_id, &m.message.discount_codes);
        self.0.run(tx, order, OrderNews::Ended, codes).await.map_err(handler_error)
    }
}

#[async_trait]
impl Handle<OrderCancelled> for OnOrder {
    async fn handle(&self, tx: &mut Tx, m: &Received<OrderCancelled>) -> Result<(), HandlerError> {
        let (order, codes) = (m.message.order_id, &m.message.discount_codes);
        self.0.run(tx, order, OrderNews::Ended, codes).await.map_err(handler_error)
    }
}
