//! All that other services may see of inventory: its commands, its event and its questions.

use hanse_kernel::{OrderId, Timestamp, VariantId};
use serde::{Deserialize, Serialize};

/// The questions other services may ask.
#[allow(clippy::all, clippy::pedantic)]
pub mod rpc {
    tonic::include_proto!("hanse.inventory.v1");
    /// The compiled proto files.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
}

/// What happens when stock runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockPolicy {
    /// Sell what is there, never more.
    Deny,
    /// Sell on (backorder), counted apart.
    Continue,
    /// Not counted at all.
    Untracked,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLine {
    pub variant_id: VariantId,
    pub quantity: i64,
}

/// Hold the order's lines (the reservation's id is the order's). Also the effect of OrderPlaced.
/// Answered by InventoryUpdated reserved or out_of_stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReserveStock {
    pub order_id: OrderId,
    pub lines: Vec<StockLine>,
}

/// Let a live hold last until `until`. Answered by InventoryUpdated reserved, or expired when it is too late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewHold {
    pub order_id: OrderId,
    pub until: Timestamp,
}

/// The hold becomes a sale. An expired hold takes from what is available if it can. Answered by committed or
/// commit_failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitStock {
    pub order_id: OrderId,
    /// So that a commit on an expired hold, or before its reserve, knows what to take.
    pub lines: Vec<StockLine>,
}

/// Let everything of the order go: a hold is freed, a sale restocked, and one that comes first leaves a tombstone.
/// Always answered by released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseStock {
    pub order_id: OrderId,
}

/// Goods came back, or will not be sent. Idempotent by `restock_id`. Answered by restocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restock {
    pub order_id: OrderId,
    pub restock_id: uuid::Uuid,
    /// All of them.
    pub lines: Vec<StockLine>,
    /// Those of them that had been sent and came back; the others never left. Missing in messages from before it was
    /// told: then what has not been shipped counts first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Vec<StockLine>>,
}

/// Target values from a merchant's file or form; `key` is the import row's. Answered by adjusted with the same key,
/// also when nothing changed, with a `reason` when it could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStock {
    pub key: String,
    pub levels: Vec<StockTarget>,
    /// Which asking for these variants it is: a later one wins, whichever comes first. Missing in messages from before
    /// there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockTarget {
    pub variant_id: VariantId,
    pub sku: String,
    /// What lies on the shelf; None leaves the count as it is.
    pub on_hand: Option<i64>,
    pub policy: StockPolicy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockOutcome {
    Reserved,
    OutOfStock,
    Committed,
    CommitFailed,
    Released,
    Expired,
    Restocked,
    Adjusted,
}

/// Stock has moved, or an order's question about it is answered. The subject is the reservation (the order's id) or
/// the adjustment. Consumers keep, per variant, the level of the highest version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryUpdated {
    pub outcome: StockOutcome,
    pub order_id: Option<OrderId>,
    /// The key of the SetStock that this answers.
    pub key: Option<String>,
    /// Restocked: the id of the Restock that this answers.
    pub restock_id: Option<uuid::Uuid>,
    /// Adjusted: why it could not be done.
    pub reason: Option<String>,
    /// Out of stock, commit failed: which variants are short.
    pub short: Vec<VariantId>,
    pub levels: Vec<StockLevel>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    pub variant_id: VariantId,
    /// What can still be promised, over all locations.
    pub available: i64,
    pub policy: StockPolicy,
    /// Grows with every change of the variant's stock.
    pub level_version: i64,
}

hanse_envelope::messages! {
    ReserveStock = "inventory.ReserveStock.v1";
    RenewHold = "inventory.RenewHold.v1";
    CommitStock = "inventory.CommitStock.v1";
    ReleaseStock = "inventory.ReleaseStock.v1";
    Restock = "inventory.Restock.v1";
    SetStock = "inventory.SetStock.v1";
    InventoryUpdated = "inventory.InventoryUpdated.v1";
}
