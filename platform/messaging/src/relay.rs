//! The relay: leases partitions of the outbox, reads what waits in order, publishes, marks.

use crate::consumer::Consumers;
use crate::outbox::{Outbox, PARTITIONS};
use crate::transport::Transport;
use crate::{inbox, parked};
use futures::stream::{FuturesUnordered, StreamExt};
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{Db, DbError};
use hanse_envelope::Envelope;
use hanse_kernel::{Effects, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Messages read at once.
const BATCH: i64 = 200;
/// How long a partition stays with a relay that has stopped renewing.
const LEASE: Duration = Duration::from_secs(10);
/// Idle relays look again so often, in case a wake-up was lost with its process.
const POLL: Duration = Duration::from_millis(250);
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// Published messages are kept so long for the audit.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Publishes one service's outbox and retries its parked messages.
pub struct Relay {
    db: Db,
    outbox: Outbox,
    consumers: Consumers,
    transport: Arc<dyn Transport>,
    effects: Effects,
    owner: Uuid,
}

struct Waiting {
    seq: i64,
    subject: String,
    payload: String,
}

impl Relay {
    pub fn new(
        db: Db,
        outbox: Outbox,
        consumers: Consumers,
        transport: Arc<dyn Transport>,
        effects: Effects,
    ) -> Self {
        let owner = effects.ids.uuid();
        Self { db, outbox, consumers, transport, effects, owner }
    }

    /// Runs until `stop` resolves; what is being published then is finished and marked first.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let wake = self.outbox.wake();
        let mut stop = std::pin::pin!(stop);
        let mut leased = BTreeSet::new();
        let (mut renew_at, mut tidy_at) = (self.effects.now(), self.effects.now().plus(HOUSEKEEPING));
        loop {
            let now = self.effects.now();
            let step = async {
                if now >= renew_at || leased.is_empty() {
                    leased = self.lease(now).await?;
                    renew_at = now.plus(LEASE / 3);
                }
                if now >= tidy_at {
                    self.tidy(now).await?;
                    tidy_at = now.plus(HOUSEKEEPING);
                }
                parked::retry_due(&self.consumers).await?;
                self.publish_waiting(&leased, now).await
            };
            let idle = match step.await {
                Ok(published) => published == 0,
                Err(e) => {
                    tracing::warn!(service = self.consumers.service(), error = %e, "the relay could not go on; it tries again");
                    self.effects.timers.sleep(POLL).await;
                    false
                }
            };
            let pause = async {
                if idle {
                    futures::future::select(std::pin::pin!(wake.notified()), self.effects.timers.sleep(POLL))
                        .await;
                }
            };
            match futures::future::select(stop.as_mut(), std::pin::pin!(pause)).await {
                futures::future::Either::Left(_) => break,
                futures::future::Either::Right(_) => {}
            }
        }
        if let Err(e) = self.release().await {
            tracing::warn!(error = %e, "the relay's leases run out by themselves");
        }
    }

    /// Takes or renews the partitions that are free or ours.
    async fn lease(&self, now: Timestamp) -> Result<BTreeSet<i64>, DbError> {
        self.db
            .tx_queue((self.owner, now, now.plus(LEASE)), |tx, (owner, now, until)| {
                Box::pin(async move {
                    let mut mine = BTreeSet::new();
                    for part in 0..PARTITIONS {
                        let got = tx
                            .execute(
                                "insert into outbox_lease (part, owner, until_at) values ($1, $2, $3)
                                 on conflict (part) do update set owner = excluded.owner, until_at = excluded.until_at
                                 where outbox_lease.owner = excluded.owner or outbox_lease.until_at < $4",
                                &[&part, owner, until, now],
                            )
                            .await?;
                        if got == 1 {
                            mine.insert(part);
                        }
                    }
                    Ok(mine)
                })
            })
            .await
    }

    async fn release(&self) -> Result<(), DbError> {
        self.db
            .tx_queue(self.owner, |tx, owner| {
                Box::pin(async move {
                    tx.execute("delete from outbox_lease where owner = $1", &[owner]).await.map(|_| ())
                })
            })
            .await
    }

    /// One round over all our partitions; how many messages were published.
    async fn publish_waiting(&self, leased: &BTreeSet<i64>, now: Timestamp) -> Result<usize, DbError> {
        let parts: Vec<i64> = leased.iter().copied().collect();
        let waiting = self
            .db
            .read((parts, now), |tx, (parts, now)| {
                Box::pin(async move {
                    let sql = format!(
                        "select seq, subject, payload from outbox
                         where published_at is null and not_before <= $1 and part in {} order by seq limit {BATCH}",
                        list(2, parts.len())
                    );
                    let mut params: Vec<&dyn Bind> = vec![now];
                    params.extend(parts.iter().map(|p| p as &dyn Bind));
                    let rows = tx
                        .query(&sql, &params, |r| {
                            Ok(Waiting { seq: r.get(0)?, subject: r.get(1)?, payload: r.get(2)? })
                        })
                        .await?;
                    Ok::<_, DbError>(by_aggregate(rows))
                })
            })
            .await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let mut running: FuturesUnordered<_> =
            waiting.into_values().map(|queue| self.publish_queue(queue)).collect();
        let mut published = vec![];
        while let Some(done) = running.next().await {
            published.extend(done);
        }
        self.mark(&published).await?;
        Ok(published.len())
    }

    /// One aggregate's messages, one after the other, up to the first that fails.
    async fn publish_queue(&self, queue: Vec<Waiting>) -> Vec<i64> {
        let mut done = vec![];
        for message in queue {
            let outcome = match Envelope::from_json(&message.payload) {
                Ok(envelope) => self.transport.publish(&envelope).await.map_err(|e| e.to_string()),
                Err(e) => Err(e.to_string()),
            };
            match outcome {
                Ok(()) => done.push(message.seq),
                Err(e) => {
                    tracing::warn!(subject = %message.subject, error = %e, "not published; tried again");
                    metrics::counter!("messaging_publish_failures_total", "service" => self.consumers.service())
                        .increment(1);
                    break;
                }
            }
        }
        done
    }

    async fn mark(&self, published: &[i64]) -> Result<(), DbError> {
        if published.is_empty() {
            return Ok(());
        }
        metrics::counter!("messaging_published_total", "service" => self.consumers.service())
            .increment(published.len() as u64);
        self.db
            .tx_queue((published.to_vec(), self.effects.now()), |tx, (published, now)| {
                Box::pin(async move {
                    let rows = published.iter().map(|seq| vec![seq as _, now as _]).collect();
                    tx.execute_many("update outbox set published_at = $2 where seq = $1", rows)
                        .await
                        .map(|_| ())
                })
            })
            .await
    }

    async fn tidy(&self, now: Timestamp) -> Result<(), DbError> {
        self.db
            .tx_queue(now, |tx, now| {
                Box::pin(async move {
                    inbox::forget_old(tx, *now).await?;
                    tx.execute(
                        "delete from outbox where seq in
                           (select seq from outbox where published_at < $1 order by seq limit 1000)",
                        &[&now.minus(KEPT)],
                    )
                    .await
                    .map(|_| ())
                })
            })
            .await
    }
}

/// One queue per aggregate, each in the order it was written.
fn by_aggregate(rows: Vec<Waiting>) -> BTreeMap<String, Vec<Waiting>> {
    let mut queues: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
    for message in rows {
        queues.entry(message.subject.clone()).or_default().push(message);
    }
    queues
}
