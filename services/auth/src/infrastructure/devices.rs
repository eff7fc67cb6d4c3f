//! Devices as rows.

use super::sealed::{ACCOUNT_KEY, Sought, sought};
use crate::application::ports::Devices;
use crate::domain::{Acquaintance, EmailAddress, TokenDigest};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Timestamp, UserId};
use hanse_vault::Vault;

pub struct SqlDevices {
    pub vault: Vault,
}

#[async_trait]
impl Devices for SqlDevices {
    async fn knows(&self, tx: &mut Tx, email: &EmailAddress, device: &TokenDigest) -> Result<bool, DbError> {
        let Sought { blind, plain } = sought(tx, &self.vault, ACCOUNT_KEY, email).await?;
        let sql = "select 1 from devices d join accounts a on a.id = d.user_id
                   where a.email_key in ($1, $2) and d.digest = $3";
        Ok(tx.query_opt(sql, &[&blind, &plain, &device.as_bytes()], |_| Ok(())).await?.is_some())
    }

    async fn meet(
        &self,
        tx: &mut Tx,
        user: UserId,
        device: &TokenDigest,
        now: Timestamp,
    ) -> Result<Acquaintance, DbError> {
        let again = "update devices set last_login_at = $3 where user_id = $1 and digest = $2";
        if tx.execute(again, &[&user, &device.as_bytes(), &now]).await? == 1 {
            return Ok(Acquaintance::Known);
        }
        let other = "select 1 from devices where user_id = $1 limit 1";
        let others = tx.query_opt(other, &[&user], |_| Ok(())).await?.is_some();
        tx.execute(
            "insert into devices (user_id, digest, last_login_at) values ($1, $2, $3) on conflict do nothing",
            &[&user, &device.as_bytes(), &now],
        )
        .await?;
        Ok(if others { Acquaintance::New } else { Acquaintance::First })
    }

    async fn forget_all(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        tx.execute("delete from devices where user_id = $1", &[&user]).await.map(|_| ())
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        tx.execute(
            "delete from devices where (user_id, digest) in
               (select user_id, digest from devices where last_login_at < $1
                order by last_login_at, user_id, digest limit $2)",
            &[&before, &limit],
        )
        .await
    }
}
