//! The stock of one variant over all locations: what may be promised, and every way in which goods move.

use super::location::MAIN;
use super::part::{Kind, Part};
use hanse_kernel::{LocationId, VariantId};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// More cannot lie on one shelf: what is beyond is a slip of the pen.
pub const MAX_ON_HAND: i64 = 1_000_000_000;

/// What happens when stock runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Sell what is there, never more.
    Deny,
    /// Sell on; what is not there is owed and counted apart.
    Continue,
    /// Not counted at all.
    Untracked,
}

impl Policy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Continue => "continue",
            Self::Untracked => "untracked",
        }
    }
}

impl FromStr for Policy {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Deny, Self::Continue, Self::Untracked]
            .into_iter()
            .find(|p| p.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no stock policy"))
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The counts of a variant at one location. `available + reserved + sold + shipped = received + returned`, all ≥ 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    pub location: LocationId,
    /// Everything that ever came in, corrections included.
    pub received: i64,
    /// What came back from customers.
    pub returned: i64,
    pub available: i64,
    pub reserved: i64,
    pub sold: i64,
    /// What has left, ever.
    pub shipped: i64,
    /// Not yet written.
    pub touched: bool,
}

impl Shelf {
    pub fn empty(location: LocationId) -> Self {
        Self {
            location,
            received: 0,
            returned: 0,
            available: 0,
            reserved: 0,
            sold: 0,
            shipped: 0,
            touched: false,
        }
    }
    /// What physically lies here.
    pub fn on_hand(&self) -> i64 {
        self.available + self.reserved + self.sold
    }
    pub fn balanced(&self) -> bool {
        let counts = [self.received, self.returned, self.available, self.reserved, self.sold, self.shipped];
        counts.iter().all(|n| *n >= 0) && self.on_hand() + self.shipped == self.received + self.returned
    }
}

/// Why a count cannot be changed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdjustError {
    #[error("only {available} can be taken away; the other {committed} are promised to orders")]
    Committed { available: i64, committed: i64 },
    #[error("what lies on the shelf must be between 0 and {MAX_ON_HAND}")]
    Range,
}

impl AdjustError {
    /// Stable, for messages and problems.
    pub fn code(self) -> &'static str {
        match self {
            Self::Committed { .. } => "stock_committed",
            Self::Range => "on_hand_out_of_range",
        }
    }
}

/// A shipment has shown that so many more (or fewer) of a variant lie at a location than were counted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recount {
    pub location: LocationId,
    pub delta: i64,
    pub why: &'static str,
}

const UNCOUNTED: &str = "shipped without having been counted in";
const MOVED: &str = "moved to where owed goods were shipped from";

/// The stocks a unit works on, in variant order.
pub type Stocks = BTreeMap<VariantId, Stock>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    pub variant: VariantId,
    pub sku: String,
    pub policy: Policy,
    /// Sold or held without being there; paid from what comes in before anybody else is promised it.
    pub backordered: i64,
    /// Grows with every change.
    pub version: i64,
    /// Served from in this order; the home is among them.
    pub shelves: Vec<Shelf>,
    /// Something has moved in the change that is being made.
    pub touched: bool,
    /// Changes that are complete and not yet written.
    settled: i64,
    /// What shoppers saw before the change that is being made.
    before: (i64, Policy),
}

/// A stock as shoppers see it after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub variant: VariantId,
    /// Over all locations.
    pub promisable: i64,
    pub policy: Policy,
    pub version: i64,
}

impl Stock {
    /// As it was stored.
    pub fn stored(
        variant: VariantId,
        sku: String,
        policy: Policy,
        backordered: i64,
        version: i64,
        shelves: Vec<Shelf>,
    ) -> Self {
        let before = (0, policy);
        let mut stock =
            Self { variant, sku, policy, backordered, version, shelves, touched: false, settled: 0, before };
        stock.before = (stock.promisable(), policy);
        stock
    }

    /// A variant of which nothing is known yet: nothing is there, and nothing is promised.
    pub fn unknown(variant: VariantId, sku: &str) -> Self {
        let mut stock = Self::stored(variant, sku.into(), Policy::Deny, 0, 0, vec![Shelf::empty(MAIN)]);
        stock.touched = true;
        stock.shelves[0].touched = true;
        stock
    }

    /// What can still be promised over all locations; never negative. Meaningless when untracked.
    pub fn promisable(&self) -> i64 {
        (self.shelves.iter().map(|s| s.available).sum::<i64>() - self.backordered).max(0)
    }

    /// Whether shoppers see a difference to before the change.
    pub fn shows_change(&self) -> bool {
        self.before != (self.promisable(), self.policy) || (self.version + self.settled == 0 && self.touched)
    }

    /// The version once everything is written.
    pub fn next_version(&self) -> i64 {
        self.version + self.settled + i64::from(self.touched)
    }

    /// A change is complete, and another may follow before they are written: as if it had been. What shoppers see of it,
    /// if they see a difference.
    pub fn settle(&mut self) -> Option<Shown> {
        let shown = self.shows_change();
        (self.settled, self.touched) = (self.next_version() - self.version, false);
        self.before = (self.promisable(), self.policy);
        shown.then(|| self.shown())
    }

    pub fn shown(&self) -> Shown {
        Shown {
            variant: self.variant,
            promisable: self.promisable(),
            policy: self.policy,
            version: self.next_version(),
        }
    }

    fn home(&self) -> LocationId {
        self.shelves.first().map_or(MAIN, |s| s.location)
    }

    pub fn shelf(&self, location: LocationId) -> Option<&Shelf> {
        self.shelves.iter().find(|s| s.location == location)
    }

    fn shelf_mut(&mut self, location: LocationId) -> &mut Shelf {
        self.touched = true;
        let index = self.shelves.iter().position(|s| s.location == location).unwrap_or_else(|| {
            self.shelves.push(Shelf::empty(location));
            self.shelves.len() - 1
        });
        let shelf = &mut self.shelves[index];
        shelf.touched = true;
        shelf
    }

    /// Where `quantity` would come from; None when it cannot be promised. Nothing moves.
    pub fn plan(&self, quantity: i64) -> Option<Vec<Part>> {
        let part = |kind, location, n| Part::new(self.variant, kind, location, n);
        if self.policy == Policy::Untracked {
            return Some(vec![part(Kind::Uncounted, self.home(), quantity)]);
        }
        let here = self.promisable().min(quantity);
        if here < quantity && self.policy == Policy::Deny {
            return None;
        }
        let mut parts = Vec::new();
        let mut wanted = here;
        for shelf in &self.shelves {
            let n = shelf.available.min(wanted);
            if n > 0 {
                parts.push(part(Kind::Shelf, shelf.location, n));
                wanted -= n;
            }
        }
        if here < quantity {
            parts.push(part(Kind::Backorder, self.home(), quantity - here));
        }
        Some(parts)
    }

    fn owe(&mut self, n: i64) {
        self.touched = true;
        self.backordered += n;
    }

    /// A planned part is held.
    pub fn hold(&mut self, part: &Part) {
        match part.kind {
            Kind::Shelf => {
                let shelf = self.shelf_mut(part.location);
                shelf.available -= part.quantity;
                shelf.reserved += part.quantity;
            }
            Kind::Backorder => self.owe(part.quantity),
            Kind::Uncounted => {}
        }
    }

    /// A planned part is sold without having been held.
    pub fn take(&mut self, part: &Part) {
        self.hold(part);
        self.sell(part);
    }

    /// A held part is free again.
    pub fn free(&mut self, part: &Part) {
        match part.kind {
            Kind::Shelf => {
                let shelf = self.shelf_mut(part.location);
                shelf.reserved -= part.quantity;
                shelf.available += part.quantity;
            }
            Kind::Backorder => self.owe(-part.quantity),
            Kind::Uncounted => {}
        }
    }

    /// A held part is sold.
    pub fn sell(&mut self, part: &Part) {
        if part.kind == Kind::Shelf {
            let shelf = self.shelf_mut(part.location);
            shelf.reserved -= part.quantity;
            shelf.sold += part.quantity;
        }
    }

    /// `n` of a sold part will not be shipped.
    pub fn unsell(&mut self, part: &mut Part, n: i64) {
        part.unsold += n;
        match part.kind {
            Kind::Shelf => {
                let shelf = self.shelf_mut(part.location);
                shelf.sold -= n;
                shelf.available += n;
            }
            Kind::Backorder => self.owe(-n),
            Kind::Uncounted => {}
        }
    }

    /// `n` of a sold part leave. Owed goods leave from what has come in since, wherever that lies; those that were
    /// never counted in are counted now.
    pub fn ship(&mut self, part: &mut Part, n: i64) -> Vec<Recount> {
        part.shipped += n;
        match part.kind {
            Kind::Shelf => {
                let shelf = self.shelf_mut(part.location);
                shelf.sold -= n;
                shelf.shipped += n;
                vec![]
            }
            Kind::Backorder => {
                self.owe(-n);
                let recounts = self.gather(part.location, n);
                let shelf = self.shelf_mut(part.location);
                shelf.available -= n;
                shelf.shipped += n;
                recounts
            }
            Kind::Uncounted => vec![],
        }
    }

    /// Sees to it that `n` are available at a location: from the other shelves, else they are counted in.
    fn gather(&mut self, location: LocationId, n: i64) -> Vec<Recount> {
        let mut recounts = Vec::new();
        let mut missing = n - self.shelf_mut(location).available.min(n);
        let others: Vec<LocationId> =
            self.shelves.iter().map(|s| s.location).filter(|other| *other != location).collect();
        for other in others {
            let moved = self.shelf(other).map_or(0, |shelf| shelf.available).min(missing);
            if moved > 0 {
                self.adjust(other, -moved);
                self.adjust(location, moved);
                recounts.push(Recount { location: other, delta: -moved, why: MOVED });
                recounts.push(Recount { location, delta: moved, why: MOVED });
                missing -= moved;
            }
        }
        if missing > 0 {
            self.adjust(location, missing);
            recounts.push(Recount { location, delta: missing, why: UNCOUNTED });
        }
        recounts
    }

    /// `n` that were put back as never shipped turn out to have been shipped, and so to have come back. Goods that
    /// were owed and given up must first have come in.
    pub fn ship_unsold(&mut self, part: &mut Part, n: i64) -> Option<Recount> {
        part.unsold -= n;
        part.shipped += n;
        part.returned += n;
        match part.kind {
            Kind::Uncounted => None,
            Kind::Shelf => {
                let shelf = self.shelf_mut(part.location);
                shelf.shipped += n;
                shelf.returned += n;
                None
            }
            Kind::Backorder => {
                let shelf = self.shelf_mut(part.location);
                shelf.received += n;
                shelf.shipped += n;
                shelf.returned += n;
                shelf.available += n;
                Some(Recount { location: part.location, delta: n, why: UNCOUNTED })
            }
        }
    }

    /// `n` of what was shipped came back.
    pub fn take_back(&mut self, part: &mut Part, n: i64) {
        part.returned += n;
        if part.kind != Kind::Uncounted {
            let shelf = self.shelf_mut(part.location);
            shelf.returned += n;
            shelf.available += n;
        }
    }

    /// Goods came in, were lost or were counted: how far the count at `location` has to move, when it can.
    pub fn delta(&self, location: LocationId, change: super::Change) -> Result<i64, AdjustError> {
        let empty = Shelf::empty(location);
        let shelf = self.shelf(location).unwrap_or(&empty);
        let delta = match change {
            super::Change::Delta(delta) if (-MAX_ON_HAND..=MAX_ON_HAND).contains(&delta) => delta,
            super::Change::SetOnHand(on_hand) if (0..=MAX_ON_HAND).contains(&on_hand) => {
                on_hand - shelf.on_hand()
            }
            _ => return Err(AdjustError::Range),
        };
        if shelf.available + delta < 0 {
            let committed = shelf.reserved + shelf.sold;
            return Err(AdjustError::Committed { available: shelf.available, committed });
        }
        if shelf.on_hand() + delta > MAX_ON_HAND || shelf.received.checked_add(delta).is_none() {
            return Err(AdjustError::Range);
        }
        Ok(delta)
    }

    /// Moves the count by a `delta` that [`Stock::delta`] has allowed; what lies there afterwards.
    pub fn adjust(&mut self, location: LocationId, delta: i64) -> i64 {
        if delta == 0 && self.shelf(location).is_some() {
            return self.shelf(location).map_or(0, Shelf::on_hand);
        }
        let shelf = self.shelf_mut(location);
        shelf.received += delta;
        shelf.available += delta;
        shelf.on_hand()
    }

    pub fn set_policy(&mut self, policy: Policy) {
        if self.policy != policy {
            self.policy = policy;
            self.touched = true;
        }
    }

    /// Invariant 1: every shelf balances, and what is owed is not negative.
    pub fn balanced(&self) -> bool {
        self.backordered >= 0 && self.shelves.iter().all(Shelf::balanced)
    }
}
