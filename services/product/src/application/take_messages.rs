//! Use cases: what pricing and inventory tell goes into the read models and answers intakes, in any order and any
//! number of times.

use super::catalogue::Catalogue;
use super::error::ProductError;
use super::ports::Placing;
use crate::domain::intake::Side;
use crate::domain::stock::{Level, StockPolicy, ToldLevel};
use hanse_database::{DbError, Tx};
use hanse_inventory_contract::{InventoryUpdated, StockLevel, StockOutcome};
use hanse_kernel::{Ctx, Money, VariantId};
use hanse_pricing_contract::{PricesChanged, PricesRefused};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone)]
pub struct TakePrices(pub Arc<Catalogue>);

impl TakePrices {
    pub async fn changed(&self, tx: &mut Tx, ctx: &Ctx, told: &PricesChanged) -> Result<(), ProductError> {
        let catalogue = &self.0;
        let variants: Vec<VariantId> = told.prices.iter().map(|price| price.variant_id).collect();
        let owners = catalogue.products.of_variants(tx, &variants).await?;
        // A variant that is no more needs no price; neither does one of another product.
        let prices: Vec<(VariantId, Money, Option<Money>)> = told
            .prices
            .iter()
            .filter(|price| owners.get(&price.variant_id) == Some(&told.product_id))
            .map(|price| (price.variant_id, price.price, price.compare_at))
            .collect();
        if catalogue
            .shelves
            .tell_prices(tx, told.product_id, &told.channel, told.price_version, &prices)
            .await?
        {
            let low = catalogue.config.low_stock;
            if catalogue.shelves.refresh(tx, told.product_id, low, Placing::IfPriceMoved).await? {
                catalogue.lists_change(tx);
            }
            catalogue.page_changes(tx, told.product_id);
        }
        if let Some(key) = &told.key {
            catalogue.answered(tx, ctx, key, Side::Prices, None).await?;
        }
        Ok(())
    }

    pub async fn refused(&self, tx: &mut Tx, ctx: &Ctx, told: &PricesRefused) -> Result<(), ProductError> {
        self.0.answered(tx, ctx, &told.key, Side::Prices, Some(told.reason.clone())).await
    }
}

#[derive(Clone)]
pub struct TakeLevels(pub Arc<Catalogue>);

impl TakeLevels {
    pub async fn run(&self, tx: &mut Tx, ctx: &Ctx, told: &InventoryUpdated) -> Result<(), ProductError> {
        self.keep(tx, &told.levels).await?;
        if let Some(key) = answers(told) {
            self.0.answered(tx, ctx, key, Side::Stock, told.reason.clone()).await?;
        }
        Ok(())
    }

    async fn keep(&self, tx: &mut Tx, levels: &[StockLevel]) -> Result<(), DbError> {
        let catalogue = &self.0;
        let variants: Vec<VariantId> = levels.iter().map(|level| level.variant_id).collect();
        let owners = catalogue.products.of_variants(tx, &variants).await?;
        let told: Vec<ToldLevel> = levels
            .iter()
            .filter(|level| owners.contains_key(&level.variant_id))
            .map(|level| ToldLevel {
                variant: level.variant_id,
                level: Level { available: level.available, policy: policy_of(level) },
                version: level.level_version,
            })
            .collect();
        let moved = catalogue.shelves.tell_levels(tx, &told).await?;
        let products: BTreeSet<_> = moved.iter().filter_map(|variant| owners.get(variant).copied()).collect();
        for product in products {
            let low = catalogue.config.low_stock;
            if catalogue.shelves.refresh(tx, product, low, Placing::IfPriceMoved).await? {
                catalogue.lists_change(tx);
            }
            catalogue.page_changes(tx, product);
        }
        Ok(())
    }
}

/// The key of the intake that it answers.
pub fn answers(told: &InventoryUpdated) -> Option<&String> {
    told.key.as_ref().filter(|_| told.outcome == StockOutcome::Adjusted)
}

fn policy_of(level: &StockLevel) -> StockPolicy {
    match level.policy {
        hanse_inventory_contract::StockPolicy::Deny => StockPolicy::Deny,
        hanse_inventory_contract::StockPolicy::Continue => StockPolicy::Continue,
        hanse_inventory_contract::StockPolicy::Untracked => StockPolicy::Untracked,
    }
}
