//! Shipping zones, and methods priced by weight and amount.

use super::Country;
use hanse_kernel::{ChannelId, Currency, Locale, Money, MoneyError, ShippingMethodId};
use std::collections::BTreeMap;

/// Countries that are served alike. A country lies in one zone at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// A short name, such as `eu`.
    pub id: String,
    pub name: String,
    pub countries: Vec<Country>,
}

/// A text in several languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Localised(pub BTreeMap<Locale, String>);

impl Localised {
    /// In the language asked for, else English, else whatever there is.
    pub fn in_locale(&self, locale: &Locale) -> &str {
        let text = self.0.get(locale).or_else(|| self.0.get(&Locale::default()));
        text.or_else(|| self.0.values().next()).map_or("", String::as_str)
    }
}

/// A price for parcels up to a weight, from an amount on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bracket {
    /// None: any weight.
    pub max_weight_grams: Option<i64>,
    /// Of the goods after discounts, in minor units of the method's currency.
    pub min_items: i64,
    pub price: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    pub id: ShippingMethodId,
    pub channel: ChannelId,
    pub zone: String,
    pub title: Localised,
    pub estimate: Localised,
    pub currency: Currency,
    pub brackets: Vec<Bracket>,
    /// Goods worth so much after discounts travel free.
    pub free_from: Option<i64>,
    pub position: i64,
    pub active: bool,
    pub version: i64,
}

impl Method {
    /// What it costs to send goods of that weight and value: the cheapest bracket that fits, nothing above
    /// `free_from`; None when no bracket fits or the value is in another currency.
    pub fn price(&self, weight_grams: i64, items: Money) -> Result<Option<Money>, MoneyError> {
        if items.currency() != self.currency {
            return Ok(None);
        }
        let fits = |b: &&Bracket| {
            b.max_weight_grams.is_none_or(|max| weight_grams <= max) && items.minor() >= b.min_items
        };
        let Some(cheapest) = self.brackets.iter().filter(fits).map(|b| b.price).min() else {
            return Ok(None);
        };
        let free = self.free_from.is_some_and(|from| items.minor() >= from);
        Ok(Some(Money::new(if free { 0 } else { cheapest }, self.currency)))
    }
}
