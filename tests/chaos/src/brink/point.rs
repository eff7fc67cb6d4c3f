//! Named places at which a process can be killed: what it was about to do, or had just done.

use std::fmt;

/// What had happened, and what not yet, when the process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The unit has been worked through, and the store never hears that it is to be kept.
    BeforeCommit,
    /// The store has kept it, and the process never hears that.
    Committed,
    /// The broker has been given the message, and the process never hears that it has it.
    Published,
    /// The process has been told that the broker has it, as far as the wire goes, and dies of it.
    Confirmed,
    /// The message has been dealt with, and the broker never hears that.
    BeforeAck,
}

impl Moment {
    fn told(self) -> &'static str {
        match self {
            Self::BeforeCommit => "about to be committed",
            Self::Committed => "committed, nobody told",
            Self::Published => "published, not confirmed",
            Self::Confirmed => "confirmed, not marked",
            Self::BeforeAck => "dealt with, not acknowledged",
        }
    }
}

/// `order.payment_answer: committed, nobody told`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub service: &'static str,
    /// The consumer, the type of the message, or the table that the unit wrote first.
    pub what: String,
    pub moment: Moment,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.what.contains('.');
        let owner = if named { String::new() } else { format!("{}/", self.service) };
        write!(f, "{owner}{}: {}", self.what, self.moment.told())
    }
}

/// What a watched line has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub what: String,
    pub moment: Moment,
}
