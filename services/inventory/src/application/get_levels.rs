//! What other services ask: how much of which variant can still be promised.

use super::desk::Desk;
use super::error::StockError;
use super::ports::Level;
use hanse_kernel::VariantId;

#[derive(Clone)]
pub struct GetLevels(pub Desk);

impl GetLevels {
    pub async fn run(&self, variants: Vec<VariantId>) -> Result<Vec<Level>, StockError> {
        self.0
            .db
            .read((self.0.stocks.clone(), variants), |tx, (stocks, variants)| {
                Box::pin(async move { Ok(stocks.levels(tx, variants).await?) })
            })
            .await
    }
}
