//! Discount codes: what they take off, for whom, when, and how often.

use hanse_kernel::{DiscountId, Money, Timestamp};
use std::fmt;
use std::str::FromStr;

/// What a shopper types. Case and surrounding space do not matter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 40 letters, digits, hyphens or underscores")]
pub struct CodeError;

impl Code {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for Code {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let code = text.trim().to_uppercase();
        let fine = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if (1..=40).contains(&code.len()) && code.bytes().all(fine) { Ok(Self(code)) } else { Err(CodeError) }
    }
}
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benefit {
    /// Basis points off the goods, 1 to 10,000.
    Percentage(i64),
    /// An amount off the goods, never more than they cost.
    Fixed(Money),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    pub id: DiscountId,
    pub code: Code,
    pub benefit: Benefit,
    /// The goods must cost so much.
    pub minimum: Option<Money>,
    pub limit_total: Option<i64>,
    /// Only shoppers with a login can be told apart, so such a code needs one.
    pub limit_per_customer: Option<i64>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub active: bool,
    /// By orders that are being made or not confirmed yet.
    pub held: i64,
    /// By confirmed orders.
    pub redeemed: i64,
    /// Grows with every edit by staff (not with use).
    pub version: i64,
    pub created_at: Timestamp,
}

/// Why a code does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    Unknown,
    NotStarted,
    Expired,
    UsedUp,
    NeedsLogin,
    UsedByCustomer,
    OtherCurrency,
    MinimumNotMet,
}

impl Refusal {
    /// As it stands in problems.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_discount_code",
            Self::NotStarted => "discount_code_not_started",
            Self::Expired => "discount_code_expired",
            Self::UsedUp => "discount_code_used_up",
            Self::NeedsLogin => "discount_code_needs_login",
            Self::UsedByCustomer => "discount_code_used_by_customer",
            Self::OtherCurrency => "discount_code_other_currency",
            Self::MinimumNotMet => "discount_minimum_not_met",
        }
    }
}

/// How far the limits of a code are used, as the shopper in question sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Use {
    /// The shopper is logged in.
    pub known: bool,
    /// Orders of this shopper that hold or have redeemed it, without the one in question.
    pub by_customer: i64,
    /// The order in question holds it already, so its own hold is no obstacle.
    pub by_this_order: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscountError {
    #[error("a percentage must be between 1 and 10,000 basis points")]
    Percentage,
    #[error("an amount must be more than zero")]
    Amount,
    #[error("the minimum must not be below zero and in the currency of the amount")]
    Minimum,
    #[error("a limit must be at least 1")]
    Limit,
    #[error("it ends before it begins")]
    Validity,
    #[error("the limit is below the {0} orders that use the code already")]
    BelowUse(i64),
}

impl Discount {
    pub fn checked(self) -> Result<Self, DiscountError> {
        let currency = match self.benefit {
            Benefit::Percentage(bp) if !(1..=10_000).contains(&bp) => return Err(DiscountError::Percentage),
            Benefit::Fixed(amount) if amount.minor() <= 0 => return Err(DiscountError::Amount),
            Benefit::Fixed(amount) => Some(amount.currency()),
            Benefit::Percentage(_) => None,
        };
        let other = |m: Money| m.is_negative() || currency.is_some_and(|c| c != m.currency());
        if self.minimum.is_some_and(other) {
            return Err(DiscountError::Minimum);
        }
        if [self.limit_total, self.limit_per_customer].into_iter().flatten().any(|limit| limit < 1) {
            return Err(DiscountError::Limit);
        }
        if self.limit_total.is_some_and(|limit| limit < self.used()) {
            return Err(DiscountError::BelowUse(self.used()));
        }
        if matches!((self.starts_at, self.ends_at), (Some(start), Some(end)) if end <= start) {
            return Err(DiscountError::Validity);
        }
        Ok(self)
    }

    pub fn used(&self) -> i64 {
        self.held + self.redeemed
    }

    /// Why it cannot be held by an order now.
    pub fn hold_refusal(&self, now: Timestamp, usage: Use) -> Option<Refusal> {
        let others = self.used() - i64::from(usage.by_this_order);
        if !self.active {
            Some(Refusal::Unknown)
        } else if self.starts_at.is_some_and(|start| now < start) {
            Some(Refusal::NotStarted)
        } else if self.ends_at.is_some_and(|end| now >= end) {
            Some(Refusal::Expired)
        } else if self.limit_total.is_some_and(|limit| others >= limit) {
            Some(Refusal::UsedUp)
        } else if self.limit_per_customer.is_some() && !usage.known {
            Some(Refusal::NeedsLogin)
        } else if self.limit_per_customer.is_some_and(|limit| usage.by_customer >= limit) {
            Some(Refusal::UsedByCustomer)
        } else {
            None
        }
    }

    /// Why it takes nothing off goods worth `items`.
    pub fn refusal(&self, now: Timestamp, usage: Use, items: Money) -> Option<Refusal> {
        let other = |m: Money| m.currency() != items.currency();
        self.hold_refusal(now, usage).or_else(|| {
            let foreign = matches!(self.benefit, Benefit::Fixed(amount) if other(amount));
            if foreign || self.minimum.is_some_and(other) {
                Some(Refusal::OtherCurrency)
            } else if self.minimum.is_some_and(|minimum| items.minor() < minimum.minor()) {
                Some(Refusal::MinimumNotMet)
            } else {
                None
            }
        })
    }
}
