//! What the use cases around reservations share: load in variant order, decide, save, tell, all in the caller's unit.

use super::error::StockError;
use super::ports::{Keys, Ledger, Locations, Reservations, StockRepository};
use crate::domain::{Answer, Outcome, Policy, Reservation, Shown, Stock, Stocks};
use hanse_database::{Db, Tx};
use hanse_inventory_contract::{InventoryUpdated, StockLevel, StockOutcome, StockPolicy};
use hanse_kernel::{Ctx, Effects, OrderId, VariantId};
use hanse_messaging::Outbox;
use hanse_record::Record;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub outbox: Outbox,
    pub record: Record,
    pub effects: Effects,
    pub reservations: Arc<dyn Reservations>,
    pub stocks: Arc<dyn StockRepository>,
    pub ledger: Arc<dyn Ledger>,
    pub keys: Arc<dyn Keys>,
    pub locations: Arc<dyn Locations>,
    /// How long a hold lasts.
    pub hold: Duration,
}

impl Desk {
    /// The stocks of an order's reservation and of the variants of a message.
    pub(super) async fn stocks_for(
        &self,
        tx: &mut Tx,
        found: Option<&Reservation>,
        asked: impl Iterator<Item = VariantId>,
    ) -> Result<Stocks, StockError> {
        let mut variants: BTreeSet<VariantId> = asked.collect();
        variants.extend(found.map(Reservation::variants).unwrap_or_default());
        let variants: Vec<VariantId> = variants.into_iter().collect();
        if variants.is_empty() {
            return Ok(Stocks::new());
        }
        Ok(self.stocks.load(tx, &variants).await?)
    }

    /// Saves reservation and stocks and tells the answer.
    pub(super) async fn settle(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        mut reservation: Reservation,
        stocks: &Stocks,
        told: InventoryUpdated,
    ) -> Result<(), StockError> {
        let now = self.effects.now();
        reservation.events += 1;
        self.stocks.save(tx, stocks, now).await?;
        self.reservations.save(tx, &[&reservation], now).await?;
        counted(told.outcome);
        self.outbox.event(tx, ctx, &reservation.order, reservation.events, &told).await?;
        Ok(())
    }
}

/// An answer has been given.
pub(super) fn counted(outcome: StockOutcome) {
    metrics::counter!("inventory_answers_total", "outcome" => outcome_name(outcome)).increment(1);
}

pub(super) fn of_answer(order: OrderId, answer: Answer, levels: &[Shown]) -> InventoryUpdated {
    let outcome = match answer.outcome {
        Outcome::Reserved => StockOutcome::Reserved,
        Outcome::OutOfStock => StockOutcome::OutOfStock,
        Outcome::Committed => StockOutcome::Committed,
        Outcome::CommitFailed => StockOutcome::CommitFailed,
        Outcome::Released => StockOutcome::Released,
        Outcome::Expired => StockOutcome::Expired,
    };
    let levels = levels.iter().map(of_shown).collect();
    InventoryUpdated { short: answer.short, levels, ..of_order(order, outcome, None, &Stocks::new()) }
}

/// An event about an order's stock, with the levels of which shoppers see a difference.
pub(super) fn of_order(
    order: OrderId,
    outcome: StockOutcome,
    restock_id: Option<Uuid>,
    stocks: &Stocks,
) -> InventoryUpdated {
    InventoryUpdated {
        outcome,
        order_id: Some(order),
        key: None,
        restock_id,
        reason: None,
        short: vec![],
        levels: stocks.values().filter(|s| s.shows_change()).map(level).collect(),
    }
}

/// A stock as it will be once it is saved.
pub(super) fn level(stock: &Stock) -> StockLevel {
    of_shown(&stock.shown())
}

fn of_shown(shown: &Shown) -> StockLevel {
    StockLevel {
        variant_id: shown.variant,
        available: shown.promisable,
        policy: policy(shown.policy),
        level_version: shown.version,
    }
}

pub(super) fn policy(policy: Policy) -> StockPolicy {
    match policy {
        Policy::Deny => StockPolicy::Deny,
        Policy::Continue => StockPolicy::Continue,
        Policy::Untracked => StockPolicy::Untracked,
    }
}

pub(super) fn policy_of(policy: StockPolicy) -> Policy {
    match policy {
        StockPolicy::Deny => Policy::Deny,
        StockPolicy::Continue => Policy::Continue,
        StockPolicy::Untracked => Policy::Untracked,
    }
}

fn outcome_name(outcome: StockOutcome) -> &'static str {
    match outcome {
        StockOutcome::Reserved => "reserved",
        StockOutcome::OutOfStock => "out_of_stock",
        StockOutcome::Committed => "committed",
        StockOutcome::CommitFailed => "commit_failed",
        StockOutcome::Released => "released",
        StockOutcome::Expired => "expired",
        StockOutcome::Restocked => "restocked",
        StockOutcome::Adjusted => "adjusted",
    }
}
