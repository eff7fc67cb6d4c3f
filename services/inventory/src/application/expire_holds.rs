//! Holds whose time is over become free, one bounded unit per order.

use super::desk::{Desk, of_answer};
use super::error::StockError;
use futures::stream::StreamExt;
use hanse_kernel::{Ctx, OrderId};

/// Orders looked up at once.
const BATCH: i64 = 200;
/// Units under way at once: neighbours share a commit.
const ABREAST: usize = 16;

#[derive(Clone)]
pub struct ExpireHolds(pub Desk);

impl ExpireHolds {
    /// Frees what is overdue; how many holds. An order whose unit fails is tried again by the next call.
    pub async fn run(&self, ctx: &Ctx) -> Result<u64, StockError> {
        let mut expired = 0;
        loop {
            let due = self.overdue().await?;
            let full = due.len() as i64 == BATCH;
            let units = due.into_iter().map(|order| self.one(ctx, order));
            let outcomes: Vec<_> = futures::stream::iter(units).buffer_unordered(ABREAST).collect().await;
            for outcome in outcomes {
                expired += u64::from(outcome?);
            }
            if !full {
                return Ok(expired);
            }
        }
    }

    async fn overdue(&self) -> Result<Vec<OrderId>, StockError> {
        let Self(desk) = self;
        desk.db
            .read((desk.clone(), desk.effects.now()), |tx, (desk, now)| {
                Box::pin(async move { Ok(desk.reservations.overdue(tx, *now, BATCH).await?) })
            })
            .await
    }

    /// Whether the hold was (still) overdue.
    async fn one(&self, ctx: &Ctx, order: OrderId) -> Result<bool, StockError> {
        let Self(desk) = self;
        desk.db
            .tx((desk.clone(), ctx.clone(), order), |tx, (desk, ctx, order)| {
                Box::pin(async move {
                    let Some(found) = desk.reservations.find(tx, *order).await? else { return Ok(false) };
                    let mut stocks = desk.stocks_for(tx, Some(&found), std::iter::empty()).await?;
                    let Some((reservation, answer)) = found.expire(&mut stocks, desk.effects.now()) else {
                        return Ok(false);
                    };
                    let told = of_answer(*order, answer, &stocks);
                    desk.settle(tx, ctx, reservation, &stocks, told).await?;
                    Ok(true)
                })
            })
            .await
    }
}
