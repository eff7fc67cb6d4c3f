//! Challenges as rows.

use crate::application::ports::Challenges;
use crate::domain::{Challenge, TokenDigest};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Timestamp, UserId};

pub struct SqlChallenges;

fn digest(row: &Row<'_>, index: usize) -> Result<TokenDigest, DbError> {
    let message = || "expected 32 bytes".to_string();
    TokenDigest::from_bytes(&row.get::<Vec<u8>>(index)?)
        .ok_or_else(|| DbError::Column { index, message: message() })
}

fn challenge(row: &Row<'_>) -> Result<Challenge, DbError> {
    Ok(Challenge {
        digest: digest(row, 0)?,
        owner: row.id(1)?,
        device: digest(row, 2)?,
        shown: row.parse(3)?,
        transport: row.parse(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
    })
}

#[async_trait]
impl Challenges for SqlChallenges {
    async fn add(&self, tx: &mut Tx, challenge: &Challenge) -> Result<(), DbError> {
        tx.execute(
            "insert into factor_challenges (digest, user_id, device, shown, transport, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &challenge.digest.as_bytes(),
                &challenge.owner,
                &challenge.device.as_bytes(),
                &challenge.shown.as_str(),
                &challenge.transport.as_str(),
                &challenge.created_at,
                &challenge.expires_at,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn by_digest(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<Challenge>, DbError> {
        let sql = "select digest, user_id, device, shown, transport, created_at, expires_at
                   from factor_challenges where digest = $1";
        tx.query_opt(sql, &[&digest.as_bytes()], challenge).await
    }

    async fn hold(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<Challenge>, DbError> {
        let sql = "select digest, user_id, device, shown, transport, created_at, expires_at
                   from factor_challenges where digest = $1 /*pg*/for update/*end*/";
        tx.query_opt(sql, &[&digest.as_bytes()], challenge).await
    }

    async fn close(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<bool, DbError> {
        let sql = "delete from factor_challenges where digest = $1";
        Ok(tx.execute(sql, &[&digest.as_bytes()]).await? == 1)
    }

    async fn close_all(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        tx.execute("delete from factor_challenges where user_id = $1", &[&user]).await.map(|_| ())
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        tx.execute(
            "delete from factor_challenges where digest in
               (select digest from factor_challenges where expires_at < $1 order by expires_at, digest limit $2)",
            &[&before, &limit],
        )
        .await
    }
}
