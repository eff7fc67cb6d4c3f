//! What `/metrics` tells of a service's messages: how long and how many wait in its outbox, how many are parked with whom.
//! Looked at every few seconds by a loop of its own, with bounded questions, so that no scrape waits for a store.

use crate::consumer::Consumers;
use crate::outbox::PARTITIONS;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often somebody looks.
const EVERY: Duration = Duration::from_secs(5);
/// More than so many are told as so many.
const COUNTED: i64 = 10_000;

/// Sets the gauges of one service.
pub struct Gauges {
    consumers: Consumers,
    /// With whom something was parked before: told as none once it is gone.
    seen: BTreeSet<String>,
}

/// What waits in one service's store.
struct Sight {
    /// Since when the longest waiting message of the outbox is due.
    due_since: Option<Timestamp>,
    waiting: i64,
    parked: BTreeMap<String, i64>,
}

impl Gauges {
    pub fn new(consumers: Consumers) -> Self {
        let seen = consumers.iter().map(|c| c.name.to_string()).collect();
        Self { consumers, seen }
    }

    /// Looks again and again until `stop` resolves.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        let effects = self.consumers.target.effects.clone();
        let mut stop = std::pin::pin!(stop);
        loop {
            // The gauges stay as they were; readiness and the relay tell of the store.
            if let Err(error) = self.look().await {
                tracing::debug!(service = self.consumers.service(), %error, "the messages that wait were not counted");
            }
            let pause = effects.timers.sleep(EVERY);
            if let futures::future::Either::Left(_) = futures::future::select(stop.as_mut(), pause).await {
                break;
            }
        }
    }

    /// Looks once.
    pub async fn look(&mut self) -> Result<(), DbError> {
        let now = self.consumers.target.effects.now();
        let sight = self.consumers.db().read(now, |tx, now| Box::pin(sight(tx, *now))).await?;
        let service = self.consumers.service();
        let lag = sight.due_since.map_or(0.0, |since| now.since(since).as_secs_f64());
        metrics::gauge!("hanse_outbox_lag_seconds", "service" => service).set(lag);
        metrics::gauge!("hanse_outbox_waiting_messages", "service" => service).set(sight.waiting as f64);
        self.seen.extend(sight.parked.keys().cloned());
        for consumer in &self.seen {
            let parked = sight.parked.get(consumer).copied().unwrap_or(0);
            let labels = [("service", service.to_string()), ("consumer", consumer.clone())];
            metrics::gauge!("hanse_parked_messages", &labels).set(parked as f64);
        }
        Ok(())
    }
}

async fn sight(tx: &mut Tx, now: Timestamp) -> Result<Sight, DbError> {
    // The first of each partition is found by the index that the relay reads by.
    let first = |part| {
        format!(
            "select due from (select not_before as due from outbox
             where part = {part} and published_at is null and not_before <= $1 order by seq limit 1) as first_{part}"
        )
    };
    let firsts: Vec<String> = (0..PARTITIONS).map(first).collect();
    let due: Vec<Timestamp> = tx.query(&firsts.join(" union all "), &[&now], |r| r.get(0)).await?;
    let sql = format!(
        "select count(*) from (select seq from outbox where published_at is null limit {COUNTED}) as counted"
    );
    let waiting: Option<i64> = tx.query_opt(&sql, &[], |r| r.get(0)).await?;
    let sql = format!(
        "select consumer, count(*) from (select consumer from parked limit {COUNTED}) as counted group by consumer"
    );
    let parked = tx.query(&sql, &[], |r| Ok((r.get(0)?, r.get(1)?))).await?;
    Ok(Sight {
        due_since: due.into_iter().min(),
        waiting: waiting.unwrap_or(0),
        parked: parked.into_iter().collect(),
    })
}
