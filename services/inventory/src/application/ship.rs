//! A shipment has left: what was sold is on its way, once per shipment.

use super::desk::{Desk, of_order};
use super::error::StockError;
use crate::domain::{Adjustment, Lines, NotYet, Origin, Shelf};
use hanse_database::Tx;
use hanse_inventory_contract::StockOutcome;
use hanse_kernel::{Ctx, OrderId, ShipmentId};

#[derive(Clone)]
pub struct Ship(pub Desk);

impl Ship {
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (order, shipment): (OrderId, ShipmentId),
        lines: &Lines,
    ) -> Result<(), StockError> {
        let Self(desk) = self;
        let now = desk.effects.now();
        let mut found = desk.reservations.find(tx, order).await?.ok_or(NotYet)?;
        if !desk.reservations.first_shipment(tx, shipment, order, now).await? {
            return Ok(());
        }
        let mut stocks = desk.stocks_for(tx, Some(&found), std::iter::empty()).await?;
        let recounts = found.ship(lines, &mut stocks)?;
        let told = of_order(order, StockOutcome::Adjusted, None, &stocks);
        desk.settle(tx, ctx, found, &stocks, told).await?;
        for (variant, recount) in recounts {
            let shelf = stocks.get(&variant).and_then(|s| s.shelf(recount.location));
            let adjustment = Adjustment {
                id: desk.effects.id(),
                variant,
                location: recount.location,
                origin: Origin::Shipment,
                delta: recount.delta,
                on_hand: shelf.map_or(0, Shelf::on_hand),
                reason: recount.why.into(),
                actor: ctx.actor.label(),
                order: Some(order),
                at: now,
            };
            desk.ledger.append(tx, &adjustment).await?;
        }
        Ok(())
    }
}
