//! Who was erased, as rows.

use crate::application::ports::{Erasure, Erasures, ErasuresAsked};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Timestamp, UserId};

pub struct SqlErasures;

#[async_trait]
impl Erasures for SqlErasures {
    async fn add(&self, tx: &mut Tx, user: UserId, by: &str, at: Timestamp) -> Result<bool, DbError> {
        let sql = "insert into erased_people (user_id, erased_at, asked_by, told) values ($1, $2, $3, 0)
                   on conflict (user_id) do nothing";
        Ok(tx.execute(sql, &[&user, &at, &by]).await? == 1)
    }

    async fn has(&self, tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
        let sql = "select 1 from erased_people where user_id = $1";
        Ok(tx.query_opt(sql, &[&user], |_| Ok(())).await?.is_some())
    }

    async fn told(&self, tx: &mut Tx, user: UserId, now: Timestamp) -> Result<i64, DbError> {
        let sql = "update erased_people set told = told + 1, told_at = $2 where user_id = $1 returning told";
        let told = tx.query_opt(sql, &[&user, &now], |r| r.get(0)).await?;
        told.ok_or_else(|| DbError::Other(format!("{user} is to be told of as erased, and was not erased")))
    }

    async fn page(&self, tx: &mut Tx, asked: &ErasuresAsked) -> Result<Vec<Erasure>, DbError> {
        // Of those from before the time was kept all were told when they were erased.
        let sql = "select user_id, erased_at, coalesce(told_at, erased_at) from erased_people
                   where user_id > $1 and coalesce(told_at, erased_at) > $2 and coalesce(told_at, erased_at) <= $3
                   order by user_id limit $4";
        let asked: [&dyn Bind; 4] = [&asked.after, &asked.told_after, &asked.told_until, &asked.limit];
        tx.query(sql, &asked, |r| Ok(Erasure { user: r.id(0)?, erased_at: r.get(1)?, told_at: r.get(2)? }))
            .await
    }
}
