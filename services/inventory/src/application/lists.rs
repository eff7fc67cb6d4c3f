//! What staff look at: the stock by sku, and a variant's ledger.

use super::desk::Desk;
use super::error::StockError;
use super::ports::{ListStock, StockRow};
use crate::domain::Adjustment;
use hanse_kernel::{AdjustmentId, Limit, Page, VariantId};

#[derive(Clone)]
pub struct ListLevels(pub Desk);

impl ListLevels {
    pub async fn run(&self, wanted: ListStock) -> Result<Page<StockRow>, StockError> {
        let limit = wanted.limit;
        let rows = self
            .0
            .db
            .read((self.0.stocks.clone(), wanted), |tx, (stocks, wanted)| {
                Box::pin(async move { Ok::<_, StockError>(stocks.list(tx, wanted).await?) })
            })
            .await?;
        Ok(Page::cut(rows, limit, |r| (r.sku.clone(), r.variant, r.location)))
    }
}

#[derive(Clone)]
pub struct ListAdjustments(pub Desk);

impl ListAdjustments {
    pub async fn run(
        &self,
        variant: VariantId,
        before: Option<AdjustmentId>,
        limit: Limit,
    ) -> Result<Page<Adjustment>, StockError> {
        let rows = self
            .0
            .db
            .read((self.0.ledger.clone(), variant, before, limit), |tx, (ledger, variant, before, limit)| {
                Box::pin(
                    async move { Ok::<_, StockError>(ledger.list(tx, *variant, *before, *limit).await?) },
                )
            })
            .await?;
        Ok(Page::cut(rows, limit, |a| a.id))
    }
}
