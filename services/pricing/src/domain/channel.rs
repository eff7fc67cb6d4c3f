//! A storefront or market: which currencies it sells in, how it shows tax, where it is at home.

use super::Country;
use hanse_kernel::{ChannelId, Currency, Locale};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    /// What carts are kept in.
    pub currency: Currency,
    /// All that prices may be set in; holds `currency`.
    pub currencies: Vec<Currency>,
    /// Prices contain the tax; otherwise it comes on top.
    pub tax_included: bool,
    /// Whose taxes are shown while the shopper has not told the country.
    pub home: Country,
    /// The first is the shop's own.
    pub locales: Vec<Locale>,
    pub version: i64,
}

impl Channel {
    pub fn sells_in(&self, currency: Currency) -> bool {
        self.currencies.contains(&currency)
    }
}
