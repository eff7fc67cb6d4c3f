//! Limits that one gateway keeps for itself.

use super::{Checked, Kind, Limiter, Subject, Verdict};
use crate::config::RateLimit;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

type Cells = RateLimiter<Subject, DashMapStateStore<Subject>, DefaultClock, StateInformationMiddleware>;

pub(crate) struct OwnLimits {
    /// By kind, in the order of all.
    cells: [Cells; Kind::ALL.len()],
    /// Subjects that have been quiet are forgotten every so many requests.
    since_tidy: AtomicU32,
}

impl OwnLimits {
    pub(crate) fn new(config: &RateLimit) -> Self {
        let cells = Kind::ALL.map(|kind| {
            let quota = Quota::per_minute(NonZeroU32::new(kind.limit(config)).unwrap_or(NonZeroU32::MIN));
            RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>()
        });
        Self { cells, since_tidy: AtomicU32::new(0) }
    }

    pub(crate) fn judge(&self, kind: Kind, subject: Subject) -> Verdict {
        self.tidy();
        match self.cells[kind as usize].check_key(&subject) {
            Ok(state) => Verdict {
                limit: state.quota().burst_size().get(),
                left: state.remaining_burst_capacity(),
                wait: None,
            },
            Err(refused) => Verdict {
                limit: refused.quota().burst_size().get(),
                left: 0,
                wait: Some(refused.wait_time_from(DefaultClock::default().now())),
            },
        }
    }

    fn tidy(&self) {
        if self.since_tidy.fetch_add(1, Ordering::Relaxed) >= 10_000 {
            self.since_tidy.store(0, Ordering::Relaxed);
            for cells in &self.cells {
                cells.retain_recent();
            }
        }
    }
}

impl Limiter for OwnLimits {
    fn check(&self, kind: Kind, subject: Subject) -> Checked {
        Checked::Now(self.judge(kind, subject))
    }
}
