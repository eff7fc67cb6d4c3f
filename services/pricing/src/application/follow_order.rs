//! Use case: what becomes of an order decides what becomes of the discounts it holds.

use super::PricingError;
use super::ports::{Discounts, Holds};
use crate::domain::hold::OrderNews;
use crate::domain::{Code, Discount, Hold, HoldState};
use hanse_database::Tx;
use hanse_kernel::{Clock, OrderId};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone)]
pub struct FollowOrder {
    pub clock: Arc<dyn Clock>,
    pub discounts: Arc<dyn Discounts>,
    pub holds: Arc<dyn Holds>,
}

impl FollowOrder {
    /// `codes` are those that the order was made with; others that an earlier attempt held are let go.
    pub async fn run(
        &self,
        tx: &mut Tx,
        order: OrderId,
        news: OrderNews,
        codes: &[String],
    ) -> Result<(), PricingError> {
        let now = self.clock.now();
        let Some(before) = self.holds.lock(tx, order).await? else {
            return self.without_hold(tx, order, news, codes).await;
        };
        let Some(state) = before.state.after(news) else { return Ok(()) };
        let mut after = Hold { state, ..before.clone() };
        if news != OrderNews::Ended {
            let codes: Vec<Code> = codes.iter().filter_map(|c| c.parse().ok()).collect();
            let used = self.discounts.by_codes(tx, &codes).await?;
            let ids: BTreeSet<_> = used.iter().map(|d| d.id).collect();
            after.codes.retain(|id| ids.contains(id));
            if before.state == HoldState::Lapsed && used.iter().any(full) {
                tracing::warn!(%order, "an order came of a lapsed hold whose code has been used up since");
                return Ok(());
            }
        }
        for count in Hold::counts(Some(&before), &after) {
            self.discounts.count(tx, count, now).await?;
        }
        Ok(self.holds.update(tx, &before, &after, now).await?)
    }

    /// The end of an order leaves a mark against a hold that comes late.
    async fn without_hold(
        &self,
        tx: &mut Tx,
        order: OrderId,
        news: OrderNews,
        codes: &[String],
    ) -> Result<(), PricingError> {
        if codes.is_empty() {
            return Ok(());
        }
        if news != OrderNews::Ended {
            tracing::warn!(%order, "an order uses discount codes that it never held");
            return Ok(());
        }
        let now = self.clock.now();
        let ended = Hold {
            order,
            attempt: 0,
            state: HoldState::Freed,
            customer: None,
            codes: BTreeSet::new(),
            expires_at: now,
        };
        Ok(self.holds.insert(tx, &ended, now).await?)
    }
}

fn full(discount: &Discount) -> bool {
    discount.limit_total.is_some_and(|limit| discount.used() >= limit)
}
