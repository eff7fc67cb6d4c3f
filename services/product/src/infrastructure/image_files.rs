//! The files of uploads in a table of the service's own database: they are backed up, moved and restored with everything else.

use crate::application::ProductError;
use crate::application::ports::{ImageFile, ImageFiles};
use async_trait::async_trait;
use bytes::Bytes;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError};
use hanse_kernel::Effects;

pub struct SqlImageFiles {
    db: Db,
    effects: Effects,
}

impl SqlImageFiles {
    pub fn new(db: Db, effects: Effects) -> Self {
        Self { db, effects }
    }
}

#[async_trait]
impl ImageFiles for SqlImageFiles {
    async fn keep(&self, files: &[ImageFile]) -> Result<(), ProductError> {
        // A file is large enough for a unit of its own.
        for file in files {
            let unit = self.db.tx((file.clone(), self.effects.now()), |tx, (file, now)| {
                Box::pin(async move {
                    let bytes: &[u8] = &file.bytes;
                    let sql = "insert into image_file (name, content_type, bytes, created_at) values ($1, $2, $3, $4)
                               on conflict (name) do nothing";
                    tx.execute(sql, &[&file.name, &file.content_type, &bytes, now]).await
                })
            });
            let kept: Result<u64, DbError> = unit.await;
            kept?;
        }
        Ok(())
    }

    async fn read(&self, name: &str) -> Result<Option<ImageFile>, ProductError> {
        let read = self.db.read(name.to_string(), |tx, name| {
            Box::pin(async move {
                let sql = "select content_type, bytes from image_file where name = $1";
                tx.query_opt(sql, &[name], |row| {
                    let bytes = Bytes::from(row.get::<Vec<u8>>(1)?);
                    Ok(ImageFile { name: name.clone(), content_type: row.get(0)?, bytes })
                })
                .await
            })
        });
        let found: Result<Option<ImageFile>, DbError> = read.await;
        Ok(found?)
    }

    async fn remove(&self, names: &[String]) -> Result<(), ProductError> {
        let unit = self.db.tx(names.to_vec(), |tx, names| {
            Box::pin(async move {
                for name in names {
                    tx.execute("delete from image_file where name = $1", &[name]).await?;
                }
                Ok::<(), DbError>(())
            })
        });
        Ok(unit.await?)
    }
}
