//! The relay: leases partitions of the outbox, reads what waits in order, publishes, marks.

use crate::consumer::Consumers;
use crate::outbox::{Outbox, PARTITIONS};
use crate::transport::Transport;
use crate::{acts, inbox, parked};
use futures::stream::{FuturesUnordered, StreamExt};
use hanse_database::sql::{Bind, Sql, Statement, list};
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
/// At most so many by one statement. A power of two.
const MARKED_BY_ONE: usize = 256;
const MARK_AFTER: Duration = Duration::from_millis(20);
/// A busy relay looks for parked messages in every so many rounds.
const ROUNDS_PER_RETRY: u32 = 16;
/// Idle relays look again so often, in case a wake-up was lost with its process.
const POLL: Duration = Duration::from_millis(250);
/// Where another process writes to this outbox, too, nobody wakes us for its messages: as long as some are found that way,
/// it is looked soon, and less often each time that nothing is found,
const POLL_OTHERS_FIRST: Duration = Duration::from_millis(5);
const POLL_OTHERS: Duration = Duration::from_millis(25);
/// until so long after the last one.
const OTHERS_REST: Duration = Duration::from_secs(5);
/// How long the last looks may take once it is to end.
const LAST_LOOKS: Duration = Duration::from_secs(5);
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
    /// Until then others are taken to be writing,
    others_until: Timestamp,
    /// and looked for after so long a pause.
    others_pause: Duration,
    /// What was read while the messages before were on their way.
    ahead: Option<Ahead>,
}

/// Messages that wait behind those that were being published when they were read.
struct Ahead {
    waiting: Vec<Waiting>,
    /// There may be more of them.
    full: bool,
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
            others_pause: POLL_OTHERS,
            ahead: None,
        }
    }

    /// How long to rest unless woken.
    fn pause(&self, now: Timestamp) -> Duration {
        match (now < self.others_until, self.unmarked.is_empty()) {
            (true, _) => self.others_pause,
            (false, false) => MARK_AFTER,
            (false, true) => POLL,
        }
    }

    fn rested(&mut self, woken: bool, now: Timestamp) {
        self.unwoken = !woken;
        let marks_only = !woken && !self.unmarked.is_empty() && now >= self.others_until;
        self.next = if marks_only { Next::Mark } else { Next::Look };
    }

    /// What a look that nobody here asked for has found.
    fn looked_for_others(&mut self, published: usize, now: Timestamp) {
        if published > 0 {
            self.others_until = now.plus(OTHERS_REST);
            self.others_pause = POLL_OTHERS_FIRST;
        } else {
            self.others_pause = (self.others_pause * 2).min(POLL_OTHERS);
        }
    }

    fn lease(&mut self, leased: BTreeSet<i64>, now: Timestamp) {
        if leased != self.leased {
            // Some of it may be another relay's now.
            self.ahead = None;
        }
        self.leased = leased;
        self.renew_at = now.plus(LEASE / 3);
    }
}

struct Waiting {
    seq: i64,
    subject: String,
    payload: String,
}

/// What became of some queues: the messages that were published, and the aggregates of which one was not.
#[derive(Default)]
struct Sent {
    published: Vec<i64>,
    stuck: BTreeSet<String>,
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

    /// Runs until `stop` resolves; what was written until then is published and marked first, as far as that takes no long
    /// time.
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
        match self.effects.within(LAST_LOOKS, self.last_looks(&mut round)).await {
            Some(Ok(())) => {}
            Some(Err(e)) => {
                tracing::warn!(error = %e, "what was written last is published at the next start");
            }
            None => tracing::warn!("not all that was written last is published yet; the next start goes on"),
        }
        if let Err(e) = self.mark(&mut round.unmarked).await {
            tracing::warn!(error = %e, "what was published last is published again at the next start");
        }
        if let Err(e) = self.release().await {
            tracing::warn!(error = %e, "the relay's leases run out by themselves");
        }
    }

    /// Until nothing more is seen: those who wrote have ended before, and nobody looks after them.
    async fn last_looks(&self, round: &mut Round) -> Result<(), DbError> {
        loop {
            let now = self.effects.now();
            if now >= round.renew_at {
                round.lease(self.lease(now).await?, now);
            }
            let (_, published) = self.publish_waiting(round, now).await?;
            if published == 0 {
                return Ok(());
            }
            self.mark(&mut round.unmarked).await?;
        }
    }

    /// Everything that a relay does, once.
    async fn turn(&self, round: &mut Round) -> Result<(), DbError> {
        let now = self.effects.now();
        if now >= round.renew_at || round.leased.is_empty() {
            round.lease(self.lease(now).await?, now);
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
        // Where it goes on at once, they are marked while the next ones are on their way.
        if unwoken || (round.unmarked.len() >= MARKED_TOGETHER && round.next != Next::Look) {
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
        let (full, published) = self.publish_waiting(round, now).await?;
        if unwoken {
            round.looked_for_others(published, now);
        }
        round.quiet = published == 0;
        // What could not be published is tried again after a rest.
        round.next = if full && published > 0 { Next::Look } else { Next::Rest };
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

    /// One round over all our partitions: whether there may be more, and how many messages were published. While the broker
    /// confirms them, those before are marked and those behind are read.
    async fn publish_waiting(&self, round: &mut Round, now: Timestamp) -> Result<(bool, usize), DbError> {
        let Ahead { waiting, full } = match round.ahead.take() {
            Some(ahead) => ahead,
            None => {
                let mut found = self.read(&round.leased, now, BATCH).await?;
                found.waiting.retain(|m| !round.unmarked.contains(&m.seq));
                found
            }
        };
        let on_their_way: BTreeSet<i64> = waiting.iter().map(|m| m.seq).collect();
        let queues = by_aggregate(waiting);
        let (leased, unmarked) = (&round.leased, &mut round.unmarked);
        let meanwhile = async {
            if full || unmarked.len() >= MARKED_TOGETHER {
                self.mark(unmarked).await?;
            }
            if !full {
                return Ok(None);
            }
            // Those on their way are not marked yet, and are seen once more.
            self.read(leased, now, BATCH + on_their_way.len() as i64).await.map(Some)
        };
        let (sent, ahead) = futures::future::join(self.publish_queues(queues), meanwhile).await;
        let Sent { published, stuck } = sent;
        let count = published.len();
        round.unmarked.extend(published);
        round.ahead = ahead?.map(|mut ahead| {
            // What waits behind a message that was not published goes after it.
            ahead.waiting.retain(|m| !on_their_way.contains(&m.seq) && !stuck.contains(&m.subject));
            ahead
        });
        Ok((full, count))
    }

    /// What waits in these partitions, in its order.
    async fn read(&self, parts: &BTreeSet<i64>, now: Timestamp, most: i64) -> Result<Ahead, DbError> {
        let parts: Vec<i64> = parts.iter().copied().collect();
        self.db
            .read((parts, now, most), |tx, (parts, now, most)| {
                Box::pin(async move {
                    let sql = format!(
                        "select seq, subject, payload from outbox
                         where published_at is null and not_before <= $1 and part in {} order by seq limit $2",
                        list(3, parts.len())
                    );
                    let mut params: Vec<&dyn Bind> = vec![now, most];
                    params.extend(parts.iter().map(|p| p as &dyn Bind));
                    let waiting = tx
                        .query(&sql, &params, |r| {
                            Ok(Waiting { seq: r.get(0)?, subject: r.get(1)?, payload: r.get(2)? })
                        })
                        .await?;
                    let full = waiting.len() as i64 == *most;
                    Ok::<_, DbError>(Ahead { waiting, full })
                })
            })
            .await
    }

    async fn publish_queues(&self, queues: BTreeMap<String, Vec<Waiting>>) -> Sent {
        let mut running: FuturesUnordered<_> = queues
            .into_iter()
            .map(|(subject, queue)| async move {
                let count = queue.len();
                let done = self.publish_queue(queue).await;
                let stuck = (done.len() < count).then_some(subject);
                (done, stuck)
            })
            .collect();
        let mut sent = Sent::default();
        while let Some((done, stuck)) = running.next().await {
            sent.published.extend(done);
            sent.stuck.extend(stuck);
        }
        sent
    }

    /// One aggregate's messages, one after the other, up to the first that fails.
    async fn publish_queue(&self, queue: Vec<Waiting>) -> Vec<i64> {
        let mut done = vec![];
        for message in queue {
            let outcome = match Envelope::from_json(&message.payload) {
                Ok(envelope) => {
                    let sent = self.transport.publish_written(&envelope, &message.payload).await;
                    sent.map_err(|e| e.to_string())
                }
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
                    tx.execute_all(done.chunks(MARKED_BY_ONE).map(|some| marking(some, now)).collect())
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

/// Marks some as published. Few texts are prepared: the last is named until their number is a power of two.
fn marking<'a>(published: &'a [i64], now: &'a Timestamp) -> Statement<'a> {
    let count = published.len().next_power_of_two();
    let sql = format!("update outbox set published_at = $1 where seq in {}", list(2, count));
    let seqs = published.iter().chain(published.last().into_iter().cycle()).take(count);
    let mut params: Vec<&dyn Bind> = vec![now];
    params.extend(seqs.map(|seq| seq as &dyn Bind));
    (sql, params)
}

/// One queue per aggregate, each in the order it was written.
fn by_aggregate(rows: Vec<Waiting>) -> BTreeMap<String, Vec<Waiting>> {
    let mut queues: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
    for message in rows {
        queues.entry(message.subject.clone()).or_default().push(message);
    }
    queues
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_database::sql::Value;

    #[test]
    fn many_are_marked_by_one_of_few_texts() {
        let now = Timestamp::from_micros(7);
        let (sql, params) = marking(&[4, 5, 9], &now);
        assert_eq!(sql, "update outbox set published_at = $1 where seq in ($2, $3, $4, $5)");
        let named: Vec<Value<'_>> = params.iter().skip(1).map(|p| p.value()).collect();
        assert_eq!(named, [4, 5, 9, 9].map(Value::Int));
        assert_eq!(marking(&[4], &now).0, "update outbox set published_at = $1 where seq in ($2)");
    }

    #[test]
    fn others_are_looked_for_soon_after_something_was_found_and_less_often_in_vain() {
        let (mut round, now) = (Round::new(Timestamp::from_micros(0)), Timestamp::from_micros(0));
        assert_eq!(round.pause(now), POLL);
        round.looked_for_others(3, now);
        let pauses = [(); 4].map(|()| {
            let pause = round.pause(now);
            round.looked_for_others(0, now);
            pause.as_millis()
        });
        assert_eq!(pauses, [5, 10, 20, 25]);
        assert_eq!(round.pause(now.plus(OTHERS_REST)), POLL, "nobody else has written for a while");
    }
}
