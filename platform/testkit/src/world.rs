//! Effects for tests: the real ones, or a clock and timers that move only when the test moves them.

use futures::future::BoxFuture;
use hanse_kernel::effects::ManualClock;
use hanse_kernel::system::{SystemClock, SystemIds, SystemRng};
use hanse_kernel::{Clock, Effects, Timers, Timestamp};
use hanse_runtime::{Tasks, TokioTimers};
use hanse_vault::{Keyring, Vault};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// The real effects.
pub fn effects() -> Effects {
    Effects {
        clock: Arc::new(SystemClock),
        timers: Arc::new(TokioTimers),
        spawn: Tasks::new(),
        ids: Arc::new(SystemIds),
        rng: Arc::new(SystemRng),
        tracer: None,
    }
}

/// A shop's master key, the same in all tests.
pub fn keyring() -> Keyring {
    Keyring::new([7; 32], Arc::new(SystemRng))
}

/// The keys of people of a service that a test stands for, wrapped by [`keyring`].
pub fn vault(service: &'static str) -> Vault {
    Vault::new(service, keyring(), Arc::new(SystemClock))
}

/// A world whose time stands still until [`TestWorld::advance`].
#[derive(Clone)]
pub struct TestWorld {
    clock: Arc<ManualClock>,
    timers: Arc<ManualTimers>,
}

impl TestWorld {
    /// It is 2026-11-23, ten o'clock UTC.
    pub fn new() -> Self {
        let start: Timestamp = "2026-11-23T10:00:00Z".parse().expect("a time");
        let clock = ManualClock::at(start);
        Self { timers: Arc::new(ManualTimers { clock: clock.clone(), waiting: Mutex::default() }), clock }
    }

    /// Effects with this world's time; ids and randomness are real.
    pub fn effects(&self) -> Effects {
        Effects { clock: self.clock.clone(), timers: self.timers.clone(), ..effects() }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether somebody waits for exactly this long from now.
    pub fn is_waited_for(&self, by: Duration) -> bool {
        let at = self.clock.now().plus(by);
        let waiting = self.timers.waiting.lock().expect("no test panicked while holding it");
        waiting.iter().any(|(due, timer)| *due == at && !timer.is_closed())
    }

    /// Moves the clock and fires the timers that are due.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.timers.fire();
    }
}

impl Default for TestWorld {
    fn default() -> Self {
        Self::new()
    }
}

struct ManualTimers {
    clock: Arc<ManualClock>,
    waiting: Mutex<Vec<(Timestamp, oneshot::Sender<()>)>>,
}

impl ManualTimers {
    fn fire(&self) {
        let now = self.clock.now();
        let mut waiting = self.waiting.lock().expect("no test panicked while holding it");
        waiting.retain(|(_, timer)| !timer.is_closed());
        let (due, later) = waiting.drain(..).partition(|(at, _)| *at <= now);
        *waiting = later;
        drop(waiting);
        let due: Vec<(Timestamp, oneshot::Sender<()>)> = due;
        for (_, timer) in due {
            // Whoever waited may have gone away.
            let _ = timer.send(());
        }
    }
}

impl Timers for ManualTimers {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (timer, fired) = oneshot::channel();
        let at = self.clock.now().plus(duration);
        self.waiting.lock().expect("no test panicked while holding it").push((at, timer));
        Box::pin(async move {
            let _ = fired.await;
        })
    }
}
