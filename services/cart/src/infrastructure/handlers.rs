//! What carts do with messages.

use super::catalogue::CatalogueLink;
use crate::application::CartError;
use crate::application::follow::Follow;
use crate::domain::ConfirmedOrder;
use crate::domain::order::OrderedLine;
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_messaging::{Handle, HandlerError, Received};
use hanse_order_contract::{OrderConfirmed, OrderPersonErased};
use hanse_product_contract::ProductChanged;
use hanse_user_contract::UserErased;

fn handler_error(error: CartError) -> HandlerError {
    match error {
        CartError::Store(error) => HandlerError::Store(error),
        other => HandlerError::NotNow(other.to_string()),
    }
}

pub struct OnOrderConfirmed(pub Follow);

#[async_trait]
impl Handle<OrderConfirmed> for OnOrderConfirmed {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderConfirmed>) -> Result<(), HandlerError> {
        let m = &received.message;
        let line = |l: &hanse_order_contract::OrderLine| OrderedLine {
            item: l.item_id,
            variant: l.variant_id,
            quantity: l.quantity,
        };
        let order = ConfirmedOrder {
            id: m.order_id,
            cart: m.cart_id,
            lines: m.lines.iter().map(line).collect(),
            codes: m.discount_codes.clone(),
        };
        self.0.order_confirmed(tx, &order).await.map_err(handler_error)
    }
}

pub struct OnUserErased(pub Follow);

#[async_trait]
impl Handle<UserErased> for OnUserErased {
    async fn handle(&self, tx: &mut Tx, received: &Received<UserErased>) -> Result<(), HandlerError> {
        self.0.user_erased(tx, received.message.user_id).await.map_err(handler_error)
    }
}

pub struct OnPersonErased(pub Follow);

#[async_trait]
impl Handle<OrderPersonErased> for OnPersonErased {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderPersonErased>) -> Result<(), HandlerError> {
        self.0.guest_erased(tx, received.message.cart_id).await.map_err(handler_error)
    }
}

/// Drops what is remembered of a product.
pub struct OnProductChanged(pub CatalogueLink);

#[async_trait]
impl Handle<ProductChanged> for OnProductChanged {
    async fn handle(&self, tx: &mut Tx, received: &Received<ProductChanged>) -> Result<(), HandlerError> {
        let (catalogue, product) = (self.0.clone(), received.message.product_id);
        tx.after_commit(move || catalogue.changed(product));
        Ok(())
    }
}
