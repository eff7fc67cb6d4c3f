//! The hold becomes a sale.

use super::desk::{Desk, of_answer};
use super::error::StockError;
use crate::domain::{Lines, Reservation};
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId};

#[derive(Clone)]
pub struct CommitStock(pub Desk);

impl CommitStock {
    pub async fn run(&self, tx: &mut Tx, ctx: &Ctx, order: OrderId, lines: &Lines) -> Result<(), StockError> {
        let found = self.0.reservations.find(tx, order).await?;
        self.go_on(tx, ctx, found, order, lines).await
    }

    /// Its payment is authorised. That message names no lines, so it is for a known reservation only: for an unknown
    /// one the order's own command follows, which does.
    pub async fn paid(&self, tx: &mut Tx, ctx: &Ctx, order: OrderId) -> Result<(), StockError> {
        let Some(found) = self.0.reservations.find(tx, order).await? else { return Ok(()) };
        let Some(lines) = found.lines() else { return Ok(()) };
        self.go_on(tx, ctx, Some(found), order, &lines).await
    }

    async fn go_on(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        found: Option<Reservation>,
        order: OrderId,
        lines: &Lines,
    ) -> Result<(), StockError> {
        let Self(desk) = self;
        let mut stocks = desk.stocks_for(tx, found.as_ref(), lines.variants()).await?;
        let (reservation, answer) = Reservation::commit(found, order, lines, &mut stocks, desk.effects.now());
        let told = of_answer(order, answer, &stocks);
        desk.settle(tx, ctx, reservation, &stocks, told).await
    }
}
