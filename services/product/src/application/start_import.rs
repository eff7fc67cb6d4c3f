//! Use case: a merchant hands a file over. It is stored whole before anything is made of it.

use super::catalogue::Catalogue;
use super::error::ProductError;
use super::import_report::{ImportReport, ImportRun, ImportStatus};
use crate::domain::import::Format;
use crate::domain::intake::Tally;
use hanse_database::DbError;
use hanse_kernel::{Ctx, Currency, ImportId};
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;

/// Bytes stored in one unit.
const CHUNK: usize = 1024 * 1024;

#[derive(Debug, Clone)]
pub struct ImportInput {
    pub id: ImportId,
    pub bytes: Vec<u8>,
    pub file_name: Option<String>,
    pub format: Format,
    /// Of prices where the file names none; the channel's when not given.
    pub currency: Option<Currency>,
    pub dry_run: bool,
}

#[derive(Clone)]
pub struct StartImport(pub Arc<Catalogue>);

impl StartImport {
    pub async fn run(&self, ctx: &Ctx, input: ImportInput) -> Result<ImportReport, ProductError> {
        let catalogue = &self.0;
        let (window, _) = catalogue.window_of(ctx, input.currency)?;
        if input.bytes.is_empty() {
            return Err(ProductError::invalid("file", "required", "the file is empty"));
        }
        let run = ImportRun {
            id: input.id,
            status: ImportStatus::Uploading,
            channel: window.channel,
            locale: catalogue.own(),
            correlation: ctx.correlation.as_str().to_string(),
            currency: window.currency,
            format: input.format,
            dry_run: input.dry_run,
            file_name: input.file_name.map(|name| name.chars().take(200).collect()),
            file_bytes: i64::try_from(input.bytes.len()).unwrap_or(i64::MAX),
            rows_total: 0,
            rows_read: 0,
            products: Tally::default(),
            variants: Tally::default(),
            created_at: catalogue.effects.now(),
            finished_at: None,
        };
        if self.exists(&run).await? {
            return self.report(input.id).await;
        }
        self.unit(run.clone(), 0, vec![]).await?;
        for (n, chunk) in (0i64..).zip(input.bytes.chunks(CHUNK)) {
            self.unit(run.clone(), n, chunk.to_vec()).await?;
        }
        self.queue(ctx, run).await?;
        self.report(input.id).await
    }

    /// Whether a former try under the same id got through to the end; half a one is begun anew.
    async fn exists(&self, run: &ImportRun) -> Result<bool, ProductError> {
        let read = self.0.db.read((self.0.clone(), run.id), |tx, (catalogue, id)| {
            Box::pin(async move { catalogue.imports.find(tx, *id).await })
        });
        Ok(read.await?.is_some_and(|run| run.status != ImportStatus::Uploading))
    }

    /// Stores the run itself (no bytes), or one chunk of its file.
    async fn unit(&self, run: ImportRun, n: i64, bytes: Vec<u8>) -> Result<(), DbError> {
        let unit = self.0.db.tx((self.0.clone(), run, n, bytes), |tx, (catalogue, run, n, bytes)| {
            Box::pin(async move {
                if bytes.is_empty() {
                    catalogue.imports.insert(tx, run).await
                } else {
                    catalogue.imports.add_chunk(tx, run.id, *n, bytes).await
                }
            })
        });
        unit.await
    }

    async fn queue(&self, ctx: &Ctx, run: ImportRun) -> Result<(), DbError> {
        let unit = self.0.db.tx((self.0.clone(), ctx.clone(), run), |tx, (catalogue, ctx, run)| {
            Box::pin(async move {
                catalogue.imports.queue(tx, run.id).await?;
                let told = json!({"file": run.file_name, "bytes": run.file_bytes, "dry_run": run.dry_run});
                let entry = Entry::new("import.started", "import", run.id).became(told);
                catalogue.record.note(tx, ctx, entry).await?;
                let wake = catalogue.wake_imports.clone();
                tx.after_commit(move || wake.notify_one());
                Ok(())
            })
        });
        unit.await
    }

    async fn report(&self, id: ImportId) -> Result<ImportReport, ProductError> {
        super::import_report::ReadImport(self.0.clone()).run(id).await
    }
}
