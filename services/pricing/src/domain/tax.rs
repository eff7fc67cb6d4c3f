//! Tax rates by country and class, in basis points.

use super::Country;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaxClass {
    Standard,
    /// The main reduced rate: food, books, whatever the country names.
    Reduced,
    Zero,
}

impl TaxClass {
    pub const ALL: [Self; 3] = [Self::Standard, Self::Reduced, Self::Zero];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Reduced => "reduced",
            Self::Zero => "zero",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be standard, reduced or zero")]
pub struct TaxClassError;

impl FromStr for TaxClass {
    type Err = TaxClassError;
    fn from_str(text: &str) -> Result<Self, TaxClassError> {
        Self::ALL.into_iter().find(|c| c.as_str() == text).ok_or(TaxClassError)
    }
}

impl fmt::Display for TaxClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// All rates. A country that is not in it is not taxed by us (an export).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaxTable(BTreeMap<(Country, TaxClass), i64>);

impl TaxTable {
    pub fn new(rates: impl IntoIterator<Item = (Country, TaxClass, i64)>) -> Self {
        Self(rates.into_iter().map(|(country, class, rate)| ((country, class), rate)).collect())
    }
    /// Basis points. Zero is zero everywhere; a class without a rate of its own takes the standard one.
    pub fn rate(&self, country: Country, class: TaxClass) -> i64 {
        if class == TaxClass::Zero {
            return 0;
        }
        let own = self.0.get(&(country, class)).or_else(|| self.0.get(&(country, TaxClass::Standard)));
        own.copied().unwrap_or(0)
    }
}
