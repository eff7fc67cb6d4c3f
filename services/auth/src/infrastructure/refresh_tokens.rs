//! Refresh tokens as rows, by digest.

use crate::application::ports::RefreshTokens;
use crate::domain::{RefreshToken, TokenDigest};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;

pub struct SqlRefreshTokens;

fn token(row: &Row<'_>) -> Result<RefreshToken, DbError> {
    let digest = TokenDigest::from_bytes(&row.get::<Vec<u8>>(0)?);
    Ok(RefreshToken {
        digest: digest.ok_or(DbError::Column { index: 0, message: "expected 32 bytes".into() })?,
        session: row.id(1)?,
        issued_at: row.get(2)?,
        expires_at: row.get(3)?,
        used_at: row.get(4)?,
    })
}

#[async_trait]
impl RefreshTokens for SqlRefreshTokens {
    async fn add(&self, tx: &mut Tx, token: &RefreshToken) -> Result<(), DbError> {
        tx.execute(
            "insert into refresh_tokens (digest, session_id, issued_at, expires_at, used_at)
             values ($1, $2, $3, $4, $5)",
            &[&token.digest.as_bytes(), &token.session, &token.issued_at, &token.expires_at, &token.used_at],
        )
        .await?;
        Ok(())
    }

    async fn by_digest(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<RefreshToken>, DbError> {
        tx.query_opt(
            "select digest, session_id, issued_at, expires_at, used_at from refresh_tokens where digest = $1",
            &[&digest.as_bytes()],
            token,
        )
        .await
    }

    async fn use_up(&self, tx: &mut Tx, digest: &TokenDigest, now: Timestamp) -> Result<bool, DbError> {
        let sql = "update refresh_tokens set used_at = $2 where digest = $1 and used_at is null";
        Ok(tx.execute(sql, &[&digest.as_bytes(), &now]).await? == 1)
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        // The live one stays with its session, expired or not: one per family is what the audit counts.
        tx.execute(
            "delete from refresh_tokens where digest in
               (select digest from refresh_tokens where used_at is not null and expires_at < $1
                order by expires_at, digest limit $2)",
            &[&before, &limit],
        )
        .await
    }
}
