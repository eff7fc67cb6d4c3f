//! What orders ask of the stock, decided one after the other over the same counts, with the outcome that each would have
//! had in a unit of its own.

use super::lines::Lines;
use super::reservation::{Answer, Reservation};
use super::stock::{Shown, Stocks};
use hanse_kernel::{OrderId, Timestamp, VariantId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Hold these lines.
    Reserve(Lines),
    /// The hold becomes a sale; without one these lines are taken.
    Commit(Lines),
    /// The hold becomes a sale; of an order that nothing is known of, nothing.
    CommitHeld,
    /// Let everything go.
    Release,
    /// Let the hold go, if its time is over.
    Expire,
}

/// One order's wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub order: OrderId,
    pub wish: Wish,
}

/// What an order is told, and what shoppers see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub order: OrderId,
    /// Which of the reservation's events it is.
    pub event: i64,
    pub answer: Answer,
    pub levels: Vec<Shown>,
}

/// The reservations and counts that several asks are decided over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    pub reservations: BTreeMap<OrderId, Reservation>,
    pub stocks: Stocks,
}

impl Book {
    /// With what is known of the orders; their stocks are still to be put in.
    pub fn new(known: impl IntoIterator<Item = Reservation>) -> Self {
        Self { reservations: known.into_iter().map(|r| (r.order, r)).collect(), stocks: Stocks::new() }
    }

    /// The variants whose stock may move, in their order.
    pub fn variants<'a>(&self, asks: impl IntoIterator<Item = &'a Ask>) -> Vec<VariantId> {
        let mut all = BTreeSet::new();
        for ask in asks {
            let known = self.reservations.get(&ask.order);
            match &ask.wish {
                // Of one that is known nothing will move.
                Wish::Reserve(lines) if known.is_none() => all.extend(lines.variants()),
                Wish::Reserve(_) => {}
                Wish::Commit(lines) => all.extend(lines.variants()),
                Wish::CommitHeld | Wish::Release | Wish::Expire => {}
            }
            if !matches!(ask.wish, Wish::Reserve(_)) {
                all.extend(known.map(Reservation::variants).unwrap_or_default());
            }
        }
        all.into_iter().collect()
    }

    /// Decides the next ask. None: there is nothing to tell, and nothing has changed. `times`: now, and until when a
    /// new hold lasts.
    pub fn decide(&mut self, ask: &Ask, times: (Timestamp, Timestamp)) -> Option<Told> {
        let (order, now) = (ask.order, times.0);
        let found = self.reservations.get(&order).cloned();
        let stocks = &mut self.stocks;
        let (mut reservation, answer) = match &ask.wish {
            Wish::Reserve(lines) => Reservation::reserve(found, order, lines, stocks, times),
            Wish::Commit(lines) => Reservation::commit(found, order, lines, stocks, now),
            Wish::CommitHeld => {
                let lines = found.as_ref().and_then(Reservation::lines)?;
                Reservation::commit(found, order, &lines, stocks, now)
            }
            Wish::Release => Reservation::release(found, order, stocks, now),
            Wish::Expire => found?.expire(stocks, now)?,
        };
        reservation.events += 1;
        let moved = reservation.variants();
        let levels = moved.iter().filter_map(|variant| stocks.get_mut(variant)?.settle()).collect();
        let told = Told { order, event: reservation.events, answer, levels };
        self.reservations.insert(order, reservation);
        Some(told)
    }

    /// What is to be written of the reservations.
    pub fn changed(&self) -> Vec<&Reservation> {
        self.reservations.values().filter(|r| r.events > r.stored).collect()
    }
}
