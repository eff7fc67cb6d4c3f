//! The outbox: messages are rows that commit with the state they tell of. Nobody publishes by another way.

use hanse_database::sql::{Bind, Sql};
use hanse_database::{Db, DbError, Tx};
use hanse_envelope::{Envelope, Message};
use hanse_kernel::{Ctx, Effects, Timestamp};
use serde_json::value::to_raw_value;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// Aggregates are spread over so many partitions; one relay at a time works on one.
pub const PARTITIONS: i64 = 16;

/// Hands messages to the unit of work of one service.
#[derive(Clone)]
pub struct Outbox {
    source: Arc<str>,
    effects: Effects,
    wake: Arc<Notify>,
    sends: Arc<[&'static str]>,
}

impl Outbox {
    /// Of a service that sends nothing, until it says what it sends.
    pub fn new(service: &str, effects: Effects) -> Self {
        let (source, wake) = (format!("/services/{service}").into(), Arc::new(Notify::new()));
        Self { source, effects, wake, sends: Arc::new([]) }
    }

    /// The same, for a service that sends these types and no others.
    pub fn sending(self, kinds: &[&'static str]) -> Self {
        Self { sends: kinds.into(), ..self }
    }

    /// The types that may be sent.
    pub fn sends(&self) -> &[&'static str] {
        &self.sends
    }

    pub(crate) fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// Tells that something happened to the aggregate `subject`, which thereby has version `aggver` (gapless from 1).
    pub async fn event<M: Message>(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        subject: &(dyn Display + Sync),
        aggver: i64,
        event: &M,
    ) -> Result<(), DbError> {
        self.put(tx, ctx, subject.to_string(), Some(aggver), event, self.effects.now()).await
    }

    /// As [`Outbox::event`] for several, in this order.
    pub async fn events<M: Message>(&self, tx: &mut Tx, events: &[Event<'_, M>]) -> Result<(), DbError> {
        let now = self.effects.now();
        let rows = events
            .iter()
            .map(|e| self.row(e.ctx, e.subject.clone(), Some(e.aggver), &e.event, now))
            .collect::<Result<Vec<OutboxRow>, DbError>>()?;
        self.insert(tx, &rows, now).await
    }

    /// Asks the addressee (the first part of the type's name) to act on `subject`.
    pub async fn command<M: Message>(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        subject: &(dyn Display + Sync),
        command: &M,
    ) -> Result<(), DbError> {
        self.put(tx, ctx, subject.to_string(), None, command, self.effects.now()).await
    }

    /// As [`Outbox::command`], held back for `delay`.
    pub async fn command_after<M: Message>(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        subject: &(dyn Display + Sync),
        command: &M,
        delay: Duration,
    ) -> Result<(), DbError> {
        self.put(tx, ctx, subject.to_string(), None, command, self.effects.now().plus(delay)).await
    }

    async fn put<M: Message>(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        subject: String,
        aggver: Option<i64>,
        message: &M,
        not_before: Timestamp,
    ) -> Result<(), DbError> {
        let row = self.row(ctx, subject, aggver, message, not_before)?;
        self.insert(tx, &[row], self.effects.now()).await
    }

    fn row<M: Message>(
        &self,
        ctx: &Ctx,
        subject: String,
        aggver: Option<i64>,
        message: &M,
        not_before: Timestamp,
    ) -> Result<OutboxRow, DbError> {
        if !self.sends.contains(&M::TYPE) {
            return Err(DbError::Undeclared { sender: self.source.to_string(), kind: M::TYPE });
        }
        let unwritable = |e: serde_json::Error| DbError::Other(format!("{}: {e}", M::TYPE));
        let id = self.effects.ids.uuid();
        let envelope = Envelope {
            specversion: "1.0".into(),
            id,
            source: self.source.to_string(),
            kind: M::TYPE.into(),
            time: self.effects.now(),
            aggver,
            correlationid: ctx.correlation.clone(),
            causationid: ctx.causation.as_deref().map(str::to_string),
            traceparent: ctx.trace.map(|trace| trace.to_string()),
            datacontenttype: "application/json".into(),
            data: to_raw_value(message).map_err(unwritable)?,
            subject,
        };
        let payload = envelope.to_json().map_err(unwritable)?;
        let part = partition(&envelope.subject);
        Ok(OutboxRow { id, part, kind: M::TYPE, subject: envelope.subject, aggver, payload, not_before })
    }

    async fn insert(&self, tx: &mut Tx, rows: &[OutboxRow], now: Timestamp) -> Result<(), DbError> {
        tx.insert_all(
            "insert into outbox (id, part, type, subject, aggver, payload, created_at, not_before)",
            rows.iter().map(|row| row.values(&now)).collect(),
            "",
        )
        .await?;
        let wake = self.wake.clone();
        tx.after_commit(move || wake.notify_one());
        Ok(())
    }
}

/// Messages published anew in one unit.
const AGAIN: i64 = 500;

/// Lets a bounded number of messages be published once more, those written after `after` and published since `since`, under
/// their own ids: whoever has had them takes no notice. How many, and after which to go on; None: that was the last.
pub async fn publish_again(db: &Db, since: Timestamp, after: i64) -> Result<(u64, Option<i64>), DbError> {
    db.tx_queue((since, after), |tx, (since, after)| {
        Box::pin(async move {
            let seqs: Vec<i64> = tx
                .query(
                    "select seq from outbox where seq > $1 and published_at >= $2 order by seq limit $3",
                    &[after, since, &AGAIN],
                    |r| r.get(0),
                )
                .await?;
            let rows = seqs.iter().map(|seq| vec![seq as &dyn Bind]).collect();
            tx.execute_many("update outbox set published_at = null where seq = $1", rows).await?;
            let full = seqs.len() as i64 == AGAIN;
            Ok((seqs.len() as u64, seqs.last().copied().filter(|_| full)))
        })
    })
    .await
}

/// One of several events that are told together.
pub struct Event<'a, M> {
    pub ctx: &'a Ctx,
    /// The aggregate's id.
    pub subject: String,
    /// The aggregate's version by it, gapless from 1.
    pub aggver: i64,
    pub event: M,
}

struct OutboxRow {
    id: Uuid,
    part: i64,
    kind: &'static str,
    subject: String,
    aggver: Option<i64>,
    payload: String,
    not_before: Timestamp,
}

impl OutboxRow {
    fn values<'a>(&'a self, now: &'a Timestamp) -> Vec<&'a (dyn Bind + 'a)> {
        vec![
            &self.id,
            &self.part,
            &self.kind,
            &self.subject,
            &self.aggver,
            &self.payload,
            now,
            &self.not_before,
        ]
    }
}

/// FNV-1a of the aggregate's id, mixed once more (FNV's high bits hardly know the last letters) and folded to a
/// partition: all messages of one aggregate share one.
pub(crate) fn partition(subject: &str) -> i64 {
    let hash = subject
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mixed = (hash ^ (hash >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed >> 40) % PARTITIONS as u64) as i64
}

/// Takes one field out of the events of this type that were told about `subject`: what it held was about somebody who is to be
/// forgotten. Consumers know events by their ids, so one that is published again is still the same.
///
/// # Errors
/// Those of the store, and what does not read as an envelope.
pub async fn redact<M: Message>(tx: &mut Tx, subject: &str, field: &str) -> Result<(), DbError> {
    let sql = "select seq, payload from outbox where subject = $1 and type = $2 and aggver is not null";
    let told: Vec<(i64, String)> =
        tx.query(sql, &[&subject, &M::TYPE], |row| Ok((row.get(0)?, row.get(1)?))).await?;
    for (seq, payload) in told {
        let broken = |e: serde_json::Error| DbError::Other(format!("an envelope does not read: {e}"));
        let mut envelope: serde_json::Value = serde_json::from_str(&payload).map_err(broken)?;
        if let Some(held) = envelope.get_mut("data").and_then(|data| data.get_mut(field)) {
            *held = serde_json::Value::Null;
            let payload = envelope.to_string();
            tx.execute("update outbox set payload = $2 where seq = $1", &[&seq, &payload]).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn partitions_are_stable_and_all_in_use() {
        let used: std::collections::BTreeSet<i64> =
            (0..500).map(|n| super::partition(&format!("ord_{n}"))).collect();
        assert_eq!(used.len(), 16);
        assert_eq!(super::partition("ord_1"), super::partition("ord_1"));
    }
}
