//! Errands to providers of logins as rows.

use crate::application::ports::Errands;
use crate::domain::{Errand, ReturnPath, TokenDigest};
use crate::infrastructure::identities::provider;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;

pub struct SqlErrands;

fn errand(digest: TokenDigest, row: &Row<'_>) -> Result<Errand, DbError> {
    let return_to = ReturnPath::parse(&row.get::<String>(2)?);
    Ok(Errand {
        digest,
        provider: provider(&row.get::<String>(0)?, 0)?,
        owner: row.id_opt(1)?,
        return_to: return_to.map_err(|e| DbError::Column { index: 2, message: e.to_string() })?,
        created_at: row.get(3)?,
        expires_at: row.get(4)?,
    })
}

#[async_trait]
impl Errands for SqlErrands {
    async fn add(&self, tx: &mut Tx, errand: &Errand) -> Result<(), DbError> {
        tx.execute(
            "insert into errands (digest, provider, user_id, return_to, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6)",
            &[
                &errand.digest.as_bytes(),
                &errand.provider.as_str(),
                &errand.owner,
                &errand.return_to.as_str(),
                &errand.created_at,
                &errand.expires_at,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn take(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<Errand>, DbError> {
        let taken = *digest;
        tx.query_opt(
            "delete from errands where digest = $1
             returning provider, user_id, return_to, created_at, expires_at",
            &[&digest.as_bytes()],
            move |row| errand(taken, row),
        )
        .await
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        tx.execute(
            "delete from errands where digest in
               (select digest from errands where expires_at < $1 order by expires_at, digest limit $2)",
            &[&before, &limit],
        )
        .await
    }
}
