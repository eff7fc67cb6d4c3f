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
    pub carts: BTreeMap<String, Filled>,
    /// Stock that was put on the shelves, by variant: at most so much.
    pub shelved: BTreeMap<String, i64>,
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
