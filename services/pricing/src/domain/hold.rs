//! What an order does to the limits of its discount codes: held before it exists, kept while it is under way, redeemed
//! when it is confirmed, freed when it ends.

use hanse_kernel::{DiscountId, OrderId, Timestamp, UserId};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// Until its expiry, for an order that is about to be made.
    Held,
    /// The order exists.
    Kept,
    /// The order is confirmed.
    Redeemed,
    /// The order has ended: final, also against a hold that comes late.
    Freed,
    /// It expired and no order came of it. It may be held anew.
    Lapsed,
}

impl HoldState {
    pub const ALL: [Self; 5] = [Self::Held, Self::Kept, Self::Redeemed, Self::Freed, Self::Lapsed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Kept => "kept",
            Self::Redeemed => "redeemed",
            Self::Freed => "freed",
            Self::Lapsed => "lapsed",
        }
    }

    /// How much of `held` and `redeemed` each of its codes takes.
    pub fn takes(self) -> (i64, i64) {
        match self {
            Self::Held | Self::Kept => (1, 0),
            Self::Redeemed => (0, 1),
            Self::Freed | Self::Lapsed => (0, 0),
        }
    }

    /// What the news of the order makes of it. None: nothing changes.
    pub fn after(self, news: OrderNews) -> Option<Self> {
        use OrderNews::{Confirmed, Ended, Placed};
        match (self, news) {
            (Self::Held, Placed) => Some(Self::Kept),
            (Self::Held | Self::Kept, Confirmed) => Some(Self::Redeemed),
            (Self::Held | Self::Kept | Self::Redeemed | Self::Lapsed, Ended) => Some(Self::Freed),
            // An order came of it after all: count it again.
            (Self::Lapsed, Placed) => Some(Self::Kept),
            (Self::Lapsed, Confirmed) => Some(Self::Redeemed),
            (Self::Kept | Self::Redeemed, Placed) | (Self::Redeemed, Confirmed) | (Self::Freed, _) => None,
        }
    }
}

impl FromStr for HoldState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no state of a hold"))
    }
}
impl fmt::Display for HoldState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is heard of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderNews {
    Placed,
    Confirmed,
    /// Rejected or cancelled.
    Ended,
}

/// The codes that one order holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub order: OrderId,
    /// The highest attempt that asked.
    pub attempt: i64,
    pub state: HoldState,
    pub customer: Option<UserId>,
    pub codes: BTreeSet<DiscountId>,
    pub expires_at: Timestamp,
}

/// A change of one code's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub discount: DiscountId,
    pub held: i64,
    pub redeemed: i64,
}

impl Hold {
    /// What the step from `before` to `after` does to the counters; codes without a change are left out.
    pub fn counts(before: Option<&Self>, after: &Self) -> Vec<Count> {
        let takes = |hold: Option<&Self>, code: &DiscountId| {
            hold.filter(|h| h.codes.contains(code)).map_or((0, 0), |h| h.state.takes())
        };
        let codes: BTreeSet<DiscountId> =
            before.iter().flat_map(|h| h.codes.iter()).chain(&after.codes).copied().collect();
        let change = |code: DiscountId| {
            let (old, new) = (takes(before, &code), takes(Some(after), &code));
            Count { discount: code, held: new.0 - old.0, redeemed: new.1 - old.1 }
        };
        codes.into_iter().map(change).filter(|c| c.held != 0 || c.redeemed != 0).collect()
    }

    /// Whether a request to hold may still change it.
    pub fn open(&self) -> bool {
        matches!(self.state, HoldState::Held | HoldState::Lapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderNews::{Confirmed, Ended, Placed};

    #[test]
    fn the_table_of_states_and_news() {
        use HoldState::{Freed, Held, Kept, Lapsed, Redeemed};
        let table = [
            (Held, [Some(Kept), Some(Redeemed), Some(Freed)]),
            (Kept, [None, Some(Redeemed), Some(Freed)]),
            (Redeemed, [None, None, Some(Freed)]),
            (Freed, [None, None, None]),
            (Lapsed, [Some(Kept), Some(Redeemed), Some(Freed)]),
        ];
        for (state, expected) in table {
            assert_eq!([Placed, Confirmed, Ended].map(|news| state.after(news)), expected, "{state}");
        }
    }

    #[test]
    fn every_order_of_the_news_ends_alike() {
        for news in [
            [Placed, Confirmed, Ended],
            [Placed, Ended, Confirmed],
            [Confirmed, Placed, Ended],
            [Confirmed, Ended, Placed],
            [Ended, Placed, Confirmed],
            [Ended, Confirmed, Placed],
        ] {
            let end = news.into_iter().fold(HoldState::Held, |s, n| s.after(n).unwrap_or(s));
            assert_eq!(end, HoldState::Freed, "{news:?}");
        }
    }
}
