//! What a shopper is told about stock: availability of variants and of products.

use hanse_kernel::VariantId;

pub use super::import::StockPolicy;

impl StockPolicy {
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Deny, Self::Continue, Self::Untracked].into_iter().find(|policy| policy.name() == name)
    }
}

/// What inventory told last about a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    pub available: i64,
    pub policy: StockPolicy,
}

/// A level with the version that tells newer from older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToldLevel {
    pub variant: VariantId,
    pub level: Level,
    pub version: i64,
}

/// From the best to the worst, so that the best of several variants speaks for their product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Availability {
    InStock,
    LowStock,
    Backorder,
    OutOfStock,
    /// Nothing has been told yet.
    Unknown,
}

impl Availability {
    pub const fn name(self) -> &'static str {
        match self {
            Self::InStock => "in_stock",
            Self::LowStock => "low_stock",
            Self::Backorder => "backorder",
            Self::OutOfStock => "out_of_stock",
            Self::Unknown => "unknown",
        }
    }

    /// Of one variant; `low` units or fewer are low stock.
    pub fn of(level: Option<Level>, low: i64) -> Self {
        match level {
            None => Self::Unknown,
            Some(Level { policy: StockPolicy::Untracked, .. }) => Self::InStock,
            Some(Level { available, .. }) if available > low => Self::InStock,
            Some(Level { available, .. }) if available > 0 => Self::LowStock,
            Some(Level { policy: StockPolicy::Continue, .. }) => Self::Backorder,
            Some(_) => Self::OutOfStock,
        }
    }

    /// Of a product, from its variants'.
    pub fn best(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().min().unwrap_or(Self::Unknown)
    }
}

impl Level {
    /// How many a shopper may see; none when stock is not counted.
    pub fn shown_quantity(self) -> Option<i64> {
        (self.policy != StockPolicy::Untracked).then(|| self.available.max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn availability_follows_the_policy() {
        let of = |available, policy| Availability::of(Some(Level { available, policy }), 5).name();
        assert_eq!(of(6, StockPolicy::Deny), "in_stock");
        assert_eq!(of(5, StockPolicy::Deny), "low_stock");
        assert_eq!(of(0, StockPolicy::Deny), "out_of_stock");
        assert_eq!(of(-3, StockPolicy::Continue), "backorder");
        assert_eq!(of(0, StockPolicy::Untracked), "in_stock");
        assert_eq!(Availability::of(None, 5), Availability::Unknown);
    }

    #[test]
    fn the_best_variant_speaks_for_the_product() {
        use Availability::{Backorder, InStock, OutOfStock, Unknown};
        assert_eq!(Availability::best([OutOfStock, InStock, Unknown]), InStock);
        assert_eq!(Availability::best([OutOfStock, Backorder]), Backorder);
        assert_eq!(Availability::best([]), Unknown);
    }
}
