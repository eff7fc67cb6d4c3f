//! The catalogue tells which variants there are: a new one has nothing to sell until its stock is told.

use super::desk::{Desk, level};
use super::error::StockError;
use super::ports::Catalogued;
use crate::domain::{Stock, Stocks};
use hanse_database::Tx;
use hanse_inventory_contract::{InventoryUpdated, StockOutcome};
use hanse_kernel::{AdjustmentId, Ctx, ProductId, VariantId};

#[derive(Clone)]
pub struct KnowProduct(pub Desk);

impl KnowProduct {
    /// `version` is the product's: what is older than what was heard before changes nothing.
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (product, version): (ProductId, i64),
        variants: &[(VariantId, &str)],
    ) -> Result<(), StockError> {
        let Self(desk) = self;
        let at = desk.effects.now();
        let mut ids: Vec<VariantId> = variants.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        let known = desk.stocks.load(tx, &ids).await?;
        let new: Stocks = variants
            .iter()
            .filter(|(id, _)| !known.contains_key(id))
            .map(|(id, sku)| (*id, Stock::unknown(*id, sku)))
            .collect();
        desk.stocks.save(tx, &new, at).await?;
        desk.stocks.catalogue(tx, &Catalogued { product, version, at }, variants).await?;
        if new.is_empty() {
            return Ok(());
        }
        let told = InventoryUpdated {
            outcome: StockOutcome::Adjusted,
            order_id: None,
            key: None,
            restock_id: None,
            reason: None,
            short: vec![],
            levels: new.values().map(level).collect(),
        };
        let subject: AdjustmentId = desk.effects.id();
        desk.outbox.event(tx, ctx, &subject, 1, &told).await?;
        Ok(())
    }
}
