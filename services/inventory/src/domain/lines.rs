//! How much of which variants an order wants: one quantity per variant, in variant order.

use hanse_kernel::VariantId;
use std::collections::BTreeMap;

/// One line may ask for so much at most.
pub const MAX_QUANTITY: i64 = 1_000_000;
/// So many variants fit into one order.
pub const MAX_LINES: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinesError {
    #[error("there is no line")]
    Empty,
    #[error("more than {MAX_LINES} variants")]
    TooMany,
    #[error("the quantity of {0} is not between 1 and {MAX_QUANTITY}")]
    Quantity(VariantId),
}

/// Lines of one variant are added up. The order is what keeps overlapping orders from waiting for each other in a
/// circle: every unit touches its variants in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines(BTreeMap<VariantId, i64>);

impl Lines {
    pub fn new(lines: impl IntoIterator<Item = (VariantId, i64)>) -> Result<Self, LinesError> {
        let mut all = BTreeMap::new();
        for (variant, quantity) in lines {
            let sum: &mut i64 = all.entry(variant).or_insert(0);
            if !(1..=MAX_QUANTITY).contains(&quantity) || *sum + quantity > MAX_QUANTITY {
                return Err(LinesError::Quantity(variant));
            }
            *sum += quantity;
        }
        match all.len() {
            0 => Err(LinesError::Empty),
            1..=MAX_LINES => Ok(Self(all)),
            _ => Err(LinesError::TooMany),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (VariantId, i64)> + '_ {
        self.0.iter().map(|(variant, quantity)| (*variant, *quantity))
    }

    pub fn variants(&self) -> impl Iterator<Item = VariantId> + '_ {
        self.0.keys().copied()
    }
}
