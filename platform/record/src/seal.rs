//! Sealing: what has been written is numbered and chained, in the order in which it is found. Whoever writes never waits for
//! the end of the chain; whoever seals holds it, so that two processes that seal at once take turns.

use crate::chain::{self, GENESIS};
use crate::log::{Record, append};
use crate::stored::{COLUMNS, Stored};
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::Timestamp;
use std::time::Duration;

/// Sealed in one unit.
const BATCH: i64 = 200;
/// What is counted becomes an entry after so long.
pub const COUNTED_FOR: Duration = Duration::from_secs(60);
/// The end of the chain is told elsewhere at most once in so long.
pub const TOLD_EVERY: Duration = Duration::from_secs(10);

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub seq: i64,
    pub hash: Vec<u8>,
}

/// What a unit that sealed has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sealed {
    pub entries: usize,
    /// There may be more.
    pub more: bool,
    /// The end of the chain, if it is time to tell it: it counts as told, so the unit must send it.
    pub tell: Option<End>,
}

/// Whether there is anything to seal or to tell: a look, so that nobody holds the end of a chain for nothing.
pub async fn is_due(db: &Db, now: Timestamp) -> Result<bool, DbError> {
    db.read(now, |tx, now| {
        Box::pin(async move {
            let sql = "select 1 from record_entry where seq is null limit 1";
            if tx.query_opt(sql, &[], |r| r.get::<i64>(0)).await?.is_some() {
                return Ok(true);
            }
            let sql = "select 1 from record_tally where since <= $1 limit 1";
            if tx.query_opt(sql, &[&now.minus(COUNTED_FOR)], |r| r.get::<i64>(0)).await?.is_some() {
                return Ok(true);
            }
            let sql = "select 1 from record_head where seq > told_seq and (told_at is null or told_at <= $1)";
            Ok(tx.query_opt(sql, &[&now.minus(TOLD_EVERY)], |r| r.get::<i64>(0)).await?.is_some())
        })
    })
    .await
}

/// Seals what waits, a bounded number. The caller's unit must be a queueing one ([`Db::tx_queue`]): its first read takes hold
/// of the chain's end, and what it reads next was written before that.
pub async fn seal(tx: &mut Tx, record: &Record, now: Timestamp) -> Result<Sealed, DbError> {
    let head = take_hold(tx).await?;
    count_up(tx, now).await?;
    let sql = format!("select {COLUMNS} from record_entry where seq is null order by id limit {BATCH}");
    let waiting = tx.query(&sql, &[], Stored::read).await?;
    let (mut seq, mut hash) = (head.end.seq, head.end.hash);
    let mut links = vec![];
    for entry in &waiting {
        seq += 1;
        let before = std::mem::take(&mut hash);
        hash = chain::hash(record.service, seq, &before, entry).to_vec();
        links.push((entry.id, seq, before, hash.clone()));
    }
    tx.execute_many(
        "update record_entry set seq = $2, prev_hash = $3, hash = $4 where id = $1",
        links.iter().map(|(id, seq, before, hash)| vec![id as _, seq as _, before as _, hash as _]).collect(),
    )
    .await?;
    let due = head.told_at.is_none_or(|told| told <= now.minus(TOLD_EVERY));
    let tell = (due && seq > head.told_seq).then(|| End { seq, hash: hash.clone() });
    let (told_seq, told_at) = match &tell {
        Some(end) => (end.seq, Some(now)),
        None => (head.told_seq, head.told_at),
    };
    tx.execute(
        "update record_head set seq = $1, hash = $2, told_seq = $3, told_at = $4",
        &[&seq, &hash, &told_seq, &told_at],
    )
    .await?;
    Ok(Sealed { entries: waiting.len(), more: waiting.len() as i64 == BATCH, tell })
}

struct Head {
    end: End,
    told_seq: i64,
    told_at: Option<Timestamp>,
}

/// The row is made by the first who seals: a new database has nothing in it.
async fn take_hold(tx: &mut Tx) -> Result<Head, DbError> {
    let sql = "select seq, hash, told_seq, told_at from record_head /*pg*/for update/*end*/";
    let read = |r: &hanse_database::sql::Row<'_>| {
        Ok(Head { end: End { seq: r.get(0)?, hash: r.get(1)? }, told_seq: r.get(2)?, told_at: r.get(3)? })
    };
    if let Some(head) = tx.query_opt(sql, &[], read).await? {
        return Ok(head);
    }
    let genesis = GENESIS.to_vec();
    tx.execute(
        "insert into record_head (one, seq, hash, told_seq) values (1, 0, $1, 0) on conflict do nothing",
        &[&genesis],
    )
    .await?;
    let head = tx.query_opt(sql, &[], read).await?;
    head.ok_or_else(|| DbError::Other("the audit log has no end".into()))
}

/// Makes entries of what was counted long enough.
async fn count_up(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    let sql = "delete from record_tally where key in
                 (select key from record_tally where since <= $1 order by since, key limit 100)
               returning times, entry";
    let counted = tx
        .query(sql, &[&now.minus(COUNTED_FOR)], |r| {
            let entry: Stored = r.json(1)?;
            Ok(Stored { times: r.get(0)?, ..entry })
        })
        .await?;
    append(tx, &counted).await
}
