//! Staff change a count: goods came in, were lost, or were counted.

use super::desk::{Desk, level};
use super::error::StockError;
use crate::domain::location::MAIN;
use crate::domain::{Adjustment, Change, Origin, Reason, Stock};
use hanse_inventory_contract::{InventoryUpdated, StockOutcome};
use hanse_kernel::{AdjustmentId, Ctx, LocationId, VariantId};
use hanse_record::Entry;
use serde_json::json;

#[derive(Debug, Clone)]
pub struct Wanted {
    /// The operation's id, the same on every retry: it happens once.
    pub id: AdjustmentId,
    pub variant: VariantId,
    /// The main one unless told.
    pub location: Option<LocationId>,
    pub change: Change,
    pub reason: Reason,
}

/// The line of the ledger and the stock as it is now.
#[derive(Debug, Clone)]
pub struct Adjusted {
    pub adjustment: Adjustment,
    pub stock: Stock,
}

#[derive(Clone)]
pub struct Adjust(pub Desk);

impl Adjust {
    pub async fn run(&self, ctx: &Ctx, wanted: Wanted) -> Result<Adjusted, StockError> {
        self.0
            .db
            .tx((self.0.clone(), ctx.clone(), wanted), |tx, (desk, ctx, wanted)| {
                Box::pin(async move {
                    let mut stocks = desk.stocks.load(tx, &[wanted.variant]).await?;
                    let stock = stocks.get_mut(&wanted.variant).ok_or(StockError::UnknownVariant)?;
                    if let Some(adjustment) = desk.ledger.find(tx, wanted.id).await? {
                        return Ok(Adjusted { adjustment, stock: stock.clone() });
                    }
                    let location = wanted.location.unwrap_or(MAIN);
                    if !desk.locations.exists(tx, location).await? {
                        return Err(StockError::UnknownLocation);
                    }
                    let delta = stock.delta(location, wanted.change)?;
                    let on_hand = stock.adjust(location, delta);
                    let told = InventoryUpdated {
                        outcome: StockOutcome::Adjusted,
                        order_id: None,
                        key: None,
                        restock_id: None,
                        reason: None,
                        short: vec![],
                        levels: vec![level(stock)],
                    };
                    let now = desk.effects.now();
                    let adjustment = Adjustment {
                        id: wanted.id,
                        variant: wanted.variant,
                        location,
                        origin: Origin::Manual,
                        delta,
                        on_hand,
                        reason: wanted.reason.as_str().to_string(),
                        actor: ctx.actor.label(),
                        order: None,
                        at: now,
                    };
                    let mut stock = stock.clone();
                    desk.stocks.save(tx, &stocks, now).await?;
                    desk.ledger.append(tx, &adjustment).await?;
                    let entry = Entry::new("stock.adjusted", "variant", wanted.variant)
                        .was(json!({"on_hand": on_hand - delta}))
                        .became(json!({
                            "on_hand": on_hand, "location": location, "adjustment": wanted.id, "reason": adjustment.reason,
                        }));
                    desk.record.note(tx, ctx, entry).await?;
                    desk.outbox.event(tx, ctx, &wanted.id, 1, &told).await?;
                    stock.version += i64::from(stock.touched);
                    Ok(Adjusted { adjustment, stock })
                })
            })
            .await
    }
}
