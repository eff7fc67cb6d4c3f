//! What people were told, and what the merchant did: whatever the shop says in the end has to agree with it.

use crate::desk::Answer;
use hanse_kernel::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

/// A price that somebody wanted from a moment on, and when that was acknowledged.
#[derive(Debug, Clone, Copy)]
pub struct PriceWish {
    pub amount: i64,
    pub asked: Timestamp,
    pub granted: Option<Timestamp>,
}

/// Adds to a cart, by variant: at least so many, at most so many.
pub type Filled = BTreeMap<String, (i64, i64)>;

#[derive(Debug, Clone)]
pub struct Known {
    pub token: String,
    pub items: Vec<(String, i64)>,
    pub total: i64,
}

#[derive(Default)]
pub struct Facts {
    pub prices: BTreeMap<String, Vec<PriceWish>>,
    /// By idempotency key of a checkout: when it was first asked for, and all answers that were orders.
    pub checkouts: BTreeMap<String, (Timestamp, Vec<Answer>)>,
    /// Orders that people know of.
    pub orders: BTreeMap<String, Known>,
    /// Cancellations that were granted.
    pub cancelled: BTreeSet<String>,
    /// By whose cart it is: those of one person may be merged.
    pub carts: BTreeMap<String, Filled>,
    /// Whose a cart is.
    pub owners: BTreeMap<String, String>,
    /// Stock that was counted in or out, by variant: at least and at most so much.
    pub shelved: BTreeMap<String, (i64, i64)>,
    /// What people saw that must not be.
    pub objections: Vec<(u32, String, String)>,
    /// Who is still about.
    pub people: u64,
}

#[derive(Default)]
pub struct Truth(Mutex<Facts>);

impl Truth {
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Facts {
    /// Which prices a variant may have had between two moments.
    pub fn possible_prices(&self, variant: &str, from: Timestamp, until: Timestamp) -> BTreeSet<i64> {
        let wishes = self.prices.get(variant).map(Vec::as_slice).unwrap_or_default();
        let possible = wishes.iter().enumerate().filter(|(n, wish)| {
            let over = wishes[n + 1..].iter().filter_map(|later| later.granted).min();
            wish.asked <= until && over.is_none_or(|over| over >= from)
        });
        possible.map(|(_, wish)| wish.amount).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_price_may_count_from_when_it_was_asked_for_until_the_next_one_was_granted() {
        let wish = |amount, asked, granted: Option<i64>| PriceWish {
            amount,
            asked: at(asked),
            granted: granted.map(at),
        };
        let mut facts = Facts::default();
        // The second was never acknowledged: nobody knows whether it counted.
        facts
            .prices
            .insert("lamp".into(), vec![wish(10, 0, Some(0)), wish(20, 10, None), wish(30, 20, Some(25))]);
        let possible = |from, until| facts.possible_prices("lamp", at(from), at(until));
        assert_eq!(possible(1, 5), BTreeSet::from([10]));
        assert_eq!(possible(11, 12), BTreeSet::from([10, 20]));
        assert_eq!(possible(21, 24), BTreeSet::from([10, 20, 30]));
        assert_eq!(possible(26, 40), BTreeSet::from([30]));
    }
}
