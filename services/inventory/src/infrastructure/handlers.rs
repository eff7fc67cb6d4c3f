//! What inventory does when a message comes. Every handler is right under any order and any duplication.

use crate::application::know_product::KnowProduct;
use crate::application::renew_hold::RenewHold as Renew;
use crate::application::restock::Restock as PutBack;
use crate::application::serve_orders::{Asked, ServeOrders};
use crate::application::set_stock::SetStock as Set;
use crate::application::ship::Ship;
use crate::application::{Desk, StockError};
use crate::domain::{Ask, Lines, Wish};
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_inventory_contract::{
    CommitStock, InventoryUpdated, ReleaseStock, RenewHold, ReserveStock, Restock, SetStock, StockLine,
};
use hanse_kernel::{Ctx, OrderId, VariantId};
use hanse_messaging::{Batch, Consumers, Handle, HandleBatch, HandlerError, Message, Received};
use hanse_order_contract::{OrderFulfilled, OrderLine, OrderPlaced};
use hanse_payment_contract::{PaymentOutcome, PaymentProcessed};
use hanse_product_contract::{ProductChanged, ProductStatus};
use std::collections::BTreeMap;

/// The messages that it sends.
pub const SENDS: [&str; 1] = [InventoryUpdated::TYPE];

/// All subscriptions. The names are inbox keys: they never change. What orders ask of the stock goes through one batch,
/// since all of it may want the same shelf.
pub fn consumers(empty: Consumers, desk: &Desk) -> Consumers {
    let orders = Batch::new(AtTheDesk(ServeOrders(desk.clone())));
    empty
        .on_batch::<OrderPlaced, _>("inventory.reserve_on_order", &orders, on_order)
        .on_batch::<ReserveStock, _>("inventory.reserve", &orders, on_reserve)
        .on::<RenewHold>("inventory.renew", OnRenew(Renew(desk.clone())))
        .on_batch::<CommitStock, _>("inventory.commit", &orders, on_commit)
        .on_batch::<PaymentProcessed, _>("inventory.commit_on_payment", &orders, on_payment)
        .on_batch::<ReleaseStock, _>("inventory.release", &orders, on_release)
        .on::<Restock>("inventory.restock", OnRestock(PutBack(desk.clone())))
        .on::<OrderFulfilled>("inventory.ship", OnFulfilled(Ship(desk.clone())))
        .on::<SetStock>("inventory.set_stock", OnSetStock(Set(desk.clone())))
        .on::<ProductChanged>("inventory.know_product", OnProduct(KnowProduct(desk.clone())))
}

fn told(error: StockError) -> HandlerError {
    match error {
        StockError::Store(e) => HandlerError::Store(e),
        StockError::NotYet(_) | StockError::Conflict => HandlerError::NotNow(error.to_string()),
        other => HandlerError::Refused(other.to_string()),
    }
}

fn of_stock_lines(lines: &[StockLine]) -> Result<Lines, HandlerError> {
    Lines::new(lines.iter().map(|l| (l.variant_id, l.quantity))).map_err(|e| told(e.into()))
}

fn of_order_lines(lines: &[OrderLine]) -> Result<Lines, HandlerError> {
    Lines::new(lines.iter().map(|l| (l.variant_id, l.quantity))).map_err(|e| told(e.into()))
}

struct AtTheDesk(ServeOrders);

#[async_trait]
impl HandleBatch for AtTheDesk {
    type Task = Asked;

    async fn handle(&self, tx: &mut Tx, asked: &[&Asked]) -> Result<(), HandlerError> {
        self.0.run(tx, asked).await.map(|_| ()).map_err(told)
    }
}

fn asked(ctx: Ctx, order: OrderId, wish: Wish) -> Result<Option<Asked>, HandlerError> {
    Ok(Some(Asked { ctx, ask: Ask { order, wish } }))
}

fn on_order(Received { ctx, message, .. }: Received<OrderPlaced>) -> Result<Option<Asked>, HandlerError> {
    asked(ctx, message.order_id, Wish::Reserve(of_order_lines(&message.lines)?))
}

fn on_reserve(Received { ctx, message, .. }: Received<ReserveStock>) -> Result<Option<Asked>, HandlerError> {
    asked(ctx, message.order_id, Wish::Reserve(of_stock_lines(&message.lines)?))
}

fn on_commit(Received { ctx, message, .. }: Received<CommitStock>) -> Result<Option<Asked>, HandlerError> {
    asked(ctx, message.order_id, Wish::Commit(of_stock_lines(&message.lines)?))
}

/// That message names no lines, so it is for a known reservation only: for an unknown one the order's own command
/// follows, which does.
fn on_payment(
    Received { ctx, message, .. }: Received<PaymentProcessed>,
) -> Result<Option<Asked>, HandlerError> {
    // A renewal is for goods that were sold long ago.
    if message.outcome != PaymentOutcome::Authorized || message.renewal != 0 {
        return Ok(None);
    }
    asked(ctx, message.order_id, Wish::CommitHeld)
}

fn on_release(Received { ctx, message, .. }: Received<ReleaseStock>) -> Result<Option<Asked>, HandlerError> {
    asked(ctx, message.order_id, Wish::Release)
}

struct OnRenew(Renew);

#[async_trait]
impl Handle<RenewHold> for OnRenew {
    async fn handle(&self, tx: &mut Tx, received: &Received<RenewHold>) -> Result<(), HandlerError> {
        let RenewHold { order_id, until } = received.message;
        self.0.run(tx, &received.ctx, order_id, until).await.map_err(told)
    }
}

struct OnRestock(PutBack);

#[async_trait]
impl Handle<Restock> for OnRestock {
    async fn handle(&self, tx: &mut Tx, received: &Received<Restock>) -> Result<(), HandlerError> {
        let Restock { order_id, restock_id, lines, returned } = &received.message;
        let (lines, returned) = (of_stock_lines(lines)?, returned.as_deref().map(came_back).transpose()?);
        self.0.run(tx, &received.ctx, (*order_id, *restock_id), &lines, returned.as_ref()).await.map_err(told)
    }
}

/// How many of each had been sent; none is a list too.
fn came_back(lines: &[StockLine]) -> Result<BTreeMap<VariantId, i64>, HandlerError> {
    if lines.is_empty() {
        return Ok(BTreeMap::new());
    }
    Ok(of_stock_lines(lines)?.iter().collect())
}

struct OnFulfilled(Ship);

#[async_trait]
impl Handle<OrderFulfilled> for OnFulfilled {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderFulfilled>) -> Result<(), HandlerError> {
        let shipped = &received.message;
        let lines = of_order_lines(&shipped.lines)?;
        self.0.run(tx, &received.ctx, (shipped.order_id, shipped.shipment_id), &lines).await.map_err(told)
    }
}

struct OnSetStock(Set);

#[async_trait]
impl Handle<SetStock> for OnSetStock {
    async fn handle(&self, tx: &mut Tx, received: &Received<SetStock>) -> Result<(), HandlerError> {
        self.0.run(tx, &received.ctx, &received.message).await.map_err(told)
    }
}

struct OnProduct(KnowProduct);

#[async_trait]
impl Handle<ProductChanged> for OnProduct {
    async fn handle(&self, tx: &mut Tx, received: &Received<ProductChanged>) -> Result<(), HandlerError> {
        let product = &received.message;
        let Some(version) = received.aggver else {
            return Err(HandlerError::Refused("an event without a version".into()));
        };
        let variants: Vec<_> = match product.status {
            ProductStatus::Deleted => vec![],
            ProductStatus::Draft | ProductStatus::Published => {
                product.variants.iter().map(|v| (v.variant_id, v.sku.as_str())).collect()
            }
        };
        self.0.run(tx, &received.ctx, (product.product_id, version), &variants).await.map_err(told)
    }
}
