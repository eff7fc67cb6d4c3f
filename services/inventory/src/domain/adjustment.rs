//! The stock ledger: every change of what was received, with its reason and who made it.

use hanse_kernel::{AdjustmentId, LocationId, OrderId, Timestamp, VariantId};
use std::str::FromStr;

/// How a count is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So many more or fewer lie on the shelf.
    Delta(i64),
    /// So many lie on the shelf: counted, or told by a file.
    SetOnHand(i64),
}

/// Why a line of the ledger was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// By staff.
    Manual,
    /// By SetStock: a file or the product form.
    Import,
    /// Backordered goods were shipped that had never been counted in.
    Shipment,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Import => "import",
            Self::Shipment => "shipment",
        }
    }
}

impl FromStr for Origin {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Manual, Self::Import, Self::Shipment]
            .into_iter()
            .find(|o| o.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no origin of an adjustment"))
    }
}

/// What staff write beside an adjustment: 1 to 200 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 200 {
            Err("must have 1 to 200 characters")
        } else if text.chars().any(char::is_control) {
            Err("must not contain control characters")
        } else {
            Ok(Self(text.to_string()))
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One line of the ledger; the deltas of a variant at a location add up to what was received there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    pub id: AdjustmentId,
    pub variant: VariantId,
    pub location: LocationId,
    pub origin: Origin,
    pub delta: i64,
    /// What lay on the shelf afterwards.
    pub on_hand: i64,
    pub reason: String,
    /// Who, as logs name them: no personal data.
    pub actor: String,
    pub order: Option<OrderId>,
    pub at: Timestamp,
}
