//! Timers of a world.

use super::Executor;
use hanse_kernel::Timestamp;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Whether it has rung, and who waits for that.
#[derive(Default)]
pub(super) struct Bell(Mutex<(bool, Option<Waker>)>);

impl Bell {
    pub(super) fn ring(&self) {
        let waker = {
            let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
            state.0 = true;
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Resolves when its time has come; dropping it takes its timer away.
pub struct Sleep {
    pub(super) executor: Arc<Executor>,
    pub(super) key: (Timestamp, u64),
    pub(super) bell: Arc<Bell>,
}

impl Future for Sleep {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.bell.0.lock().unwrap_or_else(|e| e.into_inner());
        if state.0 {
            return Poll::Ready(());
        }
        state.1 = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.executor.inner().timers.remove(&self.key);
    }
}
