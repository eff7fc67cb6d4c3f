//! What the use cases need of the store.

use crate::application::StockError;
use crate::domain::{Adjustment, Location, Policy, Reservation, Stocks};
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{AdjustmentId, Limit, LocationId, OrderId, ProductId, ShipmentId, Timestamp, VariantId};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Reservations and what has been done for them.
#[async_trait]
pub trait Reservations: Send + Sync {
    async fn find(&self, tx: &mut Tx, order: OrderId) -> Result<Option<Reservation>, DbError>;
    /// Those that exist.
    async fn find_all(&self, tx: &mut Tx, orders: &[OrderId]) -> Result<Vec<Reservation>, DbError>;
    /// Saves reservations of different orders, each on what was found of it. Conflict when another unit was first.
    async fn save(
        &self,
        tx: &mut Tx,
        reservations: &[&Reservation],
        now: Timestamp,
    ) -> Result<(), StockError>;
    /// Orders whose hold is over, the longest first.
    async fn overdue(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, DbError>;
    /// Whether the shipment is new; from now on it is not.
    async fn first_shipment(
        &self,
        tx: &mut Tx,
        shipment: ShipmentId,
        order: OrderId,
        now: Timestamp,
    ) -> Result<bool, DbError>;
    /// Whether the restock is new; from now on it is not.
    async fn first_restock(
        &self,
        tx: &mut Tx,
        restock: Uuid,
        order: OrderId,
        now: Timestamp,
    ) -> Result<bool, DbError>;
}

/// The counts.
#[async_trait]
pub trait StockRepository: Send + Sync {
    /// As [`StockRepository::load`], read once all of them are locked: also right where others' commits show in the midst of
    /// the unit.
    async fn lock_and_load(&self, tx: &mut Tx, variants: &[VariantId]) -> Result<Stocks, DbError>;
    /// Those that exist, read and locked in variant order.
    async fn load(&self, tx: &mut Tx, variants: &[VariantId]) -> Result<Stocks, DbError>;
    /// Writes what was touched, in variant order. Conflict when another unit was first.
    async fn save(&self, tx: &mut Tx, stocks: &Stocks, now: Timestamp) -> Result<(), StockError>;
    /// Remembers product and skus as of a version of the product and retires what it no longer lists; older news
    /// changes nothing.
    async fn catalogue(
        &self,
        tx: &mut Tx,
        of: &Catalogued,
        variants: &[(VariantId, &str)],
    ) -> Result<(), DbError>;
    async fn levels(&self, tx: &mut Tx, variants: &[VariantId]) -> Result<Vec<Level>, DbError>;
    async fn list(&self, tx: &mut Tx, wanted: &ListStock) -> Result<Vec<StockRow>, DbError>;
}

/// Which news of the catalogue it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Catalogued {
    pub product: ProductId,
    pub version: i64,
    pub at: Timestamp,
}

/// A variant's stock as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub variant: VariantId,
    pub available: i64,
    pub policy: Policy,
    pub version: i64,
}

/// Which rows of the stock list are wanted.
#[derive(Debug, Clone)]
pub struct ListStock {
    /// Only skus that begin so; empty for all.
    pub sku: String,
    pub after: Option<(String, VariantId, LocationId)>,
    pub limit: Limit,
}

/// One variant at one location, for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    pub variant: VariantId,
    pub sku: String,
    pub location: LocationId,
    pub policy: Policy,
    pub on_hand: i64,
    pub reserved: i64,
    pub sold: i64,
    pub available: i64,
    pub shipped: i64,
    /// Of the variant, over all locations.
    pub backordered: i64,
    pub version: i64,
}

/// The stock ledger.
#[async_trait]
pub trait Ledger: Send + Sync {
    async fn append(&self, tx: &mut Tx, adjustment: &Adjustment) -> Result<(), DbError>;
    async fn find(&self, tx: &mut Tx, id: AdjustmentId) -> Result<Option<Adjustment>, DbError>;
    /// The newest first.
    async fn list(
        &self,
        tx: &mut Tx,
        variant: VariantId,
        before: Option<AdjustmentId>,
        limit: Limit,
    ) -> Result<Vec<Adjustment>, DbError>;
}

/// What became of a SetStock, by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub adjustment: AdjustmentId,
    /// Why it could not be done.
    pub reason: Option<String>,
    /// How many events have told of it.
    pub events: i64,
}

#[async_trait]
pub trait Keys: Send + Sync {
    async fn find(&self, tx: &mut Tx, key: &str) -> Result<Option<Applied>, DbError>;
    async fn save(&self, tx: &mut Tx, key: &str, applied: &Applied, now: Timestamp) -> Result<(), DbError>;
    /// Notes that the catalogue's asking `asked` is for these variants, and tells for which of them no later one was.
    async fn note_asked(
        &self,
        tx: &mut Tx,
        asked: i64,
        variants: &[VariantId],
    ) -> Result<BTreeSet<VariantId>, DbError>;
}

#[async_trait]
pub trait Locations: Send + Sync {
    /// In the order in which orders are served from them.
    async fn list(&self, tx: &mut Tx) -> Result<Vec<Location>, DbError>;
    async fn exists(&self, tx: &mut Tx, id: LocationId) -> Result<bool, DbError>;
    /// False when the name is taken.
    async fn add(&self, tx: &mut Tx, location: &Location) -> Result<bool, DbError>;
}
