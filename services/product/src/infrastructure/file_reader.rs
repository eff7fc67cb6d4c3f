//! Reads files on the blocking pool: a large one takes seconds of calculation.

use super::import_file::read_file;
use crate::application::ports::FileReader;
use crate::domain::import::{Format, ReadFile};
use async_trait::async_trait;
use hanse_database::DbError;
use hanse_kernel::Currency;

pub struct BlockingFileReader;

#[async_trait]
impl FileReader for BlockingFileReader {
    async fn read(
        &self,
        bytes: Vec<u8>,
        name: Option<String>,
        format: Format,
        currency: Currency,
    ) -> Result<ReadFile, DbError> {
        tokio::task::spawn_blocking(move || read_file(&bytes, name.as_deref(), format, currency))
            .await
            .map_err(|e| DbError::Panicked(e.to_string()))
    }
}
