//! Let everything of an order go, whatever has become of it, even before it was reserved.

use super::desk::{Desk, of_answer};
use super::error::StockError;
use crate::domain::Reservation;
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId};

#[derive(Clone)]
pub struct ReleaseStock(pub Desk);

impl ReleaseStock {
    pub async fn run(&self, tx: &mut Tx, ctx: &Ctx, order: OrderId) -> Result<(), StockError> {
        let Self(desk) = self;
        let found = desk.reservations.find(tx, order).await?;
        let mut stocks = desk.stocks_for(tx, found.as_ref(), std::iter::empty()).await?;
        let (reservation, answer) = Reservation::release(found, order, &mut stocks, desk.effects.now());
        let told = of_answer(order, answer, &stocks);
        desk.settle(tx, ctx, reservation, &stocks, told).await
    }
}
