//! `hanse audit`: asks every service for its own breaches and its facts, judges the facts across services, and reports
//! what is wrong twice, a rest apart: what was only on its way the first time is not wrong.

mod facts;
pub mod forgotten;
mod invariants;
mod judge;
mod ledgers;
mod stream;

use hanse_kernel::{Effects, OrderId, Timestamp};
use hanse_rpc::{Network, audit as wire};
pub use invariants::JUDGED;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// So many breaches are told one by one; the rest is counted.
const MOST: usize = 1_000;
/// Largest answer a service gives on one page.
const PAGE_BYTES: usize = 64 << 20;
/// An order has its id before it is placed.
const BEFORE_PLACING: Duration = Duration::from_secs(3600);

/// A broken invariant; numbers as in ARCHITECTURE.md.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Breach {
    pub invariant: u32,
    pub subject: String,
    pub detail: String,
    pub remedy: String,
    /// Where it stands: `service.table.column = value`.
    pub rows: Vec<String>,
}

/// What others keep for an order that there is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lost {
    pub order: String,
    /// Stock is held for it, or sold to it.
    pub stock: bool,
    /// Payments with money in them.
    pub payments: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub clean: bool,
    /// At most [`MOST`]; `found` has the number of all.
    pub breaches: Vec<Breach>,
    /// How many breaches there are, by invariant; 0 of those that were judged and hold.
    pub found: BTreeMap<u32, u64>,
    /// Facts looked at, by kind.
    pub examined: BTreeMap<String, usize>,
    /// Orders that were left alone because something of them was changing.
    pub moving: usize,
    /// Those of them that order has told nothing of: there may be no such order.
    pub undecided: usize,
    /// Those of the breaches that are about orders that there are not; at most [`MOST`] of them.
    pub lost: Vec<Lost>,
    pub seconds: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("{service} could not be examined: {message}")]
    Service { service: &'static str, message: String },
    #[error("{service} told a fact that does not read: {message}")]
    Fact { service: &'static str, message: String },
    #[error("it was not done within {0:?}; give it more time, or look at fewer orders")]
    TooLong(Duration),
}

/// How far an audit goes.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Only what has been at rest for so long is judged.
    pub rest: Duration,
    /// Of orders, only those placed within this time; None: all.
    pub placed_within: Option<Duration>,
    /// How much of the audit logs is verified.
    pub log: Reach,
    /// It is given up after this.
    pub within: Duration,
}

/// How much of the audit logs is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From the first entry.
    Whole,
    /// What follows the last entry that was verified before, of which its keeper knows.
    New,
}

impl Scope {
    /// Everything, for as long as it takes.
    pub fn all(rest: Duration) -> Self {
        Self { rest, placed_within: None, log: Reach::New, within: Duration::from_secs(24 * 3600) }
    }
}

/// From where it is looked, and at what.
pub struct Sight<'a> {
    pub network: &'a Arc<dyn Network>,
    pub services: &'a [&'static str],
    pub effects: &'a Effects,
    /// The name of who asks.
    pub caller: &'static str,
    since: Timestamp,
    orders_after: String,
}

impl<'a> Sight<'a> {
    pub fn new(
        network: &'a Arc<dyn Network>,
        services: &'a [&'static str],
        effects: &'a Effects,
        caller: &'static str,
    ) -> Self {
        Self {
            network,
            services,
            effects,
            caller,
            since: Timestamp::from_micros(0),
            orders_after: String::new(),
        }
    }
}

/// Examines the live shop, as far as the scope goes. Takes at least the scope's `rest` when something looks wrong, else not.
pub async fn look(mut sight: Sight<'_>, scope: Scope) -> Result<Report, AuditError> {
    let (effects, began) = (sight.effects, sight.effects.now());
    let looks = async {
        let mut first = once(&mut sight, scope).await?;
        if first.breaches.is_empty() {
            return Ok(first);
        }
        effects.timers.sleep(scope.rest).await;
        let again = once(&mut sight, scope).await?;
        let still: BTreeSet<(u32, &str)> =
            again.breaches.iter().map(|b| (b.invariant, b.subject.as_str())).collect();
        first.breaches.retain(|b| still.contains(&(b.invariant, b.subject.as_str())));
        first.lost.retain(|lost| again.lost.contains(lost));
        first.undecided = first.undecided.max(again.undecided);
        let kept = |invariant| first.breaches.iter().filter(|b| b.invariant == invariant).count() as u64;
        for (invariant, found) in &mut first.found {
            // What could not be told one by one cannot be compared one by one either.
            *found = if again.cut {
                (*found).min(again.found.get(invariant).copied().unwrap_or(0))
            } else {
                kept(*invariant)
            };
        }
        Ok(first)
    };
    let looked = effects.within(scope.within, looks).await;
    let found = looked.ok_or(AuditError::TooLong(scope.within))??;
    let mut report = found.report();
    report.seconds = effects.now().since(began).as_secs_f64();
    Ok(report)
}

async fn once(sight: &mut Sight<'_>, scope: Scope) -> Result<Found, AuditError> {
    let now = sight.effects.now();
    sight.since = now.minus(scope.rest);
    sight.orders_after =
        scope.placed_within.map(|within| placed_after(now.minus(within))).unwrap_or_default();
    let mut found = Found::default();
    stream::by_order(sight, &mut found, |id, told, found| judge::judge(id, told, now, found)).await?;
    ledgers::verify(sight, scope.log, &mut found).await?;
    // As with orders: the youngest each time, all of them now and then.
    let told_after = scope.placed_within.map_or(Timestamp::from_micros(0), |within| now.minus(within));
    forgotten::look(sight, told_after, &mut found).await?;
    Ok(found)
}

/// Ids tell when they were made (RFC 9562, version 7): the lowest of then.
fn placed_after(time: Timestamp) -> String {
    let millis = u128::try_from(time.minus(BEFORE_PLACING).micros() / 1_000).unwrap_or(0);
    OrderId::new(Uuid::from_u128(millis << 80)).to_string()
}

/// What an examination has found so far.
#[derive(Debug, Default)]
pub struct Found {
    breaches: Vec<Breach>,
    found: BTreeMap<u32, u64>,
    /// There are more than are told one by one.
    cut: bool,
    examined: BTreeMap<String, usize>,
    moving: usize,
    undecided: usize,
    lost: BTreeSet<Lost>,
}

impl Found {
    fn of_service(&mut self, b: wire::Breach) {
        let wire::Breach { invariant, subject, detail, remedy, rows } = b;
        self.breach(Breach { invariant, subject, detail, remedy, rows });
    }

    fn breach(&mut self, breach: Breach) {
        *self.found.entry(breach.invariant).or_default() += 1;
        match self.breaches.len() < MOST {
            true => self.breaches.push(breach),
            false => self.cut = true,
        }
    }

    /// How many breaches of an invariant have been found so far.
    fn of(&self, invariant: u32) -> u64 {
        self.found.get(&invariant).copied().unwrap_or(0)
    }

    fn counted_all(&mut self, kind: &str, count: usize) {
        if count > 0 {
            *self.examined.entry(kind.to_string()).or_default() += count;
        }
    }

    fn lost(&mut self, lost: Lost) {
        if self.lost.len() < MOST {
            self.lost.insert(lost);
        }
    }

    fn counted(&mut self, kind: &str) {
        match self.examined.get_mut(kind) {
            Some(count) => *count += 1,
            None => _ = self.examined.insert(kind.to_string(), 1),
        }
    }

    fn report(mut self) -> Report {
        self.breaches.sort();
        let mut found: BTreeMap<u32, u64> = JUDGED.iter().map(|invariant| (*invariant, 0)).collect();
        found.extend(self.found);
        Report {
            clean: found.values().all(|breaches| *breaches == 0),
            breaches: self.breaches,
            found,
            examined: self.examined,
            moving: self.moving,
            undecided: self.undecided,
            lost: self.lost.into_iter().collect(),
            seconds: 0.0,
        }
    }
}
