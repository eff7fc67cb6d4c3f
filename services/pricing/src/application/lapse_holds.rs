//! Use case: free expired holds of which no order came, after asking order.

use super::PricingError;
use super::ports::{Discounts, Holds, Orders};
use crate::domain::{Hold, HoldState};
use hanse_database::{Db, Tx};
use hanse_kernel::{Clock, Ctx, OrderId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Holds looked at together.
const ROUND: i64 = 50;

#[derive(Clone)]
pub struct LapseHolds {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub discounts: Arc<dyn Discounts>,
    pub holds: Arc<dyn Holds>,
    pub orders: Arc<dyn Orders>,
    /// A hold of which an order did come is looked at again after so long, should its OrderPlaced not have come by
    /// then.
    pub again: Duration,
}

impl LapseHolds {
    /// Looks at all that have expired; tells how many were freed. While order cannot be asked, nothing is. One that
    /// cannot be decided now is looked at again in the next round and keeps no other waiting.
    pub async fn run(&self, ctx: &Ctx) -> Result<usize, PricingError> {
        let now = self.clock.now();
        let (mut freed, mut failed) = (0, BTreeSet::new());
        loop {
            let most = ROUND + i64::try_from(failed.len()).unwrap_or(0);
            let input = (self.holds.clone(), now, most);
            let expired: Vec<OrderId> = self
                .db
                .read(input, |tx, (holds, now, most)| {
                    Box::pin(async move { holds.expired(tx, *now, *most).await })
                })
                .await
                .map_err(PricingError::Db)?;
            let expired: Vec<OrderId> = expired.into_iter().filter(|order| !failed.contains(order)).collect();
            if expired.is_empty() {
                return Ok(freed);
            }
            for order in expired {
                let exists =
                    self.orders.exists(ctx, order).await.map_err(|_| PricingError::Unavailable("order"))?;
                let input = (self.clone(), order, exists);
                let decided = self.db.tx(input, |tx, (this, order, exists)| {
                    Box::pin(async move { this.decide(tx, *order, *exists).await })
                });
                match decided.await {
                    Ok(n) => freed += n,
                    Err(error) => {
                        tracing::warn!(%order, %error, "an expired discount hold is not freed yet");
                        failed.insert(order);
                    }
                }
            }
        }
    }

    /// Looks again, because the hold may have been renewed while order was asked.
    async fn decide(&self, tx: &mut Tx, order: OrderId, exists: bool) -> Result<usize, PricingError> {
        let now = self.clock.now();
        let Some(before) = self.holds.lock(tx, order).await? else { return Ok(0) };
        if before.state != HoldState::Held || before.expires_at > now {
            return Ok(0);
        }
        let after = match exists {
            true => Hold { expires_at: now.plus(self.again), ..before.clone() },
            false => Hold { state: HoldState::Lapsed, ..before.clone() },
        };
        for count in Hold::counts(Some(&before), &after) {
            self.discounts.count(tx, count, now).await?;
        }
        self.holds.update(tx, &before, &after, now).await?;
        Ok(usize::from(!exists))
    }
}
