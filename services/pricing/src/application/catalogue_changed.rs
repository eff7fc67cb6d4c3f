//! Use case: a product has changed, so prices of variants that it no longer has are dropped.

use super::PricingError;
use super::announce::Announce;
use super::ports::PriceBooks;
use hanse_database::Tx;
use hanse_kernel::{Ctx, VariantId};
use hanse_product_contract::{ProductChanged, ProductStatus};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone)]
pub struct CatalogueChanged {
    pub announce: Announce,
    pub books: Arc<dyn PriceBooks>,
}

impl CatalogueChanged {
    /// `version` is the product's own, if it is known; news that is older than what was heard already changes nothing.
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        product: &ProductChanged,
        version: Option<i64>,
    ) -> Result<(), PricingError> {
        let before = self.books.load(tx, product.product_id).await?;
        if version.is_some_and(|v| v <= before.catalogue_version) {
            return Ok(());
        }
        let mut book = before.clone();
        book.catalogue_version = version.unwrap_or(before.catalogue_version);
        book.deleted |= product.status == ProductStatus::Deleted;
        let variants: BTreeSet<VariantId> =
            product.variants.iter().map(|v| v.variant_id).filter(|_| !book.deleted).collect();
        let now = self.announce.clock.now();
        if book.keep_only(&variants) {
            for channel in before.channels() {
                self.announce.changed(tx, ctx, &mut book, &channel, None, now).await?;
            }
        }
        if self.books.save(tx, &before, &book, now).await? { Ok(()) } else { Err(PricingError::Stale) }
    }
}
