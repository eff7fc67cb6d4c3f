//! What is refused when more is asked of a process than it can do, and in which order: browsing before carts, carts
//! before checkouts, checkouts by number only, health never.
//!
//! Each class has a hall of its own. So many requests may be inside at once; so many more may wait, not for long; the
//! rest is shed, with 503 and `Retry-After`, before any work is done for it. How many may be inside follows from how
//! long answers take (see [`Bounds`]), because a process that works on too much at once answers all of it late.

mod classes;
mod hall;
mod layer;
mod limit;

pub use classes::Classes;
pub use layer::{Admitted, Overload};
pub use limit::Bounds;

use std::time::Duration;

/// What a route counts as, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Probes and metrics: never counted, never refused.
    Health,
    /// What makes, pays, follows or ends an order, and the stock behind it.
    Checkout,
    /// What somebody is in the middle of: carts, logins, addresses, the work of staff.
    Cart,
    /// What is looked at.
    Browse,
    /// What can be done at another time: figures, imports.
    Background,
}

impl Class {
    /// Those that are counted, the most important first.
    pub(crate) const COUNTED: [Self; 4] = [Self::Checkout, Self::Cart, Self::Browse, Self::Background];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Checkout => "checkout",
            Self::Cart => "cart",
            Self::Browse => "browse",
            Self::Background => "background",
        }
    }

    /// Its place among those that are counted.
    const fn place(self) -> Option<usize> {
        match self {
            Self::Health => None,
            Self::Checkout => Some(0),
            Self::Cart => Some(1),
            Self::Browse => Some(2),
            Self::Background => Some(3),
        }
    }
}

/// What one class may have of a process.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How many may be inside at once.
    pub inside: Bounds,
    /// How many may wait to get in.
    pub room: usize,
    /// Once the first of those who wait has done so for this long, nobody else is let in to wait; whoever waits for twice
    /// as long is shed.
    pub patience: Duration,
}

/// The rules of all classes.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub checkout: Rules,
    pub cart: Rules,
    pub browse: Rules,
    pub background: Rules,
}

impl Settings {
    /// With so many requests of the checkout's class inside at once. They are bounded by number alone, because how long
    /// they take is the payment provider's doing. A checkout is answered within 5 s, settled or not, so 256 of them are
    /// at most some 50 orders a second that may still be under way when the next come.
    pub fn new(checkouts: u32) -> Self {
        let rules =
            |inside, room, patience| Rules { inside, room, patience: Duration::from_millis(patience) };
        let bounds = |lowest, first, highest, bearable, worst| Bounds {
            lowest,
            first,
            highest,
            bearable: Duration::from_millis(bearable),
            worst: Duration::from_millis(worst),
        };
        Self {
            checkout: rules(Bounds::fixed(checkouts), 1024, 5_000),
            cart: rules(bounds(8, 256, 512, 500, 5_000), 512, 2_000),
            browse: rules(bounds(4, 64, 256, 5, 250), 256, 500),
            background: rules(bounds(2, 8, 32, 100, 5_000), 64, 2_000),
        }
    }

    fn of(&self) -> [Rules; Class::COUNTED.len()] {
        [self.checkout, self.cart, self.browse, self.background]
    }

    /// The most requests that are inside or wait, of all classes: what a process holds in memory at once.
    pub fn most(&self) -> usize {
        self.of().iter().map(|rules| rules.inside.highest as usize + rules.room).sum()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(256)
    }
}
