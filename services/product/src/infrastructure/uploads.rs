//! Which uploads there are, in their table.

use super::products::upload_of;
use crate::application::ports::Uploads;
use crate::domain::upload::Upload;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;
use std::time::Duration;

pub struct SqlUploads;

/// Whoever removes files and is not done by then has stopped.
const TAKEN_OVER: Duration = Duration::from_secs(3600);

#[async_trait]
impl Uploads for SqlUploads {
    async fn claim(&self, tx: &mut Tx, upload: &Upload, now: Timestamp) -> Result<bool, DbError> {
        let widths: Vec<String> = upload.widths.iter().map(ToString::to_string).collect();
        let claimed = tx
            .execute(
                "insert into upload (digest, ending, width, height, widths, going, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (digest) do update set unused_since = null where not upload.going",
                &[
                    &upload.digest,
                    &upload.ending,
                    &upload.width,
                    &upload.height,
                    &widths.join(" "),
                    &false,
                    &now,
                ],
            )
            .await?;
        Ok(claimed == 1)
    }

    async fn shown(&self, tx: &mut Tx, digest: &str) -> Result<bool, DbError> {
        // Written even where nothing changes: who removes it at the same moment is in its way.
        let sql = "update upload set unused_since = null where digest = $1 and not going";
        Ok(tx.execute(sql, &[&digest]).await? == 1)
    }

    async fn mark_unused(&self, tx: &mut Tx, now: Timestamp) -> Result<i64, DbError> {
        tx.execute(
            "update upload set unused_since = $1 where unused_since is null
             and not exists (select 1 from image i where i.upload = upload.digest)",
            &[&now],
        )
        .await?;
        let sql = "select count(*) from upload where unused_since is not null";
        Ok(tx.query_opt(sql, &[], |row| row.get(0)).await?.unwrap_or(0))
    }

    async fn let_go(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        before: Timestamp,
        limit: i64,
    ) -> Result<Vec<Upload>, DbError> {
        // While it is going, the column says since when: another process would remove files that were uploaded again.
        tx.query(
            "update upload set going = $3, unused_since = $4 where digest in (
               select u.digest from upload u
               where (not u.going and u.unused_since < $1 or u.going and u.unused_since < $5)
               and not exists (select 1 from image i where i.upload = u.digest)
               order by u.unused_since, u.digest limit $2)
             returning digest, ending, width, height, widths",
            &[&before, &limit, &true, &now, &now.minus(TAKEN_OVER)],
            |row| {
                let digest = row.get(0)?;
                upload_of(row, 1, digest)
            },
        )
        .await
    }

    async fn forget(&self, tx: &mut Tx, digest: &str) -> Result<(), DbError> {
        tx.execute("delete from upload where digest = $1 and going", &[&digest]).await.map(|_| ())
    }
}
