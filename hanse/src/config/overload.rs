//! What a process takes on at once, before it refuses what is least important.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

/// How many requests of carts and of browsing are worked on at once the process finds out by itself, from how long they
/// take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overload {
    /// Connections of clients at once. Beyond it, those that nothing is asked on are closed.
    pub connections: usize,
    /// Requests that make, pay or follow orders and are worked on at once; a thousand more may wait. Their time is mostly
    /// the payment provider's, so this is a number and not found out.
    pub checkouts: u32,
}

impl Default for Overload {
    fn default() -> Self {
        Self { connections: 4_096, checkouts: 256 }
    }
}

impl Overload {
    pub(super) fn check(&self) -> Result<()> {
        if !(16..=1_000_000).contains(&self.connections) {
            bail!("overload.connections must be between 16 and 1000000");
        }
        if !(1..=10_000).contains(&self.checkouts) {
            bail!("overload.checkouts must be between 1 and 10000");
        }
        Ok(())
    }
}
