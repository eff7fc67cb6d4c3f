//! One line of an order: so many pieces of a variant, and what has become of them.

use hanse_kernel::{ItemId, Money, MoneyError, VariantId};

/// Pieces of a line. Fulfilled and cancelled never overlap; returned ones were fulfilled before; refunded ones may be
/// either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub fulfilled: i64,
    pub returned: i64,
    pub refunded: i64,
    /// They will never be sent.
    pub cancelled: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub item: ItemId,
    pub variant: VariantId,
    pub quantity: i64,
    /// What the whole line came to, after its discount and with its tax.
    pub worth: Money,
    pub counts: Counts,
}

/// So many pieces of one variant, on their way out or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub item: ItemId,
    pub variant: VariantId,
    pub quantity: i64,
}

impl Line {
    /// Pieces that are still to be sent.
    pub fn unsent(&self) -> i64 {
        self.quantity - self.counts.fulfilled - self.counts.cancelled
    }

    /// Pieces that are with the customer.
    pub fn outside(&self) -> i64 {
        self.counts.fulfilled - self.counts.returned
    }

    /// What the first `pieces` of the line are worth, so that all parts together make the line to the cent.
    pub fn worth_of(&self, pieces: i64) -> Result<Money, MoneyError> {
        self.worth.ratio(pieces, self.quantity.max(1))
    }

    pub fn pieces(&self, quantity: i64) -> Piece {
        Piece { item: self.item, variant: self.variant, quantity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::Currency;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn the_parts_of_a_line_make_the_line(worth in 0i64..100_000, quantity in 1i64..50, cut in 0i64..50) {
            let line = Line {
                item: ItemId::new(Uuid::nil()),
                variant: VariantId::new(Uuid::nil()),
                quantity,
                worth: Money::new(worth, Currency::EUR),
                counts: Counts::default(),
            };
            let cut = cut.min(quantity);
            let first = line.worth_of(cut).unwrap();
            let rest = line.worth_of(quantity).unwrap().minus(first).unwrap();
            prop_assert_eq!(first.plus(rest).unwrap(), line.worth);
            prop_assert!(!first.is_negative() && !rest.is_negative());
        }
    }
}
