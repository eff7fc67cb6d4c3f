//! The amounts of an order, frozen when it was placed, and the sum they must make.

use hanse_kernel::{Money, MoneyError};

/// One step of how the total came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explain {
    /// `discount:WELCOME`, `tax:SE:standard`, …
    pub rule: String,
    pub text: String,
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub items: Money,
    /// Positive: what is taken off.
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
    pub total: Money,
    /// Prices contain the tax; otherwise it comes on top.
    pub tax_included: bool,
    pub explain: Vec<Explain>,
}

impl Totals {
    /// Whether total = items + shipping − discount, with the tax on top where prices do not contain it.
    pub fn add_up(&self) -> Result<bool, MoneyError> {
        let on_top = if self.tax_included { Money::zero(self.total.currency()) } else { self.tax };
        let sum = self.items.plus(self.shipping)?.minus(self.discount)?.plus(on_top)?;
        Ok(sum == self.total)
    }
}
