//! The facts that services tell for judgement across them.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Deserialize)]
pub struct Order {
    pub state: String,
    pub number: String,
    pub total: i64,
    pub currency: String,
    pub cancelled_value: i64,
    pub confirmed: bool,
    pub stuck: bool,
    pub placed_at: hanse_kernel::Timestamp,
    pub lines: Vec<OrderLine>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderLine {
    pub variant_id: String,
    pub quantity: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Reservation {
    pub state: String,
    pub lines: Vec<ReservedLine>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ReservedLine {
    pub variant_id: String,
    pub quantity: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Payment {
    pub order_id: String,
    pub state: String,
    pub captured: i64,
    pub refunded: i64,
    pub authorized: i64,
    pub live_authorization: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct Count {
    #[serde(alias = "times")]
    intents: i64,
}

/// All that was told, by what it is about.
#[derive(Debug, Default)]
pub struct Facts {
    pub orders: BTreeMap<String, Order>,
    pub reservations: BTreeMap<String, Reservation>,
    /// By payment id.
    pub payments: BTreeMap<String, Payment>,
    /// Confirmation mails intended, by order id.
    pub confirmations: BTreeMap<String, i64>,
    /// How often an order was taken out of its cart.
    pub applied: BTreeMap<String, i64>,
    counts: BTreeMap<String, usize>,
}

impl Facts {
    pub fn add(&mut self, kind: &str, subject: String, json: &str) -> Result<(), serde_json::Error> {
        *self.counts.entry(kind.to_string()).or_default() += 1;
        match kind {
            "order" => drop(self.orders.insert(subject, serde_json::from_str(json)?)),
            "reservation" => drop(self.reservations.insert(subject, serde_json::from_str(json)?)),
            "payment" => drop(self.payments.insert(subject, serde_json::from_str(json)?)),
            "confirmation" => {
                self.confirmations.insert(subject, serde_json::from_str::<Count>(json)?.intents);
            }
            "cart_applied" => {
                self.applied.insert(subject, serde_json::from_str::<Count>(json)?.intents);
            }
            // Judged by the service itself; counted only.
            _ => {}
        }
        Ok(())
    }

    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.counts.clone()
    }
}
