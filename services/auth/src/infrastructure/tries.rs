//! Tries as rows.

use crate::application::ports::Tries;
use crate::domain::TryKey;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;
use std::time::Duration;

pub struct SqlTries;

#[async_trait]
impl Tries for SqlTries {
    async fn take(&self, tx: &mut Tx, key: &TryKey, now: Timestamp) -> Result<Option<Duration>, DbError> {
        let over = now.minus(key.bound.per);
        let counted = tx
            .query_opt(
                "insert into password_tries (key, since, count) values ($1, $2, 1)
                 on conflict (key) do update set
                   count = case when password_tries.since <= $3 then 1 else password_tries.count + 1 end,
                   since = case when password_tries.since <= $3 then $2 else password_tries.since end
                 returning since, count",
                &[&key.as_bytes(), &now, &over],
                |row| Ok((row.get::<Timestamp>(0)?, row.get::<i64>(1)?)),
            )
            .await?;
        Ok(counted.and_then(|(since, count)| key.bound.wait(since, count, now)))
    }

    async fn give_back(&self, tx: &mut Tx, key: &TryKey) -> Result<(), DbError> {
        let sql = "update password_tries set count = count - 1 where key = $1 and count > 0";
        tx.execute(sql, &[&key.as_bytes()]).await.map(|_| ())
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        tx.execute(
            "delete from password_tries where key in
               (select key from password_tries where since < $1 order by since, key limit $2)",
            &[&before, &limit],
        )
        .await
    }
}
