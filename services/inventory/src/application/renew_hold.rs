//! Let a live hold last longer, while the shopper tries another means of payment.

use super::desk::{Desk, of_answer};
use super::error::StockError;
use crate::domain::{Reservation, Stocks};
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId, Timestamp};

#[derive(Clone)]
pub struct RenewHold(pub Desk);

impl RenewHold {
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        order: OrderId,
        until: Timestamp,
    ) -> Result<(), StockError> {
        let Self(desk) = self;
        let found = desk.reservations.find(tx, order).await?;
        let stocks = Stocks::new();
        let (reservation, answer) = Reservation::renew(found, order, until, desk.effects.now());
        let told = of_answer(order, answer, &[]);
        desk.settle(tx, ctx, reservation, &stocks, told).await
    }
}
