//! The real effects. Only the composition root and tests construct them; everybody else is handed [`Effects`].

use crate::effects::{Clock, Effects, IdGen, Rng};
use crate::time::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

pub struct SystemIds;

impl IdGen for SystemIds {
    #[allow(clippy::disallowed_methods)]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The operating system's randomness, buffered per thread by a CSPRNG (ChaCha12 reseeded from the system).
pub struct SystemRng;

impl Rng for SystemRng {
    #[allow(clippy::disallowed_methods)]
    fn fill(&self, bytes: &mut [u8]) {
        rand::Rng::fill(&mut rand::rng(), bytes);
    }
}

/// Real clock, ids and randomness with the given timers and spawner (the runtime's).
pub fn effects(timers: Arc<dyn crate::Timers>, spawn: Arc<dyn crate::Spawn>) -> Effects {
    Effects {
        clock: Arc::new(SystemClock),
        timers,
        spawn,
        ids: Arc::new(SystemIds),
        rng: Arc::new(SystemRng),
        tracer: None,
    }
}
