//! The effects a service may have besides its stores: time, timers, tasks, ids, randomness and the telling of spans, each
//! a parameter, so that a simulated world can stand in for the real one.

use crate::time::Timestamp;
use crate::trace::Tracer;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

pub trait Timers: Send + Sync {
    fn sleep(&self, for_: Duration) -> BoxFuture<'static, ()>;
}

pub trait Spawn: Send + Sync {
    /// Runs `task` to its end whatever becomes of the caller. `name` is for logs and metrics.
    fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>);
}

pub trait IdGen: Send + Sync {
    /// A UUIDv7: unique, and sorted by the time of its making.
    fn uuid(&self) -> Uuid;
}

pub trait Rng: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
    fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// All effects together, cheap to clone.
#[derive(Clone)]
pub struct Effects {
    pub clock: Arc<dyn Clock>,
    pub timers: Arc<dyn Timers>,
    pub spawn: Arc<dyn Spawn>,
    pub ids: Arc<dyn IdGen>,
    pub rng: Arc<dyn Rng>,
    /// Who gathers spans; `None` where nobody does.
    pub tracer: Option<Arc<dyn Tracer>>,
}

impl Effects {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub fn id<T: crate::ids::TypedId>(&self) -> T {
        T::from_uuid(self.ids.uuid())
    }
    /// Waits for `work` at most `limit`; `None` when the time is up.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T> + Send) -> Option<T> {
        let work = std::pin::pin!(work);
        match futures::future::select(work, self.timers.sleep(limit)).await {
            futures::future::Either::Left((value, _)) => Some(value),
            futures::future::Either::Right(_) => None,
        }
    }
}

/// A clock that stands still until it is moved. For tests.
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    pub fn at(time: Timestamp) -> Arc<Self> {
        Arc::new(Self(Mutex::new(time)))
    }
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(|e| e.into_inner());
        *now = now.plus(by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// SplitMix64 from a seed: repeatable, for tests and the simulator; never for secrets.
pub struct SeededRng(Mutex<u64>);

impl SeededRng {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}
