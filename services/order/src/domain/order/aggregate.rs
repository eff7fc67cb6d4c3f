//! The order as its rules see it: the saga and the lines change together.

use super::line::{Line, Piece};
use super::place::Number;
use crate::domain::saga::{Effect, Milestone, Reason, Refusal, Saga, Sent, Signal, State};
use hanse_kernel::{
    CartId, ChannelId, ItemId, Money, MoneyError, OrderId, RefundId, ShipmentId, Timestamp, UserId, VariantId,
};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub number: Number,
    pub channel: ChannelId,
    pub customer: Option<UserId>,
    pub cart: CartId,
    pub cart_version: i64,
    pub discount_codes: Vec<String>,
    pub lines: Vec<Line>,
    pub saga: Saga,
    /// Of the stored row; grows with every save.
    pub version: i64,
    /// Events told so far: the version that they carry.
    pub events: i64,
    /// Entries in the history so far.
    pub notes: i64,
}

/// Goods that go back on the shelf. Inventory is asked until it answers with the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restock {
    pub id: Uuid,
    pub pieces: Vec<Piece>,
    /// Those of them that had been sent and came back.
    pub returned: Vec<Piece>,
}

/// Goods that left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    pub id: ShipmentId,
    pub pieces: Vec<Piece>,
    /// Nothing is left to send.
    pub complete: bool,
}

/// What has to be done because the order changed, all in the unit that saves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// In this order. Never [`Effect::CancelUnsent`], which has been carried out.
    pub effects: Vec<Effect>,
    pub restock: Option<Restock>,
    pub shipment: Option<Shipment>,
}

/// What the staff want to give back: an amount, certain pieces (which came back or will not be sent), or everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefundAsk {
    pub amount: Option<Money>,
    pub items: Vec<(ItemId, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    #[error(transparent)]
    Saga(#[from] Refusal),
    #[error("{0} is not a line of this order")]
    UnknownItem(ItemId),
    #[error("of {item} only {left} can be taken")]
    NotSoMany { item: ItemId, left: i64 },
    #[error("name at least one line")]
    Nothing,
}

impl From<MoneyError> for OrderRefusal {
    fn from(error: MoneyError) -> Self {
        Self::Saga(error.into())
    }
}

impl Order {
    pub fn total(&self) -> Money {
        self.saga.terms.total
    }

    pub fn placed_at(&self) -> Timestamp {
        self.saga.terms.placed_at
    }

    pub fn sent(&self) -> Sent {
        if self.lines.iter().all(|line| line.counts.fulfilled == 0) {
            Sent::Nothing
        } else if self.lines.iter().all(|line| line.unsent() == 0) {
            Sent::All
        } else {
            Sent::Part
        }
    }

    /// An answer, another payment or the timer.
    pub fn receive(&mut self, signal: &Signal, now: Timestamp) -> Result<Changed, Refusal> {
        let step = self.saga.step(signal, now)?;
        self.saga = step.saga;
        Ok(self.settle(step.effects))
    }

    /// Carries out in the lines what the saga asks for.
    fn settle(&mut self, effects: Vec<Effect>) -> Changed {
        let mut changed = Changed::default();
        for effect in effects {
            let Effect::CancelUnsent { restock } = effect else {
                changed.effects.push(effect);
                continue;
            };
            let pieces = self.cancel_unsent();
            if let Some(id) = restock
                && !pieces.is_empty()
            {
                changed.restock = Some(Restock { id, pieces, returned: vec![] });
            }
        }
        changed
    }

    fn cancel_unsent(&mut self) -> Vec<Piece> {
        let repaid = self.saga.refund.is_some();
        let mut pieces = vec![];
        for line in &mut self.lines {
            let unsent = line.unsent();
            if unsent > 0 {
                line.counts.cancelled += unsent;
                if repaid {
                    line.counts.refunded = (line.counts.refunded + unsent).min(line.quantity);
                }
                pieces.push(line.pieces(unsent));
            }
        }
        pieces
    }

    /// `operation` names this wish: sent again it is the same one.
    pub fn cancel(
        &mut self,
        reason: Reason,
        operation: Uuid,
        now: Timestamp,
    ) -> Result<Changed, OrderRefusal> {
        let currency = self.total().currency();
        let worth =
            |line: &Line| line.worth.minus(line.worth_of(line.counts.fulfilled + line.counts.cancelled)?);
        let unsent = self.lines.iter().map(worth).collect::<Result<Vec<_>, _>>()?;
        let unsent = Money::sum(currency, unsent)?;
        let signal = Signal::Cancel { reason, operation, sent: self.sent(), unsent };
        let changed = self.receive(&signal, now)?;
        if self.saga.refund.as_ref().is_some_and(|refund| refund.whole) {
            self.all_repaid();
        }
        Ok(changed)
    }

    /// A shipment of `items` leaves.
    pub fn fulfil(
        &mut self,
        shipment: ShipmentId,
        items: &[(ItemId, i64)],
        now: Timestamp,
    ) -> Result<Changed, OrderRefusal> {
        let mut next = self.clone();
        let before = next.sent_worth()?;
        let mut pieces = vec![];
        for (item, quantity) in summed(items)? {
            let line = next.line(item)?;
            if quantity > line.unsent() {
                let open = matches!(self.saga.state, State::Confirmed | State::ConfirmedHeld);
                return Err(match (open, self.sent()) {
                    (false, _) => Refusal::Closed.into(),
                    (true, Sent::All) => Refusal::AlreadyFulfilled.into(),
                    (true, _) => OrderRefusal::NotSoMany { item, left: line.unsent() },
                });
            }
            line.counts.fulfilled += quantity;
            pieces.push(line.pieces(quantity));
        }
        let part = next.sent_worth()?.minus(before)?;
        let mut changed = next.receive(&Signal::Ship { shipment: shipment.uuid(), part }, now)?;
        let complete = next.lines.iter().all(|line| line.unsent() == 0);
        let milestone = if complete { Milestone::Fulfilled } else { Milestone::PartlyFulfilled };
        changed.effects.insert(0, Effect::Note(milestone));
        changed.shipment = Some(Shipment { id: shipment, pieces, complete });
        *self = next;
        Ok(changed)
    }

    /// What the pieces sent so far are worth, the shipping and whatever else is no line's with the first of them.
    fn sent_worth(&self) -> Result<Money, MoneyError> {
        let currency = self.total().currency();
        if self.sent() == Sent::Nothing {
            return Ok(Money::zero(currency));
        }
        let lines = Money::sum(currency, self.lines.iter().map(|line| line.worth))?;
        let sent = self
            .lines
            .iter()
            .map(|line| line.worth_of(line.counts.fulfilled))
            .collect::<Result<Vec<_>, _>>()?;
        Money::sum(currency, sent)?.plus(self.total().minus(lines)?)
    }

    /// Gives money back; pieces named came back or will not be sent.
    pub fn refund(&mut self, id: RefundId, ask: &RefundAsk, now: Timestamp) -> Result<Changed, OrderRefusal> {
        let mut next = self.clone();
        let left = next.saga.captured.minus(next.saga.refunded)?;
        let mut worth = Money::zero(next.total().currency());
        let (mut pieces, mut back) = (vec![], vec![]);
        let items = if ask.items.is_empty() { BTreeMap::new() } else { summed(&ask.items)? };
        for (item, quantity) in items {
            let line = next.line(item)?;
            let (outside, unsent) = (line.outside(), line.unsent());
            if quantity > outside + unsent {
                return Err(OrderRefusal::NotSoMany { item, left: outside + unsent });
            }
            let returned = quantity.min(outside);
            let before = line.worth_of(line.counts.refunded)?;
            line.counts.returned += returned;
            line.counts.cancelled += quantity - returned;
            line.counts.refunded = (line.counts.refunded + quantity).min(line.quantity);
            worth = worth.plus(line.worth_of(line.counts.refunded)?.minus(before)?)?;
            pieces.push(line.pieces(quantity));
            if returned > 0 {
                back.push(line.pieces(returned));
            }
        }
        let amount = match ask.amount {
            Some(amount) => amount,
            None if pieces.is_empty() => left,
            None => worth.min(left)?,
        };
        let mut changed = next.receive(&Signal::Refund { id, amount }, now)?;
        if next.saga.refund.as_ref().is_some_and(|refund| refund.whole) {
            // An order that is given back whole is at its end: nothing of it will be sent any more.
            pieces = merged(pieces, next.cancel_unsent());
            next.all_repaid();
        }
        if !pieces.is_empty() {
            changed.restock = Some(Restock { id: id.uuid(), pieces, returned: back });
        }
        *self = next;
        Ok(changed)
    }

    /// Every piece that was paid for has been given back.
    fn all_repaid(&mut self) {
        let unpaid = !self.saga.cancelled_value.is_zero();
        for line in &mut self.lines {
            line.counts.refunded = if unpaid { line.quantity - line.counts.cancelled } else { line.quantity };
        }
    }

    fn line(&mut self, item: ItemId) -> Result<&mut Line, OrderRefusal> {
        self.lines.iter_mut().find(|line| line.item == item).ok_or(OrderRefusal::UnknownItem(item))
    }

    /// What inventory holds or sells for this order.
    pub fn stock_lines(&self) -> Vec<(VariantId, i64)> {
        self.lines.iter().map(|line| (line.variant, line.quantity)).collect()
    }
}

/// Each item once.
fn summed(items: &[(ItemId, i64)]) -> Result<BTreeMap<ItemId, i64>, OrderRefusal> {
    let mut sums: BTreeMap<ItemId, i64> = BTreeMap::new();
    for (item, quantity) in items {
        if *quantity < 1 {
            return Err(OrderRefusal::NotSoMany { item: *item, left: 0 });
        }
        let sum = sums.entry(*item).or_default();
        *sum = sum.saturating_add(*quantity);
    }
    if sums.is_empty() { Err(OrderRefusal::Nothing) } else { Ok(sums) }
}

fn merged(mut pieces: Vec<Piece>, more: Vec<Piece>) -> Vec<Piece> {
    for piece in more {
        match pieces.iter_mut().find(|known| known.item == piece.item) {
            Some(known) => known.quantity += piece.quantity,
            None => pieces.push(piece),
        }
    }
    pieces
}
