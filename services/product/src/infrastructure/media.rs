//! Pictures in their table, and in memory as long as they are asked for.

use crate::application::ports::{MediaStore, Picture};
use async_trait::async_trait;
use bytes::Bytes;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;

pub struct SqlMedia;

#[async_trait]
impl MediaStore for SqlMedia {
    async fn put(&self, tx: &mut Tx, picture: &Picture, now: Timestamp) -> Result<(), DbError> {
        let bytes: &[u8] = &picture.bytes;
        tx.execute(
            "insert into media (name, content_type, bytes, width, height, created_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (name) do nothing",
            &[&picture.name, &picture.content_type, &bytes, &picture.width, &picture.height, &now],
        )
        .await
        .map(|_| ())
    }

    async fn get(&self, tx: &mut Tx, name: &str) -> Result<Option<Picture>, DbError> {
        tx.query_opt(
            "select content_type, bytes, width, height from media where name = $1",
            &[&name],
            |row| {
                Ok(Picture {
                    name: name.to_string(),
                    content_type: row.get(0)?,
                    bytes: Bytes::from(row.get::<Vec<u8>>(1)?),
                    width: row.get(2)?,
                    height: row.get(3)?,
                })
            },
        )
        .await
    }
}
