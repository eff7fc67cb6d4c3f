//! Everything that could have gone otherwise is drawn from here, so that a seed decides all of it.

use hanse_kernel::Rng;
use hanse_kernel::effects::SeededRng;
use std::time::Duration;

/// One stream of chances; each has its own, so that drawing more of one thing does not change another.
pub struct Chance(SeededRng);

impl Chance {
    pub fn new(seed: u64, stream: u64) -> Self {
        let chance = Self(SeededRng::new(seed ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93)));
        // Neighbouring seeds must not begin alike.
        chance.0.u64();
        chance
    }

    /// 0 to `n` − 1.
    pub fn below(&self, n: u64) -> u64 {
        self.0.u64() % n.max(1)
    }

    /// So many times in ten thousand.
    pub fn happens(&self, per_ten_thousand: u32) -> bool {
        per_ten_thousand > 0 && self.below(10_000) < u64::from(per_ten_thousand)
    }

    pub fn between(&self, shortest: Duration, longest: Duration) -> Duration {
        let span = u64::try_from(longest.saturating_sub(shortest).as_micros()).unwrap_or(u64::MAX);
        shortest + Duration::from_micros(self.below(span.saturating_add(1)))
    }

    pub fn millis(&self, shortest: u64, longest: u64) -> Duration {
        self.between(Duration::from_millis(shortest), Duration::from_millis(longest))
    }

    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap_or(0)]
    }
}

impl Rng for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}
