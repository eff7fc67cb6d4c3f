//! Prices and which of them applies: keyed by variant, channel, currency, customer group, quantity and validity.

use hanse_kernel::{ChannelId, Currency, Money, ProductId, Timestamp, VariantId};
use std::collections::{BTreeMap, BTreeSet};

/// The largest price, in minor units: a thousand million of a currency with two decimals. A hundred lines of a
/// thousand pieces at this price can still be counted.
pub const LARGEST: i64 = 100_000_000_000;

/// One price and when it applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    pub variant: VariantId,
    pub channel: ChannelId,
    /// Empty: everybody.
    pub group: String,
    /// From so many pieces on; at least 1.
    pub min_quantity: i64,
    /// The start of time for a price that has always been valid.
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    pub amount: Money,
    /// What it is compared with (struck through); always more than `amount`.
    pub compare_at: Option<Money>,
}

/// What tells two prices of a variant apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceKey<'a> {
    pub variant: VariantId,
    pub channel: &'a str,
    pub currency: Currency,
    pub group: &'a str,
    pub min_quantity: i64,
    pub from: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("the price of {0} is below zero")]
    Negative(VariantId),
    #[error("the price of {0} is too large")]
    TooLarge(VariantId),
    #[error("the price of {0} mixes {1} and {2}")]
    Mixed(VariantId, Currency, Currency),
    #[error("the channel does not sell in {0}; it sells in {1}")]
    UnknownCurrency(Currency, String),
    #[error("there is no channel `{0}`")]
    UnknownChannel(String),
    #[error("the price of {0} must be from at least 1 piece on")]
    Quantity(VariantId),
    #[error("the price of {0} ends before it begins")]
    Validity(VariantId),
    #[error("the same price of {0} is given twice")]
    Twice(VariantId),
    #[error("the product has been deleted")]
    Deleted,
}

impl PriceError {
    /// Stable and machine-readable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Negative(_) => "negative_price",
            Self::TooLarge(_) => "price_too_large",
            Self::Mixed(..) => "mixed_currencies",
            Self::UnknownCurrency(..) => "unknown_currency",
            Self::UnknownChannel(_) => "unknown_channel",
            Self::Quantity(_) => "min_quantity",
            Self::Validity(_) => "validity",
            Self::Twice(_) => "duplicate_price",
            Self::Deleted => "product_deleted",
        }
    }
}

impl Price {
    /// A base price: for everybody, from one piece on, always.
    pub fn base(variant: VariantId, channel: ChannelId, amount: Money, compare_at: Option<Money>) -> Self {
        let (group, from) = (String::new(), Timestamp::from_micros(0));
        Self { variant, channel, group, min_quantity: 1, from, until: None, amount, compare_at }
    }

    pub fn key(&self) -> PriceKey<'_> {
        PriceKey {
            variant: self.variant,
            channel: self.channel.as_str(),
            currency: self.amount.currency(),
            group: &self.group,
            min_quantity: self.min_quantity,
            from: self.from,
        }
    }

    /// Refuses what can never be right; drops a comparison that would not be a saving.
    pub fn checked(mut self) -> Result<Self, PriceError> {
        if self.amount.is_negative() || self.compare_at.is_some_and(Money::is_negative) {
            return Err(PriceError::Negative(self.variant));
        }
        if self.amount.minor() > LARGEST || self.compare_at.is_some_and(|c| c.minor() > LARGEST) {
            return Err(PriceError::TooLarge(self.variant));
        }
        if let Some(other) = self.compare_at.filter(|c| c.currency() != self.amount.currency()) {
            return Err(PriceError::Mixed(self.variant, self.amount.currency(), other.currency()));
        }
        if self.min_quantity < 1 {
            return Err(PriceError::Quantity(self.variant));
        }
        if self.until.is_some_and(|until| until <= self.from) {
            return Err(PriceError::Validity(self.variant));
        }
        self.compare_at = self.compare_at.filter(|c| c.minor() > self.amount.minor());
        Ok(self)
    }

    pub fn valid_at(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// The price that applies to `quantity` pieces of a variant for a shopper of `group`, among candidates of one channel
/// and currency.
///
/// A price for the shopper's own group goes before one for everybody. Within that, per quantity step, the one that
/// began last goes (so a campaign with an end overrides the standing price while it lasts); of the steps that the
/// quantity reaches, the lowest price goes, so more pieces never cost more each.
pub fn choose<'a>(
    candidates: impl IntoIterator<Item = &'a Price>,
    variant: VariantId,
    group: &str,
    quantity: i64,
    now: Timestamp,
) -> Option<&'a Price> {
    let mut best: Option<&Price> = None;
    let mut steps: Vec<&Price> = candidates
        .into_iter()
        .filter(|p| p.variant == variant && p.min_quantity <= quantity && p.valid_at(now))
        .filter(|p| p.group.is_empty() || p.group == group)
        .collect();
    // The group's own first, then by step, the latest beginning first in each.
    steps.sort_by(|a, b| {
        (a.group.is_empty(), a.min_quantity, b.from).cmp(&(b.group.is_empty(), b.min_quantity, a.from))
    });
    let mut step = None;
    for price in steps {
        if best.is_some_and(|b| b.group.is_empty() != price.group.is_empty()) {
            break;
        }
        if step == Some(price.min_quantity) {
            continue;
        }
        step = Some(price.min_quantity);
        if best.is_none_or(|b| price.amount.minor() <= b.amount.minor()) {
            best = Some(price);
        }
    }
    best
}

/// All prices of one product: the unit that changes together and whose versions its events carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceBook {
    pub product: ProductId,
    /// How many events have told of it; also the version under which it is saved.
    pub events: i64,
    /// Grows with every change of a price.
    pub price_version: i64,
    /// When a price begins or ends next, or has begun or ended without anybody having been told.
    pub due: Option<Timestamp>,
    /// The newest version of the product that was heard of.
    pub catalogue_version: i64,
    pub deleted: bool,
    pub prices: Vec<Price>,
}

impl PriceBook {
    pub fn empty(product: ProductId) -> Self {
        Self {
            product,
            events: 0,
            price_version: 0,
            due: None,
            catalogue_version: 0,
            deleted: false,
            prices: vec![],
        }
    }

    /// Sets prices; others stay. Tells whether anything changed.
    pub fn set(&mut self, new: Vec<Price>) -> Result<bool, PriceError> {
        let new = self.check(new)?;
        let places: BTreeMap<PriceKey<'_>, usize> =
            self.prices.iter().enumerate().map(|(i, p)| (p.key(), i)).collect();
        let steps: Vec<(Option<usize>, Price)> =
            new.into_iter().map(|p| (places.get(&p.key()).copied(), p)).collect();
        let mut changed = false;
        for (place, price) in steps {
            match place {
                Some(i) if self.prices[i] == price => continue,
                Some(i) => self.prices[i] = price,
                None => self.prices.push(price),
            }
            changed = true;
        }
        Ok(self.grown(changed))
    }

    /// Puts `new` in the place of all prices of a channel. Tells whether anything changed.
    pub fn replace(&mut self, channel: &ChannelId, new: Vec<Price>) -> Result<bool, PriceError> {
        let new = self.check(new)?;
        let named: BTreeSet<PriceKey<'_>> = new.iter().map(Price::key).collect();
        let kept = |p: &Price| p.channel != *channel || named.contains(&p.key());
        let before = self.prices.len();
        self.prices.retain(kept);
        let dropped = self.prices.len() != before;
        let version = self.price_version;
        let changed = self.set(new)? || dropped;
        self.price_version = version;
        Ok(self.grown(changed))
    }

    /// Drops the prices of variants that are not in `variants`. Tells whether anything changed.
    pub fn keep_only(&mut self, variants: &BTreeSet<VariantId>) -> bool {
        let before = self.prices.len();
        self.prices.retain(|p| variants.contains(&p.variant));
        let changed = self.prices.len() != before;
        self.grown(changed)
    }

    /// Whether what is valid has changed because time went on, and nobody has been told.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|at| at <= now)
    }

    /// What is valid has changed because time went on: all of it is told now.
    pub fn time_passed(&mut self) {
        self.price_version += 1;
        self.due = None;
    }

    /// Refuses prices that the book can never hold.
    pub fn check(&self, new: Vec<Price>) -> Result<Vec<Price>, PriceError> {
        if self.deleted {
            return Err(PriceError::Deleted);
        }
        let new = new.into_iter().map(Price::checked).collect::<Result<Vec<_>, _>>()?;
        let mut seen = BTreeSet::new();
        match new.iter().find(|p| !seen.insert(p.key())) {
            Some(twice) => Err(PriceError::Twice(twice.variant)),
            None => Ok(new),
        }
    }

    fn grown(&mut self, changed: bool) -> bool {
        self.price_version += i64::from(changed);
        changed
    }

    /// The prices that a listing shows: per variant and currency, for everybody, one piece, now.
    pub fn base_prices(&self, channel: &ChannelId, now: Timestamp) -> Vec<&Price> {
        let mut kinds: BTreeMap<(VariantId, Currency), Vec<&Price>> = BTreeMap::new();
        for price in self.prices.iter().filter(|p| p.channel == *channel && p.group.is_empty()) {
            kinds.entry((price.variant, price.amount.currency())).or_default().push(price);
        }
        kinds.into_iter().filter_map(|((variant, _), prices)| choose(prices, variant, "", 1, now)).collect()
    }

    pub fn channels(&self) -> BTreeSet<ChannelId> {
        self.prices.iter().map(|p| p.channel.clone()).collect()
    }

    /// When the next price begins or ends. One that is due stays due until it is told, whatever else changes.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        if self.is_due(now) {
            return self.due;
        }
        self.prices.iter().flat_map(|p| [Some(p.from), p.until]).flatten().filter(|t| *t > now).min()
    }
}
