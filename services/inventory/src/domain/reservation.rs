//! What becomes of an order's stock: held → sold → restocked; held → released or expired; a release that comes first
//! leaves a tombstone. Every command may come in any order and any number of times, and is always answered.

use super::lines::Lines;
use super::part::Part;
use super::stock::{Recount, Stock, Stocks};
use hanse_kernel::{OrderId, Timestamp, VariantId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Promised until a moment.
    Held,
    /// Promised for good; parts of it may be shipped or put back.
    Sold,
    /// Sold, and everything of it is back.
    Restocked,
    Released,
    Expired,
    /// Released before there was anything to release.
    Tombstone,
    /// There was not enough.
    Refused,
}

impl State {
    pub const ALL: [Self; 7] = [
        Self::Held,
        Self::Sold,
        Self::Restocked,
        Self::Released,
        Self::Expired,
        Self::Tombstone,
        Self::Refused,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Sold => "sold",
            Self::Restocked => "restocked",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Tombstone => "tombstone",
            Self::Refused => "refused",
        }
    }
}

impl FromStr for State {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|s| s.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no state of a reservation"))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Reserved,
    OutOfStock,
    Committed,
    CommitFailed,
    Released,
    Expired,
}

/// What the one who asked is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub outcome: Outcome,
    /// Which variants there is not enough of.
    pub short: Vec<VariantId>,
}

impl Answer {
    fn plain(outcome: Outcome) -> Self {
        Self { outcome, short: vec![] }
    }
}

/// Goods cannot leave or come back before they are sold: the message that tells so is yet to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stock of the order is not sold yet")]
pub struct NotYet;

/// The stock of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    pub order: OrderId,
    pub state: State,
    /// While held: until when.
    pub until: Timestamp,
    /// Refused: what there was not enough of.
    pub short: Vec<VariantId>,
    /// In variant order.
    pub parts: Vec<Part>,
    /// How many events have told of it; also its version.
    pub events: i64,
    /// How many of them the store knows of: none of a new one.
    pub stored: i64,
    /// The parts are others than were stored.
    pub new_parts: bool,
    /// The parts' counts are not yet written.
    pub touched_parts: bool,
}

impl Reservation {
    fn new(order: OrderId, state: State, now: Timestamp) -> Self {
        Self {
            order,
            state,
            until: now,
            short: vec![],
            parts: vec![],
            events: 0,
            stored: 0,
            new_parts: false,
            touched_parts: false,
        }
    }

    /// The present state as an answer.
    fn present(&self) -> Answer {
        match self.state {
            State::Held => Answer::plain(Outcome::Reserved),
            State::Sold | State::Restocked => Answer::plain(Outcome::Committed),
            State::Released | State::Tombstone => Answer::plain(Outcome::Released),
            State::Expired => Answer::plain(Outcome::Expired),
            State::Refused => Answer { outcome: Outcome::OutOfStock, short: self.short.clone() },
        }
    }

    pub fn variants(&self) -> BTreeSet<VariantId> {
        self.parts.iter().map(|p| p.variant).collect()
    }

    fn set_parts(&mut self, parts: Vec<Part>) {
        self.parts = parts;
        self.new_parts = true;
    }

    /// All lines or none. Only the first of several asks for stock; the others hear what became of it.
    pub fn reserve(
        found: Option<Self>,
        order: OrderId,
        lines: &Lines,
        stocks: &mut Stocks,
        (now, until): (Timestamp, Timestamp),
    ) -> (Self, Answer) {
        if let Some(known) = found {
            let answer = known.present();
            return (known, answer);
        }
        let mut this = Self::new(order, State::Held, now);
        this.until = until;
        match plan(lines, stocks) {
            Ok(parts) => {
                move_parts(&parts, stocks, |stock, part| stock.hold(part));
                this.set_parts(parts);
            }
            Err(short) => {
                this.state = State::Refused;
                this.short = short;
            }
        }
        let answer = this.present();
        (this, answer)
    }

    /// Makes a live hold last longer; never shorter, because renewals may overtake each other.
    pub fn renew(found: Option<Self>, order: OrderId, until: Timestamp, now: Timestamp) -> (Self, Answer) {
        // Without a hold there is nothing to renew, and a reserve that comes later comes too late.
        let mut this = found.unwrap_or_else(|| Self::new(order, State::Expired, now));
        if this.state == State::Held {
            this.until = this.until.max(until);
        }
        let answer = this.present();
        (this, answer)
    }

    /// The hold becomes a sale. Without one, what is available is taken if it suffices.
    pub fn commit(
        found: Option<Self>,
        order: OrderId,
        lines: &Lines,
        stocks: &mut Stocks,
        now: Timestamp,
    ) -> (Self, Answer) {
        let mut this = found.unwrap_or_else(|| Self::new(order, State::Expired, now));
        let answer = match this.state {
            State::Held => {
                move_parts(&this.parts, stocks, |stock, part| stock.sell(part));
                this.state = State::Sold;
                this.present()
            }
            State::Sold | State::Restocked => this.present(),
            State::Released | State::Tombstone => Answer::plain(Outcome::CommitFailed),
            State::Expired | State::Refused => match plan(lines, stocks) {
                Ok(parts) => {
                    move_parts(&parts, stocks, |stock, part| stock.take(part));
                    this.set_parts(parts);
                    this.short = vec![];
                    this.state = State::Sold;
                    this.present()
                }
                Err(short) => Answer { outcome: Outcome::CommitFailed, short },
            },
        };
        (this, answer)
    }

    /// The lines that a commit without lines of its own stands for: what was held.
    pub fn lines(&self) -> Option<Lines> {
        Lines::new(self.parts.iter().map(|p| (p.variant, p.quantity))).ok()
    }

    /// Lets everything go; what was sold and is still here goes back. Ends in released, whatever was before.
    pub fn release(
        found: Option<Self>,
        order: OrderId,
        stocks: &mut Stocks,
        now: Timestamp,
    ) -> (Self, Answer) {
        let mut this = found.unwrap_or_else(|| Self::new(order, State::Tombstone, now));
        match this.state {
            State::Held => {
                move_parts(&this.parts, stocks, |stock, part| stock.free(part));
                this.state = State::Released;
            }
            State::Sold | State::Restocked => {
                this.put_back_open(stocks);
                this.state = State::Released;
            }
            State::Expired | State::Refused => this.state = State::Released,
            State::Released | State::Tombstone => {}
        }
        let answer = this.present();
        (this, answer)
    }

    fn put_back_open(&mut self, stocks: &mut Stocks) {
        for part in self.parts.iter_mut().filter(|p| p.open() > 0) {
            if let Some(stock) = stocks.get_mut(&part.variant) {
                stock.unsell(part, part.open());
                self.touched_parts = true;
            }
        }
    }

    /// A hold whose time is over is free again; None when it is none (any more).
    pub fn expire(mut self, stocks: &mut Stocks, now: Timestamp) -> Option<(Self, Answer)> {
        if self.state != State::Held || self.until > now {
            return None;
        }
        move_parts(&self.parts, stocks, |stock, part| stock.free(part));
        self.state = State::Expired;
        let answer = self.present();
        Some((self, answer))
    }

    /// A shipment leaves. Goods that had been put back as never shipped have then come back from it instead, so
    /// that it does not matter which of the two is told first. Returns what that has shown to lie elsewhere than was
    /// counted.
    pub fn ship(&mut self, lines: &Lines, stocks: &mut Stocks) -> Result<Vec<(VariantId, Recount)>, NotYet> {
        match self.state {
            State::Held | State::Expired | State::Refused => return Err(NotYet),
            State::Sold | State::Restocked | State::Released | State::Tombstone => {}
        }
        let mut recounts = Vec::new();
        for (variant, mut wanted) in lines.iter() {
            let Some(stock) = stocks.get_mut(&variant) else { continue };
            for part in self.parts.iter_mut().filter(|p| p.variant == variant) {
                // What a release has let go is not sold any more.
                let n = if self.state == State::Released { 0 } else { part.open().min(wanted) };
                if n > 0 {
                    recounts.extend(stock.ship(part, n).into_iter().map(|recount| (variant, recount)));
                    wanted -= n;
                    self.touched_parts = true;
                }
            }
            for part in self.parts.iter_mut().filter(|p| p.variant == variant) {
                let n = part.unsold.min(wanted);
                if n > 0 {
                    recounts.extend(stock.ship_unsold(part, n).map(|recount| (variant, recount)));
                    wanted -= n;
                    self.touched_parts = true;
                }
            }
        }
        Ok(recounts)
    }

    /// Goods will not be sent, or came back. `returned`: which of them had been sent; None when that was not told, then
    /// what has not been shipped goes first.
    pub fn restock(
        &mut self,
        lines: &Lines,
        returned: Option<&BTreeMap<VariantId, i64>>,
        stocks: &mut Stocks,
    ) -> Result<(), NotYet> {
        match self.state {
            State::Held | State::Expired | State::Refused => return Err(NotYet),
            State::Sold | State::Restocked | State::Released | State::Tombstone => {}
        }
        let back = |variant| returned.and_then(|back| back.get(&variant)).copied().unwrap_or(0);
        if lines
            .iter()
            .any(|(variant, wanted)| self.still_on_its_way(variant, wanted - back(variant), back(variant)))
        {
            return Err(NotYet);
        }
        for (variant, wanted) in lines.iter() {
            let Some(stock) = stocks.get_mut(&variant) else { continue };
            let unsent = if returned.is_some() { wanted - back(variant) } else { wanted };
            let left = wanted - self.put_back(variant, unsent, stock);
            self.take_back(variant, left, stock);
        }
        if self.state == State::Sold && self.parts.iter().all(|p| p.open() == 0 && p.away() == 0) {
            self.state = State::Restocked;
        }
        Ok(())
    }
}

impl Reservation {
    /// Up to `n` that have not been shipped will not be; how many there were.
    fn put_back(&mut self, variant: VariantId, n: i64, stock: &mut Stock) -> i64 {
        let mut left = n;
        if self.state == State::Released {
            return 0;
        }
        for part in self.parts.iter_mut().filter(|p| p.variant == variant) {
            let n = part.open().min(left);
            if n > 0 {
                stock.unsell(part, n);
                left -= n;
                self.touched_parts = true;
            }
        }
        n - left
    }

    /// Up to `n` that were shipped are here again; how many there were.
    fn take_back(&mut self, variant: VariantId, n: i64, stock: &mut Stock) -> i64 {
        let mut left = n;
        for part in self.parts.iter_mut().filter(|p| p.variant == variant) {
            let n = part.away().min(left);
            if n > 0 {
                stock.take_back(part, n);
                left -= n;
                self.touched_parts = true;
            }
        }
        n - left
    }

    /// What came back is said to have been shipped, and that shipment is yet to be told.
    fn still_on_its_way(&self, variant: VariantId, unsent: i64, back: i64) -> bool {
        let parts = || self.parts.iter().filter(|p| p.variant == variant);
        let (open, away) = (parts().map(Part::open).sum::<i64>(), parts().map(Part::away).sum::<i64>());
        self.state != State::Released && away < back && open > unsent
    }
}

/// Where all lines would come from, or which variants there is not enough of.
fn plan(lines: &Lines, stocks: &Stocks) -> Result<Vec<Part>, Vec<VariantId>> {
    let (mut parts, mut short) = (Vec::new(), Vec::new());
    for (variant, quantity) in lines.iter() {
        match stocks.get(&variant).and_then(|stock| stock.plan(quantity)) {
            Some(planned) => parts.extend(planned),
            None => short.push(variant),
        }
    }
    if short.is_empty() { Ok(parts) } else { Err(short) }
}

fn move_parts(parts: &[Part], stocks: &mut Stocks, how: impl Fn(&mut super::Stock, &Part)) {
    for part in parts {
        // Stocks are never deleted, and every unit loads those of all its parts.
        if let Some(stock) = stocks.get_mut(&part.variant) {
            how(stock, part);
        }
    }
}
