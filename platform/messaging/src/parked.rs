//! Parked messages: a handler that could not act leaves the message in the consumer's own database with the time of
//! the next try, so that the queue behind it goes on.

use crate::acts::{self, Act, Deed, Operator, Place, Subject};
use crate::consumer::{Consumer, Consumers, Target};
use crate::inbox;
use hanse_database::sql::{Bind, Sql};
use hanse_database::{Db, DbError, Tx};
use hanse_envelope::Envelope;
use hanse_kernel::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// After so many tries in vain a message waits for an operator.
pub const ATTEMPTS: i64 = 12;

/// Wait before the next try: 100 ms doubled per attempt, at most five minutes.
fn backoff(attempts: i64) -> Duration {
    let doubled = 100u64.saturating_mul(1 << attempts.clamp(0, 20));
    Duration::from_millis(doubled.min(300_000))
}

/// A parked message as an operator sees it.
#[derive(Debug, Clone)]
pub struct Parked {
    pub consumer: String,
    pub source: String,
    pub id: Uuid,
    pub kind: String,
    pub subject: String,
    pub reason: String,
    pub attempts: i64,
    pub parked_at: Timestamp,
    /// None: it waits for an operator.
    pub next_at: Option<Timestamp>,
    pub payload: String,
}

pub(crate) async fn park(
    target: &Target,
    consumer: &'static str,
    envelope: &Envelope,
    reason: String,
    again: bool,
) -> Result<(), DbError> {
    let payload = envelope.to_json().map_err(|e| DbError::Other(e.to_string()))?;
    let now = target.effects.now();
    let input = (consumer, envelope.clone(), payload, reason, now, again);
    target
        .db
        .tx(input, |tx, (consumer, envelope, payload, reason, now, again)| {
            Box::pin(async move {
                let before: Option<i64> = tx
                    .query_opt(
                        "select attempts from parked where consumer = $1 and source = $2 and id = $3",
                        &[consumer, &envelope.source, &envelope.id],
                        |r| r.get(0),
                    )
                    .await?;
                let attempts = before.unwrap_or(0) + 1;
                let next = (*again && attempts < ATTEMPTS).then(|| now.plus(backoff(attempts)));
                tx.execute(
                    "insert into parked (consumer, source, id, type, subject, payload, reason, attempts, parked_at, next_at)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                     on conflict (consumer, source, id) do update
                       set reason = excluded.reason, attempts = excluded.attempts, next_at = excluded.next_at",
                    &[
                        consumer,
                        &envelope.source,
                        &envelope.id,
                        &envelope.kind,
                        &envelope.subject,
                        payload,
                        reason,
                        &attempts,
                        now,
                        &next,
                    ],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Takes a message out of the parked ones, in the unit that deals with it.
pub(crate) async fn take(tx: &mut Tx, consumer: &str, source: &str, id: Uuid) -> Result<(), DbError> {
    tx.execute(
        "delete from parked where consumer = $1 and source = $2 and id = $3",
        &[&consumer, &source, &id],
    )
    .await
    .map(|_| ())
}

/// As [`take`], in a unit of its own.
pub(crate) async fn forget(
    target: &Target,
    consumer: &'static str,
    envelope: &Envelope,
) -> Result<(), DbError> {
    let input = (consumer, envelope.source.clone(), envelope.id);
    target
        .db
        .tx(input, |tx, (consumer, source, id)| {
            Box::pin(async move { take(tx, consumer, source, *id).await })
        })
        .await
}

const COLUMNS: &str = "consumer, source, id, type, subject, reason, attempts, parked_at, next_at, payload";

fn row(r: &hanse_database::sql::Row<'_>) -> Result<Parked, DbError> {
    Ok(Parked {
        consumer: r.get(0)?,
        source: r.get(1)?,
        id: r.get(2)?,
        kind: r.get(3)?,
        subject: r.get(4)?,
        reason: r.get(5)?,
        attempts: r.get(6)?,
        parked_at: r.get(7)?,
        next_at: r.get(8)?,
        payload: r.get(9)?,
    })
}

/// Which of them: all, or those of one consumer, of one type, behind another one, or all of that.
#[derive(Debug, Clone, Default)]
pub struct Which {
    pub consumer: Option<String>,
    pub kind: Option<String>,
    /// Those behind one that was parked at this time and has this id.
    pub after: Option<(Timestamp, Uuid)>,
}

/// The oldest parked messages of one service, at most 500.
pub async fn list(db: &Db) -> Result<Vec<Parked>, DbError> {
    list_of(db, Which::default()).await
}

/// As [`list`], some of them only.
pub async fn list_of(db: &Db, which: Which) -> Result<Vec<Parked>, DbError> {
    db.read(which, |tx, which| {
        Box::pin(async move {
            let mut wanted = vec![];
            let mut params: Vec<&dyn Bind> = vec![];
            for (column, value) in [("consumer", &which.consumer), ("type", &which.kind)] {
                if let Some(value) = value {
                    params.push(value);
                    wanted.push(format!("{column} = ${}", params.len()));
                }
            }
            if let Some((at, id)) = &which.after {
                params.extend([at as &dyn Bind, id]);
                let (at, id) = (params.len() - 1, params.len());
                wanted.push(format!("(parked_at > ${at} or (parked_at = ${at} and id > ${id}))"));
            }
            let wanted =
                if wanted.is_empty() { String::new() } else { format!("where {}", wanted.join(" and ")) };
            let sql = format!("select {COLUMNS} from parked {wanted} order by parked_at, id limit 500");
            tx.query(&sql, &params, row).await
        })
    })
    .await
}

/// The parked copies of one message: one for each consumer that could not handle it.
pub async fn find(db: &Db, id: Uuid) -> Result<Vec<Parked>, DbError> {
    db.read(id, |tx, id| {
        Box::pin(async move {
            let sql = format!("select {COLUMNS} from parked where id = $1 order by consumer, source");
            tx.query(&sql, &[id], row).await
        })
    })
    .await
}

/// Gives a parked message up: it is not tried again, and its consumer takes a repetition of it for handled. Who did that
/// and why is kept with it. False when it is not parked any more.
pub async fn discard(consumers: &Consumers, parked: &Parked, by: &Operator) -> Result<bool, DbError> {
    let now = consumers.target.effects.now();
    let act = act(consumers, parked, by, Deed::Discard);
    let input =
        (parked.consumer.clone(), parked.source.clone(), parked.id, now, (acts::Books::of(consumers), act));
    let gone = consumers
        .db()
        .tx(input, |tx, (consumer, source, id, now, (books, act))| {
            Box::pin(async move {
                let there = tx
                    .execute(
                        "delete from parked where consumer = $1 and source = $2 and id = $3",
                        &[consumer, source, id],
                    )
                    .await?;
                if there > 0 {
                    inbox::first_time(tx, consumer, source, *id, *now).await?;
                    books.note(tx, act).await?;
                }
                Ok::<bool, DbError>(there > 0)
            })
        })
        .await?;
    if gone {
        let (consumer, kind, subject, id) = (&parked.consumer, &parked.kind, &parked.subject, parked.id);
        let (who, reason) = (&by.who, &by.reason);
        tracing::warn!(%consumer, %kind, %subject, %id, %who, ?reason, why_parked = %parked.reason, "a parked message was given up by the operator");
        metrics::counter!("messaging_discarded_total", "service" => consumers.service()).increment(1);
    }
    Ok(gone)
}

fn act(consumers: &Consumers, parked: &Parked, by: &Operator, deed: Deed) -> Act {
    let of = Subject {
        consumer: &parked.consumer,
        message: parked.id,
        source: Some(&parked.source),
        kind: Some(&parked.kind),
        subject: Some(&parked.subject),
    };
    Act::new(&consumers.target.effects, by, deed, Place::Parked, of)
}

/// Tries again what is due; how many were tried.
pub async fn retry_due(consumers: &Consumers) -> Result<usize, DbError> {
    let now = consumers.target.effects.now();
    let due = consumers
        .db()
        .read(now, |tx, now| {
            Box::pin(async move {
                let sql = format!(
                    "select {COLUMNS} from parked where next_at <= $1 order by next_at, id limit 100"
                );
                tx.query(&sql, &[now], row).await
            })
        })
        .await?;
    let count = due.len();
    for parked in due {
        match addressed(consumers, &parked) {
            Ok((consumer, envelope)) => consumers.retry(consumer, &envelope).await?,
            // Nobody can try it: it must not hold up the others.
            Err(why) => leave_to_operator(consumers, &parked, why).await?,
        }
    }
    Ok(count)
}

/// Tries one parked message now, whatever its time; a failure parks it again. Who wanted that is kept.
pub async fn redrive(consumers: &Consumers, parked: &Parked, by: &Operator) -> Result<(), DbError> {
    acts::note_ahead(consumers, act(consumers, parked, by, Deed::Redrive)).await?;
    match addressed(consumers, parked) {
        Ok((consumer, envelope)) => consumers.retry(consumer, &envelope).await,
        Err(why) => leave_to_operator(consumers, parked, why).await,
    }
}

/// The consumer that is to try it and what it gets, or why there is none.
fn addressed<'a>(consumers: &'a Consumers, parked: &Parked) -> Result<(&'a Consumer, Envelope), String> {
    let consumer = consumers
        .by_name(&parked.consumer)
        .ok_or_else(|| format!("no consumer is named {} any more", parked.consumer))?;
    let envelope = Envelope::from_json(&parked.payload).map_err(|e| format!("it cannot be read: {e}"))?;
    Ok((consumer, envelope))
}

async fn leave_to_operator(consumers: &Consumers, parked: &Parked, why: String) -> Result<(), DbError> {
    let (consumer, kind, id) = (&parked.consumer, &parked.kind, parked.id);
    tracing::warn!(%consumer, %kind, %id, why, "a parked message waits for an operator from now on");
    let input = (parked.consumer.clone(), parked.source.clone(), parked.id, why);
    consumers
        .db()
        .tx(input, |tx, (consumer, source, id, why)| {
            Box::pin(async move {
                tx.execute(
                    "update parked set next_at = null, reason = $4 where consumer = $1 and source = $2 and id = $3",
                    &[consumer, source, id, why],
                )
                .await
                .map(|_| ())
            })
        })
        .await
}
