//! Use case: tell of prices that have begun or ended because time went on.

use super::PricingError;
use super::announce::Announce;
use super::ports::PriceBooks;
use hanse_database::Db;
use hanse_kernel::{Ctx, ProductId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Products looked at together.
const ROUND: i64 = 100;

#[derive(Clone)]
pub struct DuePrices {
    pub db: Db,
    pub announce: Announce,
    pub books: Arc<dyn PriceBooks>,
}

impl DuePrices {
    /// Tells of all that is due, one unit per product; how many there were. One that cannot be told now is tried again in
    /// the next round and keeps no other waiting.
    pub async fn run(&self, ctx: &Ctx) -> Result<usize, PricingError> {
        let now = self.announce.clock.now();
        let (mut told, mut failed) = (0, BTreeSet::new());
        loop {
            // Those that failed stand in front again, so there is room for them and a round of others.
            let most = ROUND + i64::try_from(failed.len()).unwrap_or(0);
            let due: Vec<ProductId> = self
                .db
                .read((self.clone(), now, most), |tx, (this, now, most)| {
                    Box::pin(async move { this.books.due(tx, *now, *most).await })
                })
                .await?;
            let due: Vec<ProductId> = due.into_iter().filter(|product| !failed.contains(product)).collect();
            if due.is_empty() {
                return Ok(told);
            }
            for product in due {
                match self.tell(ctx, product).await {
                    Ok(()) => told += 1,
                    Err(error) => {
                        tracing::warn!(%product, %error, "prices that began or ended are not told yet");
                        failed.insert(product);
                    }
                }
            }
        }
    }

    async fn tell(&self, ctx: &Ctx, product: ProductId) -> Result<(), PricingError> {
        self.db
            .tx((self.clone(), ctx.clone(), product), |tx, (this, ctx, product)| {
                Box::pin(async move {
                    let now = this.announce.clock.now();
                    let before = this.books.load(tx, *product).await?;
                    if !before.is_due(now) {
                        // Another process has told it meanwhile.
                        return Ok(());
                    }
                    let mut book = before.clone();
                    book.time_passed();
                    for channel in before.channels() {
                        this.announce.changed(tx, ctx, &mut book, &channel, None, now).await?;
                    }
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
