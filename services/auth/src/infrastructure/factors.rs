//! Second factors as rows, the secrets of apps wrapped when there is a key to wrap them with.

use crate::application::ports::Factors;
use crate::domain::{Enrolled, TokenDigest, TotpFactor, TotpSecret};
use crate::infrastructure::Vault;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Timestamp, UserId};
use std::sync::Arc;
use zeroize::Zeroizing;

pub struct SqlFactors {
    vault: Arc<Vault>,
}

impl SqlFactors {
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }

    fn factor(&self, row: &Row<'_>) -> Result<TotpFactor, DbError> {
        let owner: UserId = row.id(0)?;
        let stored = Zeroizing::new(row.get::<Vec<u8>>(1)?);
        let opened = match row.get::<bool>(2)? {
            true => self.vault.open(&sealed_as(owner), &stored).map_err(|e| DbError::Other(e.to_string()))?,
            false => stored,
        };
        let broken = || DbError::Column { index: 1, message: "is no secret of an app".into() };
        Ok(TotpFactor {
            owner,
            secret: TotpSecret::from_bytes(&opened).ok_or_else(broken)?,
            created_at: row.get(3)?,
            confirmed_at: row.get(4)?,
            used_step: row.get(5)?,
        })
    }
}

/// Bound to its owner: nobody's can be put in the place of another's.
pub(super) fn sealed_as(owner: UserId) -> String {
    format!("totp {owner}")
}

#[async_trait]
impl Factors for SqlFactors {
    async fn enrolled(&self, tx: &mut Tx, user: UserId) -> Result<Enrolled, DbError> {
        let found = tx
            .query_opt(
                "select (select confirmed_at from totp_factors where user_id = $1),
                        (select count(*) from recovery_codes where user_id = $1),
                        (select count(*) from passkeys where user_id = $1)",
                &[&user],
                |row| {
                    Ok(Enrolled {
                        totp_since: row.get(0)?,
                        recovery_codes: row.get(1)?,
                        passkeys: row.get(2)?,
                    })
                },
            )
            .await?;
        Ok(found.unwrap_or_default())
    }

    async fn totp(&self, tx: &mut Tx, user: UserId) -> Result<Option<TotpFactor>, DbError> {
        let sql = "select user_id, secret, wrapped, created_at, confirmed_at, used_step from totp_factors
                   where user_id = $1";
        tx.query_opt(sql, &[&user], |row| self.factor(row)).await
    }

    async fn begin_totp(&self, tx: &mut Tx, factor: &TotpFactor) -> Result<bool, DbError> {
        let sealed = self.vault.seal(&sealed_as(factor.owner), factor.secret.as_bytes());
        let (secret, wrapped) = match &sealed {
            Some(sealed) => (sealed.as_slice(), true),
            None => (factor.secret.as_bytes(), false),
        };
        let begun = tx
            .execute(
                "insert into totp_factors (user_id, secret, wrapped, created_at, used_step)
                 values ($1, $2, $3, $4, $5)
                 on conflict (user_id) do update set
                   secret = excluded.secret, wrapped = excluded.wrapped, created_at = excluded.created_at,
                   used_step = excluded.used_step
                 where totp_factors.confirmed_at is null",
                &[&factor.owner, &secret, &wrapped, &factor.created_at, &factor.used_step],
            )
            .await?;
        Ok(begun == 1)
    }

    async fn use_totp(
        &self,
        tx: &mut Tx,
        user: UserId,
        step: i64,
        confirmed_at: Timestamp,
    ) -> Result<bool, DbError> {
        let used = tx
            .execute(
                "update totp_factors set used_step = $2, confirmed_at = $3 where user_id = $1 and used_step < $2",
                &[&user, &step, &confirmed_at],
            )
            .await?;
        Ok(used == 1)
    }

    async fn remove_totp(&self, tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
        let sql = "delete from totp_factors where user_id = $1 and confirmed_at is not null";
        Ok(tx.execute(sql, &[&user]).await? == 1)
    }

    async fn give_up_totp(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        let sql = "delete from totp_factors where user_id = $1 and confirmed_at is null";
        tx.execute(sql, &[&user]).await.map(|_| ())
    }

    async fn put_recovery_codes(
        &self,
        tx: &mut Tx,
        user: UserId,
        codes: &[TokenDigest],
    ) -> Result<(), DbError> {
        tx.execute("delete from recovery_codes where user_id = $1", &[&user]).await?;
        for code in codes {
            let sql = "insert into recovery_codes (user_id, digest) values ($1, $2)";
            tx.execute(sql, &[&user, &code.as_bytes()]).await?;
        }
        Ok(())
    }

    async fn use_recovery_code(
        &self,
        tx: &mut Tx,
        user: UserId,
        code: &TokenDigest,
    ) -> Result<bool, DbError> {
        let sql = "delete from recovery_codes where user_id = $1 and digest = $2";
        Ok(tx.execute(sql, &[&user, &code.as_bytes()]).await? == 1)
    }
}
