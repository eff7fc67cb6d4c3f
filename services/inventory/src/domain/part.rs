//! A part of a reservation: so many of one variant from one place, and what has become of them.

use hanse_kernel::{LocationId, VariantId};
use std::fmt;
use std::str::FromStr;

/// Where the goods of a part come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They lie at the location.
    Shelf,
    /// They are still to come (policy continue).
    Backorder,
    /// They are not counted (policy untracked).
    Uncounted,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shelf => "shelf",
            Self::Backorder => "backorder",
            Self::Uncounted => "uncounted",
        }
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Shelf, Self::Backorder, Self::Uncounted]
            .into_iter()
            .find(|k| k.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no kind of part"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `unsold + shipped ≤ quantity`, `returned ≤ shipped`; what is neither unsold nor shipped is held or sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub variant: VariantId,
    pub kind: Kind,
    pub location: LocationId,
    pub quantity: i64,
    /// Sold and put back before it was shipped.
    pub unsold: i64,
    pub shipped: i64,
    /// Shipped and come back.
    pub returned: i64,
}

impl Part {
    pub fn new(variant: VariantId, kind: Kind, location: LocationId, quantity: i64) -> Self {
        Self { variant, kind, location, quantity, unsold: 0, shipped: 0, returned: 0 }
    }
    /// What is still to be shipped.
    pub fn open(&self) -> i64 {
        self.quantity - self.unsold - self.shipped
    }
    /// What the customer has.
    pub fn away(&self) -> i64 {
        self.shipped - self.returned
    }
}
