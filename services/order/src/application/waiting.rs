//! Waiting for an order to move: woken in this process by the unit that moved it, and looking again from time to time
//! in case another process did.

use super::desk::Desk;
use super::error::OrderError;
use super::ports::Shown;
use hanse_kernel::{Ctx, OrderId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;

/// Look again after so long when nobody wakes us: most orders settle soon, here or in another process. Doubled each time, up
/// to the longest.
const FIRST_POLL: Duration = Duration::from_millis(50);
const POLL: Duration = Duration::from_millis(500);
/// What is left of a request's time for writing its answer.
const MARGIN: Duration = Duration::from_millis(500);

struct Waiter {
    notify: Arc<Notify>,
    /// Wants to be woken only when the order has settled.
    settled_only: bool,
}

/// Who waits for which order in this process.
#[derive(Clone, Default)]
pub struct Waiters(Arc<Mutex<BTreeMap<OrderId, Vec<Waiter>>>>, Arc<AtomicBool>);

impl Waiters {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<OrderId, Vec<Waiter>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn wait_for(&self, order: OrderId, settled_only: bool) -> Waiting {
        let notify = Arc::new(Notify::new());
        let waiter = Waiter { notify: notify.clone(), settled_only };
        self.lock().entry(order).or_default().push(waiter);
        Waiting { waiters: self.clone(), order, notify }
    }

    pub fn wake(&self, order: OrderId, settled: bool) {
        if let Some(waiters) = self.lock().get(&order) {
            waiters.iter().filter(|w| settled || !w.settled_only).for_each(|w| w.notify.notify_one());
        }
    }

    /// Wakes everybody, because the process is about to end.
    pub fn close(&self) {
        self.1.store(true, Ordering::Relaxed);
        self.lock().values().flatten().for_each(|w| w.notify.notify_one());
    }

    pub fn is_closed(&self) -> bool {
        self.1.load(Ordering::Relaxed)
    }
}

/// One who waits; dropping it ends that.
pub struct Waiting {
    waiters: Waiters,
    order: OrderId,
    notify: Arc<Notify>,
}

impl Waiting {
    /// Returns when the order has moved since the last call.
    pub async fn moved(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut all = self.waiters.lock();
        if let Some(waiters) = all.get_mut(&self.order) {
            waiters.retain(|w| !Arc::ptr_eq(&w.notify, &self.notify));
            if waiters.is_empty() {
                all.remove(&self.order);
            }
        }
    }
}

/// An order after some waiting, and whether it has settled.
pub struct Settled {
    pub shown: Shown,
    pub settled: bool,
}

impl Desk {
    /// Waits for the order to settle: its saga has ended or it is the shopper's turn. At most as long as configured,
    /// and never longer than the request may take.
    pub async fn settled(&self, ctx: &Ctx, order: OrderId) -> Result<Settled, OrderError> {
        let waiting = self.waiters.wait_for(order, true);
        let until = self.effects.now().plus(self.wait);
        let until = ctx.deadline.map_or(until, |deadline| until.min(deadline.minus(MARGIN)));
        let mut poll = FIRST_POLL;
        loop {
            let settled = self
                .db
                .read((self.views.clone(), order), |tx, (views, order)| {
                    Box::pin(async move { views.settled(tx, *order).await })
                })
                .await?
                .ok_or(OrderError::NotFound)?;
            let left = until.since(self.effects.now());
            if settled || left.is_zero() {
                let shown = self.show(order).await?;
                // It may have moved on since: what is told belongs to what is shown.
                let settled = shown.order.saga.is_settled();
                return Ok(Settled { shown, settled });
            }
            // Either way the loop looks again.
            self.effects.within(left.min(poll), waiting.moved()).await;
            poll = (poll * 2).min(POLL);
        }
    }

    pub async fn show(&self, order: OrderId) -> Result<Shown, OrderError> {
        self.db
            .read((self.views.clone(), order), |tx, (views, order)| {
                Box::pin(async move { views.show(tx, *order).await })
            })
            .await?
            .ok_or(OrderError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use uuid::Uuid;

    #[test]
    fn only_those_who_want_every_move_hear_of_every_move() {
        let waiters = Waiters::default();
        let order = OrderId::new(Uuid::from_u128(1));
        let (end, every) = (waiters.wait_for(order, true), waiters.wait_for(order, false));
        waiters.wake(order, false);
        assert!(end.moved().now_or_never().is_none() && every.moved().now_or_never().is_some());
        waiters.wake(order, true);
        assert!(end.moved().now_or_never().is_some() && every.moved().now_or_never().is_some());
        drop((end, every));
        assert!(waiters.lock().is_empty());
    }
}
