//! Hold an order's lines, all or none.

use super::desk::{Desk, of_answer};
use super::error::StockError;
use crate::domain::{Lines, Reservation};
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId};

#[derive(Clone)]
pub struct ReserveStock(pub Desk);

impl ReserveStock {
    pub async fn run(&self, tx: &mut Tx, ctx: &Ctx, order: OrderId, lines: &Lines) -> Result<(), StockError> {
        let Self(desk) = self;
        let found = desk.reservations.find(tx, order).await?;
        let now = desk.effects.now();
        let mut stocks = match &found {
            None => desk.stocks_for(tx, None, lines.variants()).await?,
            // Nothing will move.
            Some(_) => Default::default(),
        };
        let times = (now, now.plus(desk.hold));
        let (reservation, answer) = Reservation::reserve(found, order, lines, &mut stocks, times);
        let told = of_answer(order, answer, &stocks);
        desk.settle(tx, ctx, reservation, &stocks, told).await
    }
}
