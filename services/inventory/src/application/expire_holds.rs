//! Holds whose time is over become free, so many orders a unit as are due.

use super::desk::Desk;
use super::error::StockError;
use super::serve_orders::{Asked, ServeOrders};
use crate::domain::{Ask, Wish};
use hanse_kernel::{Ctx, OrderId};

/// Orders looked up and freed at once.
const BATCH: i64 = 100;

#[derive(Clone)]
pub struct ExpireHolds(pub Desk);

impl ExpireHolds {
    /// Frees what is overdue; how many holds. An order whose hold cannot be freed is tried again by the next call, and
    /// keeps none of the others.
    pub async fn run(&self, ctx: &Ctx) -> Result<u64, StockError> {
        let mut expired = 0;
        loop {
            let due = self.overdue().await?;
            let full = due.len() as i64 == BATCH;
            let asked: Vec<Asked> = due
                .into_iter()
                .map(|order| Asked { ctx: ctx.clone(), ask: Ask { order, wish: Wish::Expire } })
                .collect();
            expired += match self.together(asked.clone()).await {
                Ok(freed) => freed,
                Err(error) => {
                    tracing::info!(%error, "overdue holds could not be freed together; they are, one by one");
                    self.one_by_one(asked).await?
                }
            };
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

    /// How many were (still) overdue.
    async fn together(&self, asked: Vec<Asked>) -> Result<u64, StockError> {
        let Self(desk) = self;
        if asked.is_empty() {
            return Ok(0);
        }
        // As batches do, it waits for the shelf instead of losing against whoever has it.
        desk.db
            .tx_queue((ServeOrders(desk.clone()), asked), |tx, (serve, asked)| {
                Box::pin(async move { serve.run(tx, &asked.iter().collect::<Vec<_>>()).await })
            })
            .await
    }

    async fn one_by_one(&self, asked: Vec<Asked>) -> Result<u64, StockError> {
        let (mut freed, mut failed) = (0, None);
        for one in asked {
            match self.together(vec![one]).await {
                Ok(count) => freed += count,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(freed), Err)
    }
}
