//! The table of sales.

use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Money, OrderId, Timestamp, UserId, VariantId};

/// What an event tells of an order; each may come first, late or twice.
#[derive(Debug, Clone)]
pub enum Fact {
    Placed {
        total: Money,
        placed_at: Timestamp,
        lines: Vec<(VariantId, i64)>,
    },
    /// Carries all that Placed does, so that it alone is enough.
    Confirmed {
        total: Money,
        placed_at: Timestamp,
        lines: Vec<(VariantId, i64)>,
    },
    Cancelled,
    /// All refunds together.
    RefundedInAll(Money),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub day: String,
    pub currency: String,
    pub placed: i64,
    pub confirmed: i64,
    pub cancelled: i64,
    pub units: i64,
    /// Minor units, of confirmed orders.
    pub revenue: i64,
    pub refunded: i64,
}

#[async_trait]
pub trait Sales: Send + Sync {
    async fn take(&self, tx: &mut Tx, order: OrderId, fact: &Fact, now: Timestamp) -> Result<(), DbError>;
    async fn registered(&self, tx: &mut Tx, user: UserId, day: &str) -> Result<(), DbError>;
    async fn erased(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
    /// From and to are UTC days, both included.
    async fn days(&self, tx: &mut Tx, from: &str, to: &str) -> Result<Vec<Day>, DbError>;
    async fn registrations(&self, tx: &mut Tx, from: &str, to: &str) -> Result<i64, DbError>;
    /// The variants that sold most units in confirmed orders.
    async fn top(
        &self,
        tx: &mut Tx,
        from: &str,
        to: &str,
        limit: i64,
    ) -> Result<Vec<(VariantId, i64)>, DbError>;
}
