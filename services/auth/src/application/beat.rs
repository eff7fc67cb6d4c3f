//! Answers that could tell by their time who has an account leave on the beat.
//!
//! What is done for an address that has an account and for one that has none is alike, but not the same to the tenth of a
//! millisecond: rows are added or changed, and other services that are told begin to work at once. An answer that is held
//! back until a whole number of beats after its question hides that, as long as the work ends well within one; what is left to
//! see where it ends about as a beat does, ADR 69 says.

use hanse_kernel::Effects;
use std::time::Duration;

#[derive(Clone)]
pub struct Beat {
    effects: Effects,
    /// Zero: nothing is held back.
    every: Duration,
}

impl Beat {
    pub fn new(effects: Effects, every: Duration) -> Self {
        Self { effects, every }
    }

    /// What comes of `work`, on the beat.
    pub async fn keep<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.hold(work, |_| true).await
    }

    /// What comes of `work`: on the beat if it fails, at once if not.
    pub async fn keep_refusals<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.hold(work, Result::is_err).await
    }

    async fn hold<T>(&self, work: impl Future<Output = T>, which: impl Fn(&T) -> bool) -> T {
        let begun = self.effects.now();
        let outcome = work.await;
        if !self.every.is_zero() && which(&outcome) {
            let took = self.effects.now().since(begun);
            self.effects.timers.sleep(until_the_next(took, self.every)).await;
        }
        outcome
    }
}

/// How much longer than `took` it is to a whole number of beats.
fn until_the_next(took: Duration, every: Duration) -> Duration {
    let beats = took.as_nanos() / every.as_nanos() + 1;
    every.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX)).saturating_sub(took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_it_took_it_leaves_after_a_whole_number_of_beats() {
        let ms = Duration::from_millis;
        for (took, left) in [(0, 50), (1, 49), (23, 27), (49, 1), (50, 50), (51, 49), (170, 30)] {
            assert_eq!(until_the_next(ms(took), ms(50)), ms(left), "after {took} ms");
        }
    }
}
