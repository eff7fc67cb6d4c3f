//! How many requests may be worked on at once, found by looking at how long they take. Pure: time is told to it.

use hanse_kernel::Timestamp;
use std::time::Duration;

/// A limit is judged anew after so long, and not before so many answers.
const WINDOW: Duration = Duration::from_millis(100);
const ANSWERS: u32 = 8;
/// Or with fewer, when they are rare.
const LONGEST_WINDOW: Duration = Duration::from_secs(1);
/// An average answer may take so many times what the fastest take: anything more is waiting for each other.
const SLOWER: f64 = 4.0;
/// The limit is cut to no less than this share at once: one odd window must not close the shop.
const DEEPEST_CUT: f64 = 0.5;
/// What is usual rises by a twentieth of the difference per window, and falls at once.
const RISE: f64 = 0.05;

/// Where a limit may go, and what counts as slow.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// At least 1, else nobody would ever come out again who could raise it.
    pub lowest: u32,
    pub first: u32,
    pub highest: u32,
    /// So long an average answer may always take.
    pub bearable: Duration,
    /// And never longer than this, whatever the fastest take.
    pub worst: Duration,
}

impl Bounds {
    /// The same number always.
    pub const fn fixed(number: u32) -> Self {
        Self { lowest: number, first: number, highest: number, bearable: Duration::MAX, worst: Duration::MAX }
    }
}

/// A limit that is cut when answers take long and raised while it is reached and they do not.
#[derive(Debug)]
pub(super) struct Limit {
    bounds: Bounds,
    limit: f64,
    /// Microseconds of the fastest answers of late, as far as is known.
    usual: Option<f64>,
    window: Option<Window>,
}

#[derive(Debug)]
struct Window {
    since: Timestamp,
    answers: u32,
    /// Microseconds of all answers together.
    together: f64,
    fastest: f64,
    /// Somebody found the limit reached.
    reached: bool,
}

impl Window {
    fn from(since: Timestamp) -> Self {
        Self { since, answers: 0, together: 0.0, fastest: f64::INFINITY, reached: false }
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

impl Limit {
    pub fn new(bounds: Bounds) -> Self {
        let lowest = bounds.lowest.max(1);
        let highest = bounds.highest.max(lowest);
        let bounds = Bounds { lowest, highest, ..bounds };
        Self { bounds, limit: f64::from(bounds.first.clamp(lowest, highest)), usual: None, window: None }
    }

    pub fn now(&self) -> u32 {
        // Between the bounds, which are u32.
        self.limit as u32
    }

    pub fn lowest(&self) -> u32 {
        self.bounds.lowest
    }

    /// Somebody had to wait or was refused because of it.
    pub fn reached(&mut self, now: Timestamp) {
        self.window.get_or_insert_with(|| Window::from(now)).reached = true;
    }

    /// An answer took so long. True when the limit was judged anew.
    pub fn answered(&mut self, now: Timestamp, took: Duration) -> bool {
        if self.bounds.lowest == self.bounds.highest {
            return false;
        }
        // One answer that hung must not outweigh all others.
        let took = micros(took).min(2.0 * micros(self.bounds.worst));
        let window = self.window.get_or_insert_with(|| Window::from(now));
        window.answers += 1;
        window.together += took;
        window.fastest = window.fastest.min(took);
        let age = now.since(window.since);
        let over = (age >= WINDOW && window.answers >= ANSWERS) || age >= LONGEST_WINDOW;
        if over && let Some(window) = self.window.take() {
            self.judge(&window);
        }
        over
    }

    fn judge(&mut self, window: &Window) {
        let average = window.together / f64::from(window.answers);
        let lowest = f64::from(self.bounds.lowest);
        // While the limit is reached even the fastest may have waited for others, and taking that for usual would let the
        // limit grow without end. With the least that can be inside they have not.
        let unhurried = !window.reached || self.limit <= lowest;
        self.usual = match self.usual {
            Some(usual) if window.fastest > usual => {
                Some(if unhurried { usual + (window.fastest - usual) * RISE } else { usual })
            }
            None if !unhurried => None,
            _ => Some(window.fastest),
        };
        let tolerated = self.tolerated();
        if average > tolerated {
            self.limit = (self.limit * (tolerated / average).max(DEEPEST_CUT)).max(lowest);
        } else if window.reached {
            let more = self.limit + self.limit.sqrt().max(1.0);
            self.limit = more.min(f64::from(self.bounds.highest));
        }
    }

    /// Microseconds that an average answer may take.
    fn tolerated(&self) -> f64 {
        let (bearable, worst) = (micros(self.bounds.bearable), micros(self.bounds.worst));
        (self.usual.unwrap_or(0.0) * SLOWER).clamp(bearable, worst.max(bearable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MILLI: Duration = Duration::from_millis(1);
    const BOUNDS: Bounds = Bounds {
        lowest: 4,
        first: 64,
        highest: 256,
        bearable: Duration::from_millis(5),
        worst: Duration::from_millis(250),
    };

    /// A processor that works on one request at a time, `cost` each, always with as many inside as the limit lets in: each
    /// takes as long as all of them together.
    fn saturated(limit: &mut Limit, now: &mut Timestamp, cost: Duration, time: Duration) {
        let end = now.plus(time);
        while *now < end {
            *now = now.plus(cost);
            limit.reached(*now);
            let took = cost * limit.now();
            limit.answered(*now, took);
        }
    }

    #[test]
    fn a_minute_of_too_much_cuts_it_to_what_is_bearable_and_keeps_it_there() {
        let (mut limit, mut now) = (Limit::new(BOUNDS), Timestamp::from_micros(0));
        for second in 0..60 {
            saturated(&mut limit, &mut now, MILLI / 2, Duration::from_secs(1));
            assert!(second < 2 || limit.now() <= 16, "{} inside after {second} s", limit.now());
        }
        assert!(limit.now() >= 4);
    }

    #[test]
    fn it_grows_while_it_is_reached_and_answers_are_fast_and_stays_where_nobody_needs_it() {
        let (mut limit, mut now) = (Limit::new(Bounds { first: 8, ..BOUNDS }), Timestamp::from_micros(0));
        for _ in 0..1000 {
            now = now.plus(MILLI);
            limit.answered(now, MILLI);
        }
        assert_eq!(limit.now(), 8, "never reached");
        for _ in 0..5000 {
            now = now.plus(MILLI);
            limit.reached(now);
            limit.answered(now, MILLI);
        }
        assert_eq!(limit.now(), 256, "a store elsewhere that bears it");
    }

    #[test]
    fn work_that_has_become_slow_by_itself_is_let_in_again() {
        let (mut limit, mut now) = (Limit::new(BOUNDS), Timestamp::from_micros(0));
        let mut answers = |limit: &mut Limit, took: Duration| {
            for _ in 0..2000 {
                now = now.plus(MILLI * 2);
                limit.reached(now);
                limit.answered(now, took);
            }
        };
        answers(&mut limit, MILLI);
        let before = limit.now();
        answers(&mut limit, MILLI * 40);
        assert!(limit.now() > 4, "four times the fastest is borne: {}", limit.now());
        assert!(before > 64, "{before}");
    }

    #[test]
    fn a_fixed_number_stays() {
        let mut limit = Limit::new(Bounds::fixed(7));
        for second in 0..100 {
            let now = Timestamp::from_micros(second * 1_000_000);
            limit.reached(now);
            assert!(!limit.answered(now, Duration::from_secs(3600)));
        }
        assert_eq!(limit.now(), 7);
    }

    proptest! {
        /// Whatever comes, clocks that jump included.
        #[test]
        fn it_stays_within_its_bounds(steps in proptest::collection::vec((-2_000_000i64..5_000_000, 0u64..20_000_000, any::<bool>()), 1..300)) {
            let (mut limit, mut now) = (Limit::new(BOUNDS), 0i64);
            for (step, took, reached) in steps {
                now += step;
                let at = Timestamp::from_micros(now);
                if reached { limit.reached(at); }
                limit.answered(at, Duration::from_micros(took));
                prop_assert!((4..=256).contains(&limit.now()));
            }
        }
    }
}
