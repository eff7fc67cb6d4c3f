//! Use case: tell of prices that have begun or ended because time went on.

use super::PricingError;
use super::announce::Announce;
use super::ports::PriceBooks;
use hanse_database::Db;
use hanse_kernel::{Ctx, ProductId};
use std::sync::Arc;

/// Products looked at in one round.
const ROUND: i64 = 100;

#[derive(Clone)]
pub struct DuePrices {
    pub db: Db,
    pub announce: Announce,
    pub books: Arc<dyn PriceBooks>,
}

impl DuePrices {
    /// One round, one unit per product; tells how many were due.
    pub async fn run(&self, ctx: &Ctx) -> Result<usize, PricingError> {
        let now = self.announce.clock.now();
        let due: Vec<ProductId> = self
            .db
            .read((self.clone(), now), |tx, (this, now)| {
                Box::pin(async move { this.books.due(tx, *now, ROUND).await })
            })
            .await?;
        for product in &due {
            self.tell(ctx, *product).await?;
        }
        Ok(due.len())
    }

    async fn tell(&self, ctx: &Ctx, product: ProductId) -> Result<(), PricingError> {
        self.db
            .tx((self.clone(), ctx.clone(), product), |tx, (this, ctx, product)| {
                Box::pin(async move {
                    let before = this.books.load(tx, *product).await?;
                    let mut book = before.clone();
                    book.time_passed();
                    for channel in before.channels() {
                        this.announce.changed(tx, ctx, &mut book, &channel, None).await?;
                    }
                    let now = this.announce.clock.now();
                    if this.books.save(tx, &before, &book, now).await? {
                        Ok(())
                    } else {
                        Err(PricingError::Stale)
                    }
                })
            })
            .await
    }
}
