//! Target values from a merchant's file or form: all of them or none, once per key.

use super::desk::{Desk, level, policy_of};
use super::error::StockError;
use super::ports::Applied;
use crate::domain::location::MAIN;
use crate::domain::{Adjustment, Change, Origin, Stock, Stocks};
use hanse_database::Tx;
use hanse_inventory_contract::{InventoryUpdated, SetStock as Wanted, StockOutcome, StockTarget};
use hanse_kernel::{AdjustmentId, Ctx, VariantId};

#[derive(Clone)]
pub struct SetStock(pub Desk);

impl SetStock {
    /// A key that was applied before is answered with the levels as they are now and changes nothing: what has been
    /// sold meanwhile must not come back. For the same reason an asking that a later one has overtaken changes nothing.
    pub async fn run(&self, tx: &mut Tx, ctx: &Ctx, wanted: &Wanted) -> Result<(), StockError> {
        let Self(desk) = self;
        let now = desk.effects.now();
        let known = desk.keys.find(tx, &wanted.key).await?;
        let mut variants: Vec<_> = wanted.levels.iter().map(|t| t.variant_id).collect();
        variants.sort_unstable();
        variants.dedup();
        let mut stocks = desk.stocks.load(tx, &variants).await?;
        let mut applied = match known {
            Some(applied) => applied,
            None => {
                let adjustment: AdjustmentId = desk.effects.id();
                let mut changed = stocks.clone();
                let targets = self.newest(tx, wanted, &variants).await?;
                let reason = match set_all(&targets, &mut changed) {
                    Ok(deltas) => {
                        for (target, delta, on_hand) in deltas {
                            let id = desk.effects.id();
                            self.note(tx, ctx, id, target, delta, on_hand).await?;
                        }
                        stocks = changed;
                        None
                    }
                    Err(reason) => Some(reason),
                };
                Applied { adjustment, reason, events: 0 }
            }
        };
        applied.events += 1;
        desk.keys.save(tx, &wanted.key, &applied, now).await?;
        let told = InventoryUpdated {
            outcome: StockOutcome::Adjusted,
            order_id: None,
            key: Some(wanted.key.clone()),
            restock_id: None,
            reason: applied.reason.clone(),
            short: vec![],
            levels: stocks.values().map(level).collect(),
        };
        desk.stocks.save(tx, &stocks, now).await?;
        desk.outbox.event(tx, ctx, &applied.adjustment, applied.events, &told).await?;
        Ok(())
    }

    /// Those of the targets that no later asking has set.
    async fn newest<'a>(
        &self,
        tx: &mut Tx,
        wanted: &'a Wanted,
        variants: &[VariantId],
    ) -> Result<Vec<&'a StockTarget>, StockError> {
        let mut targets: Vec<&StockTarget> = wanted.levels.iter().collect();
        if let Some(asked) = wanted.asked {
            let newer = self.0.keys.note_asked(tx, asked, variants).await?;
            targets.retain(|target| newer.contains(&target.variant_id));
        }
        Ok(targets)
    }

    async fn note(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: AdjustmentId,
        target: &StockTarget,
        delta: i64,
        on_hand: i64,
    ) -> Result<(), StockError> {
        let adjustment = Adjustment {
            id,
            variant: target.variant_id,
            location: MAIN,
            origin: Origin::Import,
            delta,
            on_hand,
            reason: "set by the catalogue".into(),
            actor: ctx.actor.label(),
            order: None,
            at: self.0.effects.now(),
        };
        Ok(self.0.ledger.append(tx, &adjustment).await?)
    }
}

/// Applies every target, or tells why one cannot be: `<code>: <sku>`. Returns the counts that moved.
fn set_all<'a>(
    targets: &[&'a StockTarget],
    stocks: &mut Stocks,
) -> Result<Vec<(&'a StockTarget, i64, i64)>, String> {
    let mut moved = Vec::new();
    for &target in targets {
        let stock =
            stocks.entry(target.variant_id).or_insert_with(|| Stock::unknown(target.variant_id, &target.sku));
        if stock.sku != target.sku {
            stock.sku.clone_from(&target.sku);
            stock.touched = true;
        }
        stock.set_policy(policy_of(target.policy));
        if let Some(on_hand) = target.on_hand {
            let delta = stock
                .delta(MAIN, Change::SetOnHand(on_hand))
                .map_err(|e| format!("{}: {} ({e})", e.code(), target.sku))?;
            let on_hand = stock.adjust(MAIN, delta);
            if delta != 0 {
                moved.push((target, delta, on_hand));
            }
        }
    }
    Ok(moved)
}
