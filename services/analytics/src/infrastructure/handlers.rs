//! What analytics does when a message comes: one row grows.

use crate::application::ports::{Fact, Sales};
use async_trait::async_trait;
use hanse_auth_contract::UserRegistered;
use hanse_database::Tx;
use hanse_kernel::{Effects, OrderId, VariantId};
use hanse_messaging::{Consumers, Handle, HandlerError, Received};
use hanse_order_contract::{OrderCancelled, OrderConfirmed, OrderLine, OrderPlaced, OrderRefunded};
use hanse_user_contract::UserErased;
use std::sync::Arc;

/// All subscriptions. The names are inbox keys: they never change.
pub fn consumers(empty: Consumers, sales: Arc<dyn Sales>, effects: Effects) -> Consumers {
    let book = Book { sales, effects };
    // Each is about one order or one person, and writes their rows under their keys: neighbours do not matter.
    empty
        .on_one::<OrderPlaced>("analytics.order_placed", book.clone())
        .on_one::<OrderConfirmed>("analytics.order_confirmed", book.clone())
        .on_one::<OrderCancelled>("analytics.order_cancelled", book.clone())
        .on_one::<OrderRefunded>("analytics.order_refunded", book.clone())
        .on_one::<UserRegistered>("analytics.user_registered", book.clone())
        .on_one::<UserErased>("analytics.user_erased", book)
}

#[derive(Clone)]
struct Book {
    sales: Arc<dyn Sales>,
    effects: Effects,
}

impl Book {
    async fn write(&self, tx: &mut Tx, order: OrderId, fact: Fact) -> Result<(), HandlerError> {
        Ok(self.sales.take(tx, order, &fact, self.effects.now()).await?)
    }
}

fn quantities(lines: &[OrderLine]) -> Vec<(VariantId, i64)> {
    lines.iter().map(|l| (l.variant_id, l.quantity)).collect()
}

#[async_trait]
impl Handle<OrderPlaced> for Book {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderPlaced>) -> Result<(), HandlerError> {
        let OrderPlaced { order_id, total, placed_at, lines, .. } = &received.message;
        let fact = Fact::Placed { total: *total, placed_at: *placed_at, lines: quantities(lines) };
        self.write(tx, *order_id, fact).await
    }
}

#[async_trait]
impl Handle<OrderConfirmed> for Book {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderConfirmed>) -> Result<(), HandlerError> {
        let OrderConfirmed { order_id, total, placed_at, lines, .. } = &received.message;
        let fact = Fact::Confirmed { total: *total, placed_at: *placed_at, lines: quantities(lines) };
        self.write(tx, *order_id, fact).await
    }
}

#[async_trait]
impl Handle<OrderCancelled> for Book {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderCancelled>) -> Result<(), HandlerError> {
        self.write(tx, received.message.order_id, Fact::Cancelled).await
    }
}

#[async_trait]
impl Handle<OrderRefunded> for Book {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderRefunded>) -> Result<(), HandlerError> {
        let OrderRefunded { order_id, refunded_total, .. } = &received.message;
        self.write(tx, *order_id, Fact::RefundedInAll(*refunded_total)).await
    }
}

#[async_trait]
impl Handle<UserRegistered> for Book {
    async fn handle(&self, tx: &mut Tx, received: &Received<UserRegistered>) -> Result<(), HandlerError> {
        if received.message.staff {
            return Ok(());
        }
        Ok(self.sales.registered(tx, received.message.user_id, &received.time.day()).await?)
    }
}

#[async_trait]
impl Handle<UserErased> for Book {
    async fn handle(&self, tx: &mut Tx, received: &Received<UserErased>) -> Result<(), HandlerError> {
        Ok(self.sales.erased(tx, received.message.user_id).await?)
    }
}
