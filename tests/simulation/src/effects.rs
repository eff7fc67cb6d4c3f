//! The effects of a simulated process: the world's clock and timers, tasks that end with the process, seeded ids.

use crate::chance::Chance;
use crate::executor::{Executor, Owner};
use futures::future::BoxFuture;
use hanse_kernel::{Clock, Effects, IdGen, Rng, Spawn, Timers, Timestamp};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

struct WorldClock(Arc<Executor>);

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

struct WorldTimers(Arc<Executor>);

impl Timers for WorldTimers {
    fn sleep(&self, pause: Duration) -> BoxFuture<'static, ()> {
        Box::pin(self.0.sleep(pause))
    }
}

struct ProcessTasks {
    executor: Arc<Executor>,
    owner: Owner,
}

impl Spawn for ProcessTasks {
    fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        self.executor.spawn(self.owner, name, task);
    }
}

/// UUIDv7 of the world's time; ids of the same millisecond are counted up.
struct WorldIds {
    executor: Arc<Executor>,
    chance: Arc<Chance>,
    last: Mutex<(u64, u16)>,
}

impl IdGen for WorldIds {
    fn uuid(&self) -> Uuid {
        let now = u64::try_from(self.executor.now().micros() / 1000).unwrap_or(0);
        let (millis, count) = {
            let mut last = self.last.lock().unwrap_or_else(|e| e.into_inner());
            *last = if now > last.0 {
                (now, 0)
            } else if last.1 == 0xfff {
                (last.0 + 1, 0)
            } else {
                (last.0, last.1 + 1)
            };
            *last
        };
        let random = self.chance.u64() & 0x3fff_ffff_ffff_ffff;
        let high = (millis << 16) | 0x7000 | u64::from(count);
        Uuid::from_u64_pair(high, 0x8000_0000_0000_0000 | random)
    }
}

/// What all processes of a world share.
#[derive(Clone)]
pub struct Nature {
    pub executor: Arc<Executor>,
    ids: Arc<WorldIds>,
    chance: Arc<Chance>,
}

impl Nature {
    pub fn new(executor: Arc<Executor>, seed: u64) -> Self {
        let chance = Arc::new(Chance::new(seed, 2));
        let ids = WorldIds { executor: executor.clone(), chance: chance.clone(), last: Mutex::default() };
        Self { executor, ids: Arc::new(ids), chance }
    }

    pub fn effects(&self, owner: Owner) -> Effects {
        Effects {
            clock: Arc::new(WorldClock(self.executor.clone())),
            timers: Arc::new(WorldTimers(self.executor.clone())),
            spawn: Arc::new(ProcessTasks { executor: self.executor.clone(), owner }),
            ids: self.ids.clone(),
            rng: self.chance.clone(),
            tracer: None,
        }
    }
}
