//! Ends of other services' chains, kept here, and how far those chains have been verified.

use crate::seal::End;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::Timestamp;
use std::time::Duration;

/// Told at once.
pub const PAGE: i64 = 500;
/// The least by which times differ.
const MOMENT: Duration = Duration::from_micros(1);

/// An operator has not said of it that it counts no more.
const COUNTS: &str = "not exists (select 1 from record_accepted a where a.service = record_anchor.service
    and record_anchor.seq > a.after_seq and record_anchor.seq <= a.until_seq and record_anchor.told_at <= a.accepted_at)";

/// Keeps an end that a service has told. The first word that counts does: whoever tells another end later has it in vain.
pub async fn keep(tx: &mut Tx, service: &str, end: &End, now: Timestamp) -> Result<(), DbError> {
    let sql = format!("select 1 from record_anchor where service = $1 and seq = $2 and {COUNTS} limit 1");
    if tx.query_opt(&sql, &[&service, &end.seq], |_| Ok(())).await?.is_some() {
        return Ok(());
    }
    // Times that an operator has accepted may be ahead of this clock.
    let accepted = "select max(accepted_at) from record_accepted
                    where service = $1 and after_seq < $2 and until_seq >= $2";
    let accepted: Option<Timestamp> =
        tx.query_opt(accepted, &[&service, &end.seq], |r| r.get(0)).await?.flatten();
    let at = accepted.map_or(now, |accepted| now.max(accepted.plus(MOMENT)));
    tx.execute(
        "insert into record_anchor (service, seq, hash, told_at) values ($1, $2, $3, $4) on conflict do nothing",
        &[&service, &end.seq, &end.hash, &at],
    )
    .await
    .map(|_| ())
}

/// Those of a service after `seq` that count, in order, at most [`PAGE`].
pub async fn after(db: &Db, service: &str, seq: i64) -> Result<Vec<End>, DbError> {
    db.scan((service.to_string(), seq), |tx, (service, seq)| {
        Box::pin(async move {
            let sql = format!(
                "select seq, hash from record_anchor where service = $1 and seq > $2 and {COUNTS} order by seq limit $3"
            );
            tx.query(&sql, &[service, seq, &PAGE], |r| Ok(End { seq: r.get(0)?, hash: r.get(1)? })).await
        })
    })
    .await
}

/// How far a service's chain was found to be in order the last time.
pub async fn verified(db: &Db, service: &str) -> Result<Option<End>, DbError> {
    db.read(service.to_string(), |tx, service| {
        Box::pin(async move {
            let sql = "select seq, hash from record_verified where service = $1";
            tx.query_opt(sql, &[service], |r| Ok(End { seq: r.get(0)?, hash: r.get(1)? })).await
        })
    })
    .await
}

/// Remembers how far; what was verified further before stays.
pub async fn remember(db: &Db, service: &str, end: End, now: Timestamp) -> Result<(), DbError> {
    db.tx_queue((service.to_string(), end, now), |tx, (service, end, now)| {
        Box::pin(async move {
            tx.execute(
                "insert into record_verified (service, seq, hash, verified_at) values ($1, $2, $3, $4)
                 on conflict (service) do update set seq = excluded.seq, hash = excluded.hash, verified_at = excluded.verified_at
                 where record_verified.seq <= excluded.seq",
                &[service, &end.seq, &end.hash, now],
            )
            .await
            .map(|_| ())
        })
    })
    .await
}

/// Where a log and what was told of it differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Up to this entry they agree.
    pub after: i64,
    /// The last of which something else was told.
    pub until: i64,
}

/// From now on a service's log is believed as it stands, up to `end`: what was told of entries in the gap so far counts no more. Anchors
/// stay; which of them count is written beside them.
pub async fn accept(tx: &mut Tx, service: &str, gap: &Gap, end: &End, now: Timestamp) -> Result<(), DbError> {
    // Clocks differ: all that has been told by now is meant.
    let sql = "select max(told_at) from record_anchor where service = $1 and seq > $2 and seq <= $3";
    let told: Option<Timestamp> =
        tx.query_opt(sql, &[&service, &gap.after, &gap.until], |r| r.get(0)).await?.flatten();
    let at = told.filter(|told| *told > now).unwrap_or(now);
    tx.execute(
        "insert into record_accepted (service, after_seq, until_seq, accepted_at) values ($1, $2, $3, $4)",
        &[&service, &gap.after, &gap.until, &at],
    )
    .await?;
    // Also where that is less far than it was.
    tx.execute(
        "insert into record_verified (service, seq, hash, verified_at) values ($1, $2, $3, $4)
         on conflict (service) do update set seq = excluded.seq, hash = excluded.hash, verified_at = excluded.verified_at",
        &[&service, &end.seq, &end.hash, &now],
    )
    .await
    .map(|_| ())
}
