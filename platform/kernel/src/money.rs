//! Money: a checked count of minor units with its currency in the value. No float ever touches it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl Currency {
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    pub const USD: Self = Self(iso_currency::Currency::USD);
    pub const SEK: Self = Self(iso_currency::Currency::SEK);
    pub const JPY: Self = Self(iso_currency::Currency::JPY);

    /// From its three upper-case letters.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(8).collect()))
    }
    pub fn code(self) -> &'static str {
        self.0.code()
    }
    /// Decimal places of the minor unit: 2 for EUR, 0 for JPY, 3 for BHD.
    pub fn digits(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<str>::deserialize(d)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("ISO 4217 code"))
            .pattern(Some("^[A-Z]{3}$"))
            .into()
    }
}
impl utoipa::ToSchema for Currency {
    fn name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("`{0}` is not an ISO 4217 currency code such as EUR")]
    UnknownCurrency(String),
    #[error("amounts in {0} and {1} cannot be mixed")]
    Mixed(Currency, Currency),
    #[error("the amount is too large to count")]
    Overflow,
    #[error("`{0}` is not a decimal amount such as 12.50")]
    NotANumber(String),
    #[error("{1} has only {2} decimal places, so `{0}` is not exact")]
    TooPrecise(String, Currency, u32),
}

/// An amount in minor units (cents of EUR) of one currency. Wire: `{"amount": 1999, "currency": "EUR"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units.
    #[serde(rename = "amount")]
    minor: i64,
    currency: Currency,
}

/// Basis points in a whole: 10,000 bp = 100 %.
pub const WHOLE: i64 = 10_000;

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }
    pub const fn minor(self) -> i64 {
        self.minor
    }
    pub const fn currency(self) -> Currency {
        self.currency
    }
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed(self.currency, other.currency))
        }
    }
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }
    pub fn times(self, n: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(n).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }
    pub fn negated(self) -> Result<Self, MoneyError> {
        Ok(Self::new(self.minor.checked_neg().ok_or(MoneyError::Overflow)?, self.currency))
    }
    /// The smaller of two amounts of one currency.
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Ok(if other.minor < self.minor { other } else { self })
    }
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }
    /// `self × numerator / denominator`, halves away from zero (commercial rounding). `denominator` > 0.
    pub fn ratio(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        if denominator <= 0 {
            return Err(MoneyError::Overflow);
        }
        let exact = i128::from(self.minor) * i128::from(numerator);
        let den = i128::from(denominator);
        let rounded = (exact.abs() * 2 + den) / (den * 2) * exact.signum();
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }
    /// `bp` basis points of the amount: 1,900 bp = 19 %.
    pub fn basis_points(self, bp: i64) -> Result<Self, MoneyError> {
        self.ratio(bp, WHOLE)
    }
    /// The tax inside a gross amount at `bp` basis points: `gross × bp / (10,000 + bp)`.
    pub fn tax_within(self, bp: i64) -> Result<Self, MoneyError> {
        self.ratio(bp, WHOLE.checked_add(bp).ok_or(MoneyError::Overflow)?)
    }
    /// Splits the amount over `weights` so that the parts sum to it exactly: largest remainders first, ties to the
    /// earlier. All weights zero: everything to the first. No weights: nothing to split over, an empty answer.
    pub fn allocate(self, weights: &[i64]) -> Result<Vec<Self>, MoneyError> {
        if weights.is_empty() {
            return Ok(vec![]);
        }
        if weights.iter().any(|w| *w < 0) {
            return Err(MoneyError::Overflow);
        }
        let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
        if total == 0 {
            let mut parts = vec![Self::zero(self.currency); weights.len()];
            parts[0] = self;
            return Ok(parts);
        }
        let (sign, amount) = (i128::from(self.minor.signum()), i128::from(self.minor).abs());
        let mut floors: Vec<i128> = weights.iter().map(|w| amount * i128::from(*w) / total).collect();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|i| std::cmp::Reverse(amount * i128::from(weights[*i]) % total));
        let missing = amount - floors.iter().sum::<i128>();
        for i in order.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
            floors[i] += 1;
        }
        floors
            .into_iter()
            .map(|part| {
                i64::try_from(part * sign)
                    .map(|m| Self::new(m, self.currency))
                    .map_err(|_| MoneyError::Overflow)
            })
            .collect()
    }

    /// Reads `12`, `12.5` or `-12.50` exactly; more decimals than the currency has are refused unless they are zeros.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let not_a_number = || MoneyError::NotANumber(text.chars().take(40).collect());
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
            return Err(not_a_number());
        }
        let places = currency.digits() as usize;
        let (kept, rest) = fraction.split_at(fraction.len().min(places));
        if rest.bytes().any(|b| b != b'0') {
            return Err(MoneyError::TooPrecise(text.chars().take(40).collect(), currency, currency.digits()));
        }
        let padded = format!("{whole}{kept:0<places$}");
        let minor: i64 = padded.parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self::new(sign * minor, currency))
    }
    /// `12.50`: the amount in major units, with the currency's decimals and no sign of the currency.
    pub fn decimal(self) -> String {
        let places = self.currency.digits() as usize;
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let sign = if self.minor < 0 { "-" } else { "" };
        if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}
impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn prices_parse_exactly_or_not_at_all() {
        let read = |s| Money::parse_decimal(s, Currency::EUR);
        assert_eq!(read("19.99"), Ok(eur(1999)));
        assert_eq!(read("19.9"), Ok(eur(1990)));
        assert_eq!(read("2200.0"), Ok(eur(220_000)));
        assert_eq!(read("19.9900"), Ok(eur(1999)));
        assert_eq!(read("-0.01"), Ok(eur(-1)));
        assert!(matches!(read("19.999"), Err(MoneyError::TooPrecise(..))));
        for bad in ["", "12,oo", "1e3", ".5", "5.", "+1", "--1", "1 0"] {
            assert!(matches!(read(bad), Err(MoneyError::NotANumber(_))), "{bad}");
        }
        assert_eq!(read("99999999999999999999"), Err(MoneyError::Overflow));
        assert_eq!(Money::parse_decimal("5", Currency::JPY), Ok(Money::new(5, Currency::JPY)));
    }

    #[test]
    fn currencies_do_not_mix() {
        let usd = Money::new(1, Currency::USD);
        assert_eq!(eur(1).plus(usd), Err(MoneyError::Mixed(Currency::EUR, Currency::USD)));
        assert_eq!(eur(i64::MAX).plus(eur(1)), Err(MoneyError::Overflow));
    }

    #[test]
    fn tax_inside_a_gross_price_rounds_commercially() {
        assert_eq!(eur(2650).tax_within(2500), Ok(eur(530)));
        assert_eq!(eur(11900).tax_within(1900), Ok(eur(1900)));
        assert_eq!(eur(5).ratio(1, 2), Ok(eur(3)));
        assert_eq!(eur(-5).ratio(1, 2), Ok(eur(-3)));
    }

    proptest! {
        #[test]
        fn an_allocation_loses_no_cent(amount in -1_000_000_000i64..1_000_000_000, weights in proptest::collection::vec(0i64..1_000_000, 1..20)) {
            let parts = eur(amount).allocate(&weights).unwrap();
            prop_assert_eq!(Money::sum(Currency::EUR, parts.iter().copied()).unwrap(), eur(amount));
            let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                if total > 0 {
                    let exact = i128::from(amount) * i128::from(*weight);
                    prop_assert!((i128::from(part.minor()) * total - exact).abs() < total);
                }
            }
        }

        #[test]
        fn a_decimal_reads_back(minor in any::<i64>().prop_filter("readable", |m| *m != i64::MIN)) {
            for currency in [Currency::EUR, Currency::JPY] {
                let money = Money::new(minor, currency);
                prop_assert_eq!(Money::parse_decimal(&money.decimal(), currency), Ok(money));
            }
        }
    }
}
