//! The breaker: a service that does not answer is left alone for a while, then asked once, and asked as before when
//! that is answered. So its callers answer at once instead of waiting, and it can come back without a crowd at its door.

use hanse_kernel::Timestamp;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Opens after so many failures in a row,
const IN_A_ROW: u32 = 10;
/// or when half of at least so many calls within a window failed.
const ENOUGH_CALLS: u32 = 20;
const WINDOW: Duration = Duration::from_secs(10);
/// How long it stays open at first; doubled each time that a probe fails.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Probes that must be answered, one after the other, before it closes.
const PROBES: u32 = 2;

pub(crate) struct Breaker {
    state: Mutex<State>,
    caller: &'static str,
    service: &'static str,
}

enum State {
    Closed {
        in_a_row: u32,
        calls: u32,
        failed: u32,
        since: Timestamp,
    },
    Open {
        until: Timestamp,
        pause: Duration,
    },
    /// `out`: a probe is under way.
    HalfOpen {
        out: bool,
        answered: u32,
        pause: Duration,
    },
}

/// Leave to ask once. It is reported what came of it; what is dropped unreported (the caller left) counts for nothing.
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
    reported: bool,
}

const fn closed(now: Timestamp) -> State {
    State::Closed { in_a_row: 0, calls: 0, failed: 0, since: now }
}

impl Breaker {
    pub fn new(caller: &'static str, service: &'static str) -> Self {
        let this = Self { state: Mutex::new(closed(Timestamp::from_micros(0))), caller, service };
        this.show(0.0);
        this
    }

    /// `None`: it is open, nobody is asked.
    pub fn pass(&self, now: Timestamp) -> Option<Pass<'_>> {
        let mut state = self.state();
        let probe = match &mut *state {
            State::Closed { .. } => false,
            State::Open { until, .. } if now < *until => return None,
            State::Open { pause, .. } => {
                *state = State::HalfOpen { out: true, answered: 0, pause: *pause };
                self.show(2.0);
                true
            }
            State::HalfOpen { out: true, .. } => return None,
            State::HalfOpen { out, .. } => {
                *out = true;
                true
            }
        };
        Some(Pass { breaker: self, probe, reported: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// 0 closed, 1 open, 2 half open.
    fn show(&self, state: f64) {
        metrics::gauge!("rpc_breaker_state", "caller" => self.caller, "service" => self.service).set(state);
    }

    fn open(&self, state: &mut State, pause: Duration, now: Timestamp) {
        let (caller, service) = (self.caller, self.service);
        tracing::warn!(caller, service, ?pause, "a service does not answer; it is not asked for a while");
        *state = State::Open { until: now.plus(pause), pause };
        self.show(1.0);
    }
}

impl Pass<'_> {
    pub fn report(mut self, answered: bool, now: Timestamp) {
        self.reported = true;
        let mut state = self.breaker.state();
        match &mut *state {
            State::Closed { in_a_row, calls, failed, since } => {
                if now.since(*since) >= WINDOW {
                    (*calls, *failed, *since) = (0, 0, now);
                }
                *calls += 1;
                *in_a_row = if answered { 0 } else { *in_a_row + 1 };
                *failed += u32::from(!answered);
                if *in_a_row >= IN_A_ROW || (!answered && *calls >= ENOUGH_CALLS && *failed * 2 >= *calls) {
                    self.breaker.open(&mut state, FIRST_PAUSE, now);
                }
            }
            State::HalfOpen { out, answered: good, pause } if self.probe => {
                *out = false;
                *good += 1;
                if !answered {
                    let pause = (*pause * 2).min(LONGEST_PAUSE);
                    self.breaker.open(&mut state, pause, now);
                } else if *good == PROBES {
                    let (caller, service) = (self.breaker.caller, self.breaker.service);
                    tracing::info!(caller, service, "a service answers again");
                    *state = closed(now);
                    self.breaker.show(0.0);
                }
            }
            // A call from before it opened says nothing new.
            State::Open { .. } | State::HalfOpen { .. } => {}
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe
            && !self.reported
            && let State::HalfOpen { out, .. } = &mut *self.breaker.state()
        {
            *out = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(1_000_000_000 + millis * 1000)
    }

    fn fail(breaker: &Breaker, times: u32, now: Timestamp) {
        (0..times).for_each(|_| breaker.pass(now).unwrap().report(false, now));
    }

    #[test]
    fn it_opens_lets_one_probe_through_and_closes_when_two_were_answered() {
        let breaker = Breaker::new("cart", "pricing");
        fail(&breaker, IN_A_ROW - 1, at(0));
        breaker.pass(at(0)).unwrap().report(true, at(0));
        fail(&breaker, IN_A_ROW - 1, at(0));
        assert!(breaker.pass(at(0)).is_some(), "a call that was answered in between starts the count anew");
        let breaker = Breaker::new("cart", "pricing");
        fail(&breaker, IN_A_ROW, at(0));
        assert!(breaker.pass(at(499)).is_none());
        let probe = breaker.pass(at(500)).unwrap();
        assert!(breaker.pass(at(500)).is_none(), "one at a time");
        probe.report(true, at(510));
        breaker.pass(at(510)).unwrap().report(true, at(510));
        let (one, other) = (breaker.pass(at(520)), breaker.pass(at(520)));
        assert!(one.is_some() && other.is_some(), "it is closed");
    }

    #[test]
    fn a_probe_that_fails_doubles_the_pause_and_one_that_is_dropped_leaves_its_place() {
        let breaker = Breaker::new("cart", "pricing");
        fail(&breaker, IN_A_ROW, at(0));
        fail(&breaker, 1, at(500));
        assert!(breaker.pass(at(1499)).is_none());
        drop(breaker.pass(at(1500)).unwrap());
        assert!(breaker.pass(at(1500)).is_some());
    }

    #[test]
    fn half_of_the_calls_failing_opens_it_too() {
        let breaker = Breaker::new("cart", "pricing");
        for n in 0..ENOUGH_CALLS {
            let Some(pass) = breaker.pass(at(0)) else { panic!("it opened after {n}") };
            pass.report(n % 2 == 0, at(0));
        }
        assert!(breaker.pass(at(1)).is_none());
    }
}
