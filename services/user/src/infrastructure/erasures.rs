//! Who was erased, as rows.

use crate::application::ports::Erasures;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Timestamp, UserId};

pub struct SqlErasures;

#[async_trait]
impl Erasures for SqlErasures {
    async fn add(&self, tx: &mut Tx, user: UserId, by: &str, now: Timestamp) -> Result<bool, DbError> {
        let sql = "insert into erased_people (user_id, erased_at, asked_by) values ($1, $2, $3)
                   on conflict (user_id) do nothing";
        Ok(tx.execute(sql, &[&user, &now, &by]).await? == 1)
    }

    async fn has(&self, tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
        let sql = "select 1 from erased_people where user_id = $1";
        Ok(tx.query_opt(sql, &[&user], |_| Ok(())).await?.is_some())
    }
}
