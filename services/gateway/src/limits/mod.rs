//! How often one address or account may ask, by what it asks for: each gateway for itself, or all of them together.

#[cfg(test)]
mod contract;
mod memory;
mod shared;

pub(crate) use memory::OwnLimits;
pub(crate) use shared::SharedLimits;

use crate::config::RateLimit;
use futures::future::BoxFuture;
use hanse_kernel::UserId;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A change of one's login.
    Login,
    /// One that sends a mail to somebody.
    Mail,
    Checkout,
    Import,
    /// A provider's call. It shares its address with nobody who looks around.
    Webhook,
    Other,
    /// Everything else that one account asks for.
    Account,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] =
        [Self::Login, Self::Mail, Self::Checkout, Self::Import, Self::Webhook, Self::Other, Self::Account];

    fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Mail => "mail",
            Self::Checkout => "checkout",
            Self::Import => "import",
            Self::Webhook => "webhook",
            Self::Other => "other",
            Self::Account => "account",
        }
    }

    fn limit(self, config: &RateLimit) -> u32 {
        let limit = match self {
            Self::Login => config.login,
            Self::Mail => config.mail,
            Self::Checkout => config.checkout,
            Self::Import => config.import,
            Self::Webhook => config.webhook,
            Self::Other => config.other,
            Self::Account => config.account,
        };
        limit.max(1)
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Address(IpAddr),
    Account(UserId),
}

impl Subject {
    /// Of IPv6 the network: whoever has one address of it has 2^64.
    pub(crate) fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Account(user) => user.fmt(f),
        }
    }
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
    fn check(&self, kind: Kind, subject: Subject) -> Checked;
}
