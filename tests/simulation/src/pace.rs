//! How often loops look that have nothing to do.

use std::time::Duration;

/// How often idle loops look whether there is something to do. A loop's pause bounds how late it is, and nothing may depend
/// on more, so it is stretched: every look costs time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// People are in the shop.
    Day,
    /// Nobody is.
    Night,
    /// Days go by.
    Holidays,
}

impl Pace {
    /// A loop that idles so long idles longer here.
    pub fn stretched(self, pause: Duration) -> Duration {
        let idle = |longest| (Duration::from_millis(200)..=Duration::from_secs(longest)).contains(&pause);
        match self {
            Self::Day if idle(1) => pause * 6,
            Self::Night if idle(1) => pause * 40,
            Self::Holidays if idle(60) => Duration::from_secs(1800),
            _ => pause,
        }
    }
}
