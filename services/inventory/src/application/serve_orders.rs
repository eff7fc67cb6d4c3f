//! What orders ask of the stock: to be held, sold, let go. Those who ask at the same time are served in one unit, each in
//! its turn, so that a crowd at one shelf costs one look at it.

use super::desk::{Desk, counted, of_answer};
use super::error::StockError;
use crate::domain::{Ask, Book, Told};
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId};
use hanse_messaging::Event;
use std::collections::BTreeSet;

/// An order's wish, and on whose behalf.
#[derive(Debug, Clone)]
pub struct Asked {
    pub ctx: Ctx,
    pub ask: Ask,
}

#[derive(Clone)]
pub struct ServeOrders(pub Desk);

impl ServeOrders {
    /// Decides all of them, in this order; how many were answered. Also right where others' commits show in the midst of
    /// the unit: the stocks are read once they are locked, and a reservation is saved only on the version it was found in.
    pub async fn run(&self, tx: &mut Tx, asked: &[&Asked]) -> Result<u64, StockError> {
        let Self(desk) = self;
        let orders: BTreeSet<OrderId> = asked.iter().map(|a| a.ask.order).collect();
        let orders: Vec<OrderId> = orders.into_iter().collect();
        let mut book = Book::new(desk.reservations.find_all(tx, &orders).await?);
        let variants = book.variants(asked.iter().map(|a| &a.ask));
        if !variants.is_empty() {
            book.stocks = desk.stocks.lock_and_load(tx, &variants).await?;
        }
        let now = desk.effects.now();
        let times = (now, now.plus(desk.hold));
        let told: Vec<(&Ctx, Told)> =
            asked.iter().filter_map(|a| Some((&a.ctx, book.decide(&a.ask, times)?))).collect();
        desk.stocks.save(tx, &book.stocks, now).await?;
        desk.reservations.save(tx, &book.changed(), now).await?;
        let answered = told.len() as u64;
        let events: Vec<_> = told.into_iter().map(|(ctx, told)| event(ctx, told)).collect();
        for event in &events {
            counted(event.event.outcome);
        }
        desk.outbox.events(tx, &events).await?;
        Ok(answered)
    }
}

fn event(ctx: &Ctx, told: Told) -> Event<'_, hanse_inventory_contract::InventoryUpdated> {
    let Told { order, event, answer, levels } = told;
    Event { ctx, subject: order.to_string(), aggver: event, event: of_answer(order, answer, &levels) }
}
