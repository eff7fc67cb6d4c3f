//! Use case: throw away carts that nobody has changed for thirty days.

use super::CartError;
use super::ports::CartStore;
use hanse_kernel::Clock;
use std::sync::Arc;

/// Carts in one unit.
const BATCH: i64 = 200;

#[derive(Clone)]
pub struct SweepCarts {
    pub store: Arc<dyn CartStore>,
    pub clock: Arc<dyn Clock>,
}

impl SweepCarts {
    /// Tells how many are gone.
    pub async fn run(&self) -> Result<u64, CartError> {
        let mut gone = 0;
        loop {
            let now = self.store.sweep(self.clock.now(), BATCH).await?;
            gone += now;
            if now < BATCH as u64 {
                return Ok(gone);
            }
        }
    }
}
