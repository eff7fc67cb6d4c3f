//! The relay: leases partitions of the outbox, reads what waits in order, publishes, marks.

use crate::consumer::Consumers;
use crate::outbox::{Outbox, PARTITIONS};
use crate::transport::Transport;
use crate::{acts, inbox, parked};
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
/// Published messages are marked together, because the loss of a mark costs no more than publishing again: after so
/// many, or when nothing has been published for a while.
const MARKED_TOGETHER: usize = 64;
const MARK_AFTER: Duration = Duration::from_millis(20);
/// A busy relay looks for parked messages in every so many rounds.
const ROUNDS_PER_RETRY: u32 = 16;
/// Idle relays look again so often, in case a wake-up was lost with its process.
const POLL: Duration = Duration::from_millis(250);
/// Where another process writes to this outbox, too, nobody wakes us for its messages: as long as some are found that way,
/// it is looked so often,
const POLL_OTHERS: Duration = Duration::from_millis(25);
/// and so long after the last one.
const OTHERS_REST: Duration = Duration::from_secs(5);
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

/// What a relay carries from one turn to the next.
struct Round {
    leased: BTreeSet<i64>,
    renew_at: Timestamp,
    tidy_at: Timestamp,
    /// How often it was looked.
    number: u32,
    next: Next,
    /// Nothing was to be done when it was last looked.
    quiet: bool,
    /// Published, but not marked so in the store yet.
    unmarked: BTreeSet<i64>,
    /// The pause ended because it was time, not because somebody here had written something.
    unwoken: bool,
    /// Until then others are taken to be writing.
    others_until: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// There may be more.
    Look,
    /// All that was seen is on its way. Whoever writes more wakes us.
    Rest,
    /// Nobody has written anything since: what is published is marked, and nothing looked for.
    Mark,
}

impl Round {
    fn new(now: Timestamp) -> Self {
        Self {
            leased: BTreeSet::new(),
            renew_at: now,
            tidy_at: now.plus(HOUSEKEEPING),
            number: 0,
            next: Next::Look,
            quiet: true,
            unmarked: BTreeSet::new(),
            unwoken: false,
            others_until: now,
        }
    }

    /// How long to rest unless woken.
    fn pause(&self, now: Timestamp) -> Duration {
        match (now < self.others_until, self.unmarked.is_empty()) {
            (true, _) => POLL_OTHERS,
            (false, false) => MARK_AFTER,
            (false, true) => POLL,
        }
    }

    fn rested(&mut self, woken: bool, now: Timestamp) {
        self.unwoken = !woken;
        let marks_only = !woken && !self.unmarked.is_empty() && now >= self.others_until;
        self.next = if marks_only { Next::Mark } else { Next::Look };
    }
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
        let mut round = Round::new(self.effects.now());
        loop {
            if let Err(e) = self.turn(&mut round).await {
                tracing::warn!(service = self.consumers.service(), error = %e, "the relay could not go on; it tries again");
                self.effects.timers.sleep(POLL).await;
                round.next = Next::Look;
            }
            let pause = async {
                if round.next == Next::Rest {
                    let longest = self.effects.timers.sleep(round.pause(self.effects.now()));
                    let woken = std::pin::pin!(wake.notified());
                    let over = futures::future::select(woken, longest).await;
                    let woken = matches!(over, futures::future::Either::Left(_));
                    round.rested(woken, self.effects.now());
                }
            };
            match futures::future::select(stop.as_mut(), std::pin::pin!(pause)).await {
                futures::future::Either::Left(_) => break,
                futures::future::Either::Right(_) => {}
            }
        }
        if let Err(e) = self.mark(&mut round.unmarked).await {
            tracing::warn!(error = %e, "what was published last is published again at the next start");
        }
        if let Err(e) = self.release().await {
            tracing::warn!(error = %e, "the relay's leases run out by themselves");
        }
    }

    /// Everything that a relay does, once.
    async fn turn(&self, round: &mut Round) -> Result<(), DbError> {
        let now = self.effects.now();
        if now >= round.renew_at || round.leased.is_empty() {
            round.leased = self.lease(now).await?;
            round.renew_at = now.plus(LEASE / 3);
        }
        if now >= round.tidy_at {
            self.tidy(now).await?;
            round.tidy_at = now.plus(HOUSEKEEPING);
        }
        let unwoken = std::mem::take(&mut round.unwoken);
        match round.next {
            Next::Mark => round.next = Next::Rest,
            Next::Look | Next::Rest => self.look(round, now, unwoken).await?,
        }
        if unwoken || round.unmarked.len() >= MARKED_TOGETHER {
            self.mark(&mut round.unmarked).await?;
        }
        Ok(())
    }

    /// Publishes what waits, and tries again what was parked and is due.
    async fn look(&self, round: &mut Round, now: Timestamp, unwoken: bool) -> Result<(), DbError> {
        round.number = round.number.wrapping_add(1);
        let rests = round.quiet && now >= round.others_until;
        if rests || round.number.is_multiple_of(ROUNDS_PER_RETRY) {
            parked::retry_due(&self.consumers).await?;
        }
        let (seen, published) = self.publish_waiting(round, now).await?;
        if unwoken && published > 0 {
            round.others_until = now.plus(OTHERS_REST);
        }
        round.quiet = published == 0;
        // What could not be published is tried again after a rest.
        round.next = if seen == BATCH as usize && published > 0 { Next::Look } else { Next::Rest };
        Ok(())
    }

    /// Takes or renews the partitions that are free or ours.
    async fn lease(&self, now: Timestamp) -> Result<BTreeSet<i64>, DbError> {
        self.db
            .tx_relaxed((self.owner, now, now.plus(LEASE)), |tx, (owner, now, until)| {
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

    /// One round over all our partitions: how many messages were seen, and how many of them published.
    async fn publish_waiting(&self, round: &mut Round, now: Timestamp) -> Result<(usize, usize), DbError> {
        let parts: Vec<i64> = round.leased.iter().copied().collect();
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
                    Ok::<_, DbError>(rows)
                })
            })
            .await?;
        let seen = waiting.len();
        let queues = by_aggregate(waiting.into_iter().filter(|m| !round.unmarked.contains(&m.seq)));
        let mut running: FuturesUnordered<_> =
            queues.into_values().map(|queue| self.publish_queue(queue)).collect();
        let mut published = 0;
        while let Some(done) = running.next().await {
            published += done.len();
            round.unmarked.extend(done);
        }
        Ok((seen, published))
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

    async fn mark(&self, published: &mut BTreeSet<i64>) -> Result<(), DbError> {
        if published.is_empty() {
            return Ok(());
        }
        let done: Vec<i64> = published.iter().copied().collect();
        let count = done.len() as u64;
        self.db
            .tx_relaxed((done, self.effects.now()), |tx, (done, now)| {
                Box::pin(async move {
                    let rows = done.iter().map(|seq| vec![seq as _, now as _]).collect();
                    tx.execute_many("update outbox set published_at = $2 where seq = $1", rows)
                        .await
                        .map(|_| ())
                })
            })
            .await?;
        published.clear();
        metrics::counter!("messaging_client_sent_messages_total", "service" => self.consumers.service())
            .increment(count);
        Ok(())
    }

    async fn tidy(&self, now: Timestamp) -> Result<(), DbError> {
        self.db
            .tx_queue(now, |tx, now| {
                Box::pin(async move {
                    inbox::forget_old(tx, *now).await?;
                    acts::forget_old(tx, *now).await?;
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
fn by_aggregate(rows: impl Iterator<Item = Waiting>) -> BTreeMap<String, Vec<Waiting>> {
    let mut queues: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
    for message in rows {
        queues.entry(message.subject.clone()).or_default().push(message);
    }
    queues
}
