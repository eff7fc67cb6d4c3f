//! Ends of other services' chains, kept here, and how far those chains have been verified.

use crate::seal::End;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::Timestamp;

/// Told at once.
pub const PAGE: i64 = 500;

/// Keeps an end that a service has told. The first word counts: whoever tells another end later has it in vain.
pub async fn keep(tx: &mut Tx, service: &str, end: &End, now: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "insert into record_anchor (service, seq, hash, told_at) values ($1, $2, $3, $4) on conflict do nothing",
        &[&service, &end.seq, &end.hash, &now],
    )
    .await
    .map(|_| ())
}

/// Those of a service after `seq`, in order, at most [`PAGE`].
pub async fn after(db: &Db, service: &str, seq: i64) -> Result<Vec<End>, DbError> {
    db.scan((service.to_string(), seq), |tx, (service, seq)| {
        Box::pin(async move {
            let sql =
                "select seq, hash from record_anchor where service = $1 and seq > $2 order by seq limit $3";
            tx.query(sql, &[service, seq, &PAGE], |r| Ok(End { seq: r.get(0)?, hash: r.get(1)? })).await
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
