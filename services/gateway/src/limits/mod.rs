//! How often one address may ask, by what it asks for: each gateway for itself, or all of them together.

#[cfg(test)]
mod contract;
mod memory;
mod shared;

pub(crate) use memory::OwnLimits;
pub(crate) use shared::SharedLimits;

use futures::future::BoxFuture;
use std::net::IpAddr;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Login,
    Checkout,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// So many at once, and so many a minute.
    pub limit: u32,
    /// How many more would be let through now.
    pub left: u32,
    /// Refused, and for how long the next would be.
    pub wait: Option<Duration>,
}

/// Memory answers at once, which is worth keeping: it is asked for every request.
pub(crate) enum Checked {
    Now(Verdict),
    Later(BoxFuture<'static, Verdict>),
}

/// Counts a request and judges it by the generic cell rate algorithm: a bucket of `limit` that a minute fills evenly.
pub(crate) trait Limiter: Send + Sync {
    fn check(&self, kind: Kind, address: IpAddr) -> Checked;
}
