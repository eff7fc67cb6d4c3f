//! The inbox: the first row a handler's unit writes. A message that is there already has had its effect.

use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// How long a message is remembered: longer than anything is ever re-delivered.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Whether the message is new to the consumer; from now on it is not.
pub async fn first_time(
    tx: &mut Tx,
    consumer: &str,
    source: &str,
    id: Uuid,
    now: Timestamp,
) -> Result<bool, DbError> {
    let inserted = tx
        .execute(
            "insert into inbox (consumer, source, id, received_at) values ($1, $2, $3, $4) on conflict do nothing",
            &[&consumer, &source, &id, &now],
        )
        .await?;
    Ok(inserted == 1)
}

/// A message as its consumer remembers it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) consumer: &'static str,
    pub(crate) source: String,
    pub(crate) id: Uuid,
}

/// As [`first_time`] for several messages: which of them are new, in their order. One that is among them twice is new
/// once.
pub(crate) async fn first_times(
    tx: &mut Tx,
    messages: &[&Key],
    now: Timestamp,
) -> Result<Vec<bool>, DbError> {
    // In one order for all, so that two who are given the same messages do not wait for each other in a circle.
    let distinct: BTreeSet<&Key> = messages.iter().copied().collect();
    let rows = distinct.iter().map(|key| vec![&key.consumer as _, &key.source as _, &key.id as _, &now as _]);
    let mut new: BTreeSet<(String, String, Uuid)> = tx
        .insert_all_returning(
            "insert into inbox (consumer, source, id, received_at)",
            rows.collect(),
            "on conflict do nothing returning consumer, source, id",
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )
        .await?
        .into_iter()
        .collect();
    Ok(messages.iter().map(|key| new.remove(&(key.consumer.into(), key.source.clone(), key.id))).collect())
}

/// Forgets what is older than [`KEPT`], a bounded number per call; how many rows went.
pub async fn forget_old(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    let before = now.minus(KEPT);
    tx.execute(
        "delete from inbox where (consumer, source, id) in
           (select consumer, source, id from inbox where received_at < $1 order by received_at limit 1000)",
        &[&before],
    )
    .await
}
