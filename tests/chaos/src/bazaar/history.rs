//! What people were told, kept by themselves: the shop's own books are held against it.

use anyhow::{Context, Result};
use hanse_journeys::{Acknowledged, Answer};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An order as its shopper knows it.
#[derive(Clone)]
pub struct Purchase {
    pub key: String,
    pub body: Value,
    pub answer: Answer,
    /// The answer that granted the cancellation.
    pub cancelled: Option<Answer>,
    /// What staff were told of parcels that left.
    pub sent: Vec<Answer>,
    /// Staff gave the money back.
    pub given_back: Vec<Answer>,
}

impl Purchase {
    pub fn id(&self) -> Result<String> {
        self.answer.json()["id"].as_str().map(str::to_string).context("an order without an id")
    }

    pub fn access(&self) -> Result<String> {
        self.answer.json()["access_token"].as_str().map(str::to_string).context("no access token")
    }

    pub fn acknowledged(&self) -> Acknowledged {
        Acknowledged { key: self.key.clone(), body: self.body.clone(), answer: self.answer.clone() }
    }
}

#[derive(Clone, Default)]
pub struct History(Arc<Mutex<Vec<Purchase>>>);

impl History {
    fn purchases(&self) -> MutexGuard<'_, Vec<Purchase>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is kept.
    pub fn placed(&self, key: String, body: Value, answer: Answer) -> usize {
        let mut purchases = self.purchases();
        let (cancelled, sent, given_back) = (None, vec![], vec![]);
        purchases.push(Purchase { key, body, answer, cancelled, sent, given_back });
        purchases.len() - 1
    }

    pub fn note(&self, at: usize, note: impl FnOnce(&mut Purchase)) {
        note(&mut self.purchases()[at]);
    }

    /// One of the latest, with where it is kept.
    pub fn recent(&self, back: usize) -> Option<(usize, Purchase)> {
        let purchases = self.purchases();
        let at = purchases.len().checked_sub(back + 1)?;
        Some((at, purchases[at].clone()))
    }

    pub fn all(&self) -> Vec<Purchase> {
        self.purchases().clone()
    }
}
