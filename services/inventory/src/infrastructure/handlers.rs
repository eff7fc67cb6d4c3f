//! What inventory does when a message comes. Every handler is right under any order and any duplication.

use crate::application::commit_stock::CommitStock as Commit;
use crate::application::know_product::KnowProduct;
use crate::application::release_stock::ReleaseStock as Release;
use crate::application::renew_hold::RenewHold as Renew;
use crate::application::reserve_stock::ReserveStock as Reserve;
use crate::application::restock::Restock as PutBack;
use crate::application::set_stock::SetStock as Set;
use crate::application::ship::Ship;
use crate::application::{Desk, StockError};
use crate::domain::Lines;
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_inventory_contract::{
    CommitStock, InventoryUpdated, ReleaseStock, RenewHold, ReserveStock, Restock, SetStock, StockLine,
};
use hanse_kernel::VariantId;
use hanse_messaging::{Consumers, Handle, HandlerError, Message, Received};
use hanse_order_contract::{OrderFulfilled, OrderLine, OrderPlaced};
use hanse_payment_contract::{PaymentOutcome, PaymentProcessed};
use hanse_product_contract::{ProductChanged, ProductStatus};
use std::collections::BTreeMap;

/// The messages that it sends.
pub const SENDS: [&str; 1] = [InventoryUpdated::TYPE];

/// All subscriptions. The names are inbox keys: they never change.
pub fn consumers(empty: Consumers, desk: &Desk) -> Consumers {
    empty
        .on::<OrderPlaced>("inventory.reserve_on_order", OnOrderPlaced(Reserve(desk.clone())))
        .on::<ReserveStock>("inventory.reserve", OnReserve(Reserve(desk.clone())))
        .on::<RenewHold>("inventory.renew", OnRenew(Renew(desk.clone())))
        .on::<CommitStock>("inventory.commit", OnCommit(Commit(desk.clone())))
        .on::<PaymentProcessed>("inventory.commit_on_payment", OnPayment(Commit(desk.clone())))
        .on::<ReleaseStock>("inventory.release", OnRelease(Release(desk.clone())))
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

struct OnOrderPlaced(Reserve);

#[async_trait]
impl Handle<OrderPlaced> for OnOrderPlaced {
    async fn handle(&self, tx: &mut Tx, received: &Received<OrderPlaced>) -> Result<(), HandlerError> {
        let order = &received.message;
        let lines = of_order_lines(&order.lines)?;
        self.0.run(tx, &received.ctx, order.order_id, &lines).await.map_err(told)
    }
}

struct OnReserve(Reserve);

#[async_trait]
impl Handle<ReserveStock> for OnReserve {
    async fn handle(&self, tx: &mut Tx, received: &Received<ReserveStock>) -> Result<(), HandlerError> {
        let lines = of_stock_lines(&received.message.lines)?;
        self.0.run(tx, &received.ctx, received.message.order_id, &lines).await.map_err(told)
    }
}

struct OnRenew(Renew);

#[async_trait]
impl Handle<RenewHold> for OnRenew {
    async fn handle(&self, tx: &mut Tx, received: &Received<RenewHold>) -> Result<(), HandlerError> {
        let RenewHold { order_id, until } = received.message;
        self.0.run(tx, &received.ctx, order_id, until).await.map_err(told)
    }
}

struct OnCommit(Commit);

#[async_trait]
impl Handle<CommitStock> for OnCommit {
    async fn handle(&self, tx: &mut Tx, received: &Received<CommitStock>) -> Result<(), HandlerError> {
        let lines = of_stock_lines(&received.message.lines)?;
        self.0.run(tx, &received.ctx, received.message.order_id, &lines).await.map_err(told)
    }
}

struct OnPayment(Commit);

#[async_trait]
impl Handle<PaymentProcessed> for OnPayment {
    async fn handle(&self, tx: &mut Tx, received: &Received<PaymentProcessed>) -> Result<(), HandlerError> {
        if !self.concerns(&received.message) {
            return Ok(());
        }
        self.0.paid(tx, &received.ctx, received.message.order_id).await.map_err(told)
    }

    fn concerns(&self, message: &PaymentProcessed) -> bool {
        // A renewal is for goods that were sold long ago.
        message.outcome == PaymentOutcome::Authorized && message.renewal == 0
    }
}

struct OnRelease(Release);

#[async_trait]
impl Handle<ReleaseStock> for OnRelease {
    async fn handle(&self, tx: &mut Tx, received: &Received<ReleaseStock>) -> Result<(), HandlerError> {
        self.0.run(tx, &received.ctx, received.message.order_id).await.map_err(told)
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
