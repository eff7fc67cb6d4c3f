//! The table of sales, and the audit logs of all services.

use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Money, OrderId, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An entry of a service's audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub service: &'static str,
    pub id: Uuid,
    /// Its number in its service's log; None: it is not sealed yet.
    pub seq: Option<i64>,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor: Option<String>,
    pub api_key: Option<String>,
    pub operator: Option<String>,
    pub action: String,
    pub subject_kind: String,
    pub subject: String,
    /// JSON, as it was kept.
    pub was: Option<String>,
    pub became: Option<String>,
    pub times: i64,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub correlation: String,
}

/// Which entries; what is None is not asked about.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// An action or a whole area.
    pub action: Option<String>,
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub correlation: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub before: Option<Place>,
}

/// Where a page of the log ends: only what is older comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub at: i64,
    pub id: Uuid,
}

/// A service could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

#[async_trait]
pub trait Logs: Send + Sync {
    /// A service's newest entries, at most `count`.
    async fn newest(
        &self,
        ctx: &Ctx,
        service: &'static str,
        wanted: &Wanted,
        count: i64,
    ) -> Result<Vec<Listed>, Away>;
}

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
