//! What operators did by hand to messages: who redrove or gave up which, when and why. Kept in the database of the
//! service that takes the message, and written before the deed or together with it, never after.

use crate::consumer::Consumers;
use hanse_database::sql::{Row, Sql};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Actor, CorrelationId, Ctx, Effects, Timestamp, Whence};
use hanse_record::{Entry, Record};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long they are kept.
pub const KEPT: Duration = Duration::from_secs(365 * 24 * 3600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Redrive,
    Discard,
}

/// Where the message waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Parked in the service's database.
    Parked,
    /// Among the dead letters of the broker.
    Dead,
}

/// Who does something, and why.
#[derive(Debug, Clone)]
pub struct Operator {
    pub who: String,
    /// Always told with a discard.
    pub reason: Option<String>,
}

/// One deed. What is no message has no source, type and subject.
#[derive(Debug, Clone)]
pub struct Act {
    pub at: Timestamp,
    pub who: String,
    pub deed: String,
    pub place: String,
    pub consumer: String,
    pub message: Uuid,
    pub source: Option<String>,
    pub kind: Option<String>,
    pub subject: Option<String>,
    pub reason: Option<String>,
}

impl Deed {
    fn word(self) -> &'static str {
        match self {
            Self::Redrive => "redrive",
            Self::Discard => "discard",
        }
    }
}

impl Place {
    pub fn word(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Dead => "dead",
        }
    }
}

impl Act {
    pub(crate) fn new(effects: &Effects, by: &Operator, deed: Deed, place: Place, of: Subject<'_>) -> Self {
        Self {
            at: effects.now(),
            who: by.who.clone(),
            deed: deed.word().into(),
            place: place.word().into(),
            consumer: of.consumer.into(),
            message: of.message,
            source: of.source.map(str::to_string),
            kind: of.kind.map(str::to_string),
            subject: of.subject.map(str::to_string),
            reason: by.reason.clone(),
        }
    }
}

/// What it is done to.
pub(crate) struct Subject<'a> {
    pub(crate) consumer: &'a str,
    pub(crate) message: Uuid,
    pub(crate) source: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    pub(crate) subject: Option<&'a str>,
}

/// Both books that a deed is written down in: the operator's own, with the reason, which is kept for a year; and the audit
/// log, for ever.
#[derive(Clone)]
pub(crate) struct Books {
    record: Record,
    effects: Effects,
}

impl Books {
    pub(crate) fn of(consumers: &Consumers) -> Self {
        let (service, effects) = (consumers.target.service, consumers.target.effects.clone());
        Self { record: Record::new(service, effects.clone()), effects }
    }

    /// Writes it down in the unit that does it.
    pub(crate) async fn note(&self, tx: &mut Tx, act: &Act) -> Result<(), DbError> {
        note(tx, act).await?;
        let correlation = CorrelationId::new(self.effects.ids.uuid());
        let mut ctx = Ctx::new(Actor::service(OPERATOR), correlation);
        ctx.whence = Some(Arc::new(Whence { operator: Some(act.who.as_str().into()), ..Whence::default() }));
        let action = if act.deed == Deed::Redrive.word() { "message.redriven" } else { "message.discarded" };
        let of =
            json!({"place": act.place, "consumer": act.consumer, "type": act.kind, "subject": act.subject});
        self.record.note(tx, &ctx, Entry::new(action, "message", act.message).was(of)).await
    }
}

/// As the audit log calls the operator's command line.
const OPERATOR: &str = "hanse";

async fn note(tx: &mut Tx, act: &Act) -> Result<(), DbError> {
    tx.execute(
        "insert into operator_act (at, who, deed, place, consumer, message, source, type, subject, reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            &act.at,
            &act.who,
            &act.deed,
            &act.place,
            &act.consumer,
            &act.message,
            &act.source,
            &act.kind,
            &act.subject,
            &act.reason,
        ],
    )
    .await
    .map(|_| ())
}

/// Writes it down for itself, before what a unit cannot do.
pub(crate) async fn note_ahead(consumers: &Consumers, act: Act) -> Result<(), DbError> {
    let input = (Books::of(consumers), act);
    consumers.db().tx(input, |tx, (books, act)| Box::pin(books.note(tx, act))).await
}

fn row(r: &Row<'_>) -> Result<Act, DbError> {
    Ok(Act {
        at: r.get(0)?,
        who: r.get(1)?,
        deed: r.get(2)?,
        place: r.get(3)?,
        consumer: r.get(4)?,
        message: r.get(5)?,
        source: r.get(6)?,
        kind: r.get(7)?,
        subject: r.get(8)?,
        reason: r.get(9)?,
    })
}

/// The latest in one place, the newest first, at most 500.
pub async fn latest(db: &Db, place: Place) -> Result<Vec<Act>, DbError> {
    db.read(place.word(), |tx, place| {
        Box::pin(async move {
            let sql = "select at, who, deed, place, consumer, message, source, type, subject, reason
                       from operator_act where place = $1 order by seq desc limit 500";
            tx.query(sql, &[place], row).await
        })
    })
    .await
}

/// Forgets what is older than [`KEPT`], a bounded number per call.
pub(crate) async fn forget_old(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "delete from operator_act where seq in (select seq from operator_act where at < $1 order by seq limit 1000)",
        &[&now.minus(KEPT)],
    )
    .await
    .map(|_| ())
}
