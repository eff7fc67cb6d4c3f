//! What the audit asks of a service's messages: every one published (10), every aggregate's versions gapless (11).

use hanse_database::sql::Sql;
use hanse_database::{Db, DbError};
use hanse_kernel::Timestamp;
use uuid::Uuid;

/// A broken invariant, told for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub invariant: u32,
    pub subject: String,
    pub detail: String,
    pub remedy: &'static str,
    /// The row that it is about, `table.column = value`.
    pub row: String,
}

/// Examines outbox and parked messages that have been at rest since `since`.
pub async fn examine(db: &Db, since: Timestamp) -> Result<Vec<Found>, DbError> {
    db.scan(since, |tx, since| {
        Box::pin(async move {
            let mut found = tx
                .query(
                    "select type, subject, id from outbox where published_at is null and not_before < $1
                     order by seq limit 100",
                    &[since],
                    |r| {
                        Ok(Found {
                            invariant: 10,
                            subject: r.get(1)?,
                            detail: format!("{} was never published", r.get::<String>(0)?),
                            remedy: "look for relay errors in the service's log; it publishes by itself once they end",
                            row: format!("outbox.id = {}", r.get::<Uuid>(2)?),
                        })
                    },
                )
                .await?;
            found.extend(
                tx.query(
                    "select consumer, subject, type, reason, id from parked where parked_at < $1 order by parked_at limit 100",
                    &[since],
                    |r| {
                        let (consumer, kind, reason): (String, String, String) = (r.get(0)?, r.get(2)?, r.get(3)?);
                        Ok(Found {
                            invariant: 10,
                            subject: r.get(1)?,
                            detail: format!("{kind} is parked at {consumer}: {reason}"),
                            remedy: "mend the cause, then `hanse parked redrive`; some are tried again by themselves for hours",
                            row: format!("parked.id = {}", r.get::<Uuid>(4)?),
                        })
                    },
                )
                .await?,
            );
            found.extend(
                tx.query(
                    "select subject, count(*), max(aggver), min(aggver) from outbox
                     where aggver is not null and created_at < $1
                     group by subject having max(aggver) - min(aggver) + 1 <> count(*) limit 100",
                    &[since],
                    |r| {
                        let (count, max, min): (i64, i64, i64) = (r.get(1)?, r.get(2)?, r.get(3)?);
                        let subject: String = r.get(0)?;
                        Ok(Found {
                            invariant: 11,
                            row: format!("outbox.subject = {subject}"),
                            subject,
                            detail: format!("{count} events between versions {min} and {max}"),
                            remedy: "an event is missing from the outbox: restore the file from a backup or report a defect",
                        })
                    },
                )
                .await?,
            );
            Ok(found)
        })
    })
    .await
}
