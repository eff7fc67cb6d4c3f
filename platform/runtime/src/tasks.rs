//! Tasks that outlive their request, and the signal that ends them.

use futures::future::BoxFuture;
use hanse_kernel::{Effects, Spawn, Timers};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tells workers to finish what they have in hand and end. Cheap to clone.
#[derive(Clone, Default)]
pub struct Stop(CancellationToken);

impl Stop {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn now(&self) {
        self.0.cancel();
    }
    pub fn is_set(&self) -> bool {
        self.0.is_cancelled()
    }
    /// Resolves when it is time to end.
    pub async fn asked(&self) {
        self.0.cancelled().await;
    }

    /// Calls `work` again and again, once in every `pause`, until asked to stop; a running call is finished first. The
    /// pause counts from a call's beginning, so that what falls due while one is running is looked at right after it.
    pub async fn every<F, Fut>(&self, effects: &Effects, pause: Duration, mut work: F)
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = ()> + Send,
    {
        while !self.is_set() {
            let pause = effects.timers.sleep(pause);
            work().await;
            futures::future::select(std::pin::pin!(self.asked()), pause).await;
        }
    }
}

/// The real spawner: every task is tracked, so that shutting down can wait for all of them.
#[derive(Clone, Default)]
pub struct Tasks(TaskTracker);

impl Tasks {
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }
    /// Waits until every task has ended; no new ones are expected.
    pub async fn ended(&self) {
        self.0.close();
        self.0.wait().await;
    }
    /// How many are running.
    pub fn running(&self) -> usize {
        self.0.len()
    }
}

impl Spawn for Tasks {
    fn spawn(&self, _name: &'static str, task: BoxFuture<'static, ()>) {
        self.0.spawn(task);
    }
}

pub struct TokioTimers;

impl Timers for TokioTimers {
    #[allow(clippy::disallowed_methods)]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
