//! The inbox: the first row a handler's unit writes. A message that is there already has had its effect.

use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;
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
