//! Limits that one gateway keeps for itself.

use super::{Checked, Kind, Limiter, Verdict};
use crate::config::RateLimit;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

type Cells = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

pub(crate) struct OwnLimits {
    login: Cells,
    checkout: Cells,
    other: Cells,
    /// Addresses that have been quiet are forgotten every so many requests.
    since_tidy: AtomicU32,
}

impl OwnLimits {
    pub(crate) fn new(config: &RateLimit) -> Self {
        let per_minute = |n: u32| {
            let quota = Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
            RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>()
        };
        Self {
            login: per_minute(config.login),
            checkout: per_minute(config.checkout),
            other: per_minute(config.other),
            since_tidy: AtomicU32::new(0),
        }
    }

    pub(crate) fn judge(&self, kind: Kind, address: IpAddr) -> Verdict {
        self.tidy();
        let cells = match kind {
            Kind::Login => &self.login,
            Kind::Checkout => &self.checkout,
            Kind::Other => &self.other,
        };
        match cells.check_key(&address) {
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
            for cells in [&self.login, &self.checkout, &self.other] {
                cells.retain_recent();
            }
        }
    }
}

impl Limiter for OwnLimits {
    fn check(&self, kind: Kind, address: IpAddr) -> Checked {
        Checked::Now(self.judge(kind, address))
    }
}
