//! Imports in their tables: runs, the chunks of their files, their problems, and where products came from.

use super::rows::{self, PART, Values, column};
use crate::application::import_report::{ImportRun, ImportStatus, ReportedProblem};
use crate::application::ports::Imports;
use crate::domain::import::{Format, StockPolicy};
use crate::domain::intake::Tally;
use crate::domain::origin::{Origin, OriginVariant};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Currency, ImportId, Limit, Locale, ProductId, Timestamp, VariantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub struct SqlImports;

#[derive(Serialize, Deserialize, Default)]
struct TallyJson {
    created: u64,
    updated: u64,
    unchanged: u64,
    skipped: u64,
}

#[derive(Serialize, Deserialize, Default)]
struct Counts {
    products: TallyJson,
    variants: TallyJson,
}

impl From<Tally> for TallyJson {
    fn from(t: Tally) -> Self {
        Self { created: t.created, updated: t.updated, unchanged: t.unchanged, skipped: t.skipped }
    }
}
impl From<TallyJson> for Tally {
    fn from(t: TallyJson) -> Self {
        Self { created: t.created, updated: t.updated, unchanged: t.unchanged, skipped: t.skipped }
    }
}

#[derive(Serialize, Deserialize)]
struct OriginJson {
    id: VariantId,
    stock: Option<i64>,
    policy: String,
    digest: String,
}

fn json<T: Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|e| DbError::Other(e.to_string()))
}

fn counts(run: &ImportRun) -> Result<String, DbError> {
    json(&Counts { products: run.products.into(), variants: run.variants.into() })
}

const COLUMNS: &str =
    "id, status, channel, locale, correlation, currency, format, dry_run, file_name, file_bytes,
  rows_total, rows_read, counts, created_at, finished_at";

fn run(row: &Row<'_>) -> Result<ImportRun, DbError> {
    let (status, currency, format): (String, String, String) = (row.get(1)?, row.get(5)?, row.get(6)?);
    let counts: Counts = row.json(12)?;
    Ok(ImportRun {
        id: row.id(0)?,
        status: ImportStatus::parse(&status).ok_or_else(|| column(1, status))?,
        channel: ChannelId::new(&row.get::<String>(2)?),
        locale: Locale::new(&row.get::<String>(3)?),
        correlation: row.get(4)?,
        currency: Currency::parse(&currency).map_err(|e| column(5, e.to_string()))?,
        format: format.parse::<Format>().map_err(|e| column(6, e.to_string()))?,
        dry_run: row.get(7)?,
        file_name: row.get(8)?,
        file_bytes: row.get(9)?,
        rows_total: row.get(10)?,
        rows_read: row.get(11)?,
        products: counts.products.into(),
        variants: counts.variants.into(),
        created_at: row.get(13)?,
        finished_at: row.get(14)?,
    })
}

#[async_trait]
impl Imports for SqlImports {
    async fn insert(&self, tx: &mut Tx, run: &ImportRun) -> Result<(), DbError> {
        // A former try that never became whole is begun anew.
        tx.execute("delete from import_chunk where import_id = $1", &[&run.id]).await?;
        tx.execute(
            "insert into import_run (id, status, channel, locale, correlation, currency, format, dry_run, file_name,
               file_bytes, rows_total, rows_read, counts, created_at, lease_until)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
             on conflict (id) do update set file_bytes = excluded.file_bytes",
            &[
                &run.id,
                &run.status.name(),
                &run.channel.as_str(),
                &run.locale.as_str(),
                &run.correlation,
                &run.currency.code(),
                &run.format.name(),
                &run.dry_run,
                &run.file_name,
                &run.file_bytes,
                &run.rows_total,
                &run.rows_read,
                &counts(run)?,
                &run.created_at,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn add_chunk(&self, tx: &mut Tx, id: ImportId, n: i64, bytes: &[u8]) -> Result<(), DbError> {
        let sql = "insert into import_chunk (import_id, n, bytes) values ($1, $2, $3)";
        tx.execute(sql, &[&id, &n, &bytes]).await.map(|_| ())
    }

    async fn queue(&self, tx: &mut Tx, id: ImportId) -> Result<(), DbError> {
        let sql = "update import_run set status = 'queued' where id = $1 and status = 'uploading'";
        tx.execute(sql, &[&id]).await.map(|_| ())
    }

    async fn find(&self, tx: &mut Tx, id: ImportId) -> Result<Option<ImportRun>, DbError> {
        let sql = format!("select {COLUMNS} from import_run where id = $1");
        tx.query_opt(&sql, &[&id], run).await
    }

    async fn newest(
        &self,
        tx: &mut Tx,
        after: Option<(Timestamp, ImportId)>,
        limit: Limit,
    ) -> Result<Vec<ImportRun>, DbError> {
        match after {
            None => {
                let sql =
                    format!("select {COLUMNS} from import_run order by created_at desc, id desc limit $1");
                tx.query(&sql, &[&limit.with_peek()], run).await
            }
            Some((at, id)) => {
                let sql = format!(
                    "select {COLUMNS} from import_run where (created_at, id) < ($1, $2)
                     order by created_at desc, id desc limit $3"
                );
                tx.query(&sql, &[&at, &id, &limit.with_peek()], run).await
            }
        }
    }

    async fn claim(
        &self,
        tx: &mut Tx,
        worker: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<ImportRun>, DbError> {
        let sql = format!(
            "select {COLUMNS} from import_run
             where status = 'queued' or (status = 'running' and lease_until < $1)
             order by created_at, id limit 1"
        );
        let Some(mut found) = tx.query_opt(&sql, &[&now], run).await? else { return Ok(None) };
        tx.execute(
            "update import_run set status = 'running', worker = $2, lease_until = $3 where id = $1",
            &[&found.id, &worker, &until],
        )
        .await?;
        found.status = ImportStatus::Running;
        Ok(Some(found))
    }

    async fn release(&self, tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
        // A moment ago, so that the very next look finds them.
        let ended = now.minus(std::time::Duration::from_micros(1));
        let sql = "update import_run set lease_until = $1, worker = null where status = 'running' and lease_until > $1";
        tx.execute(sql, &[&ended]).await
    }

    async fn progress(
        &self,
        tx: &mut Tx,
        run: &ImportRun,
        worker: Uuid,
        until: Timestamp,
    ) -> Result<bool, DbError> {
        let kept = tx
            .execute(
                "update import_run set format = $3, rows_total = $4, rows_read = $5, counts = $6, lease_until = $7
                 where id = $1 and worker = $2 and status = 'running'",
                &[&run.id, &worker, &run.format.name(), &run.rows_total, &run.rows_read, &counts(run)?, &until],
            )
            .await?;
        Ok(kept == 1)
    }

    async fn finish(&self, tx: &mut Tx, run: &ImportRun, worker: Uuid) -> Result<bool, DbError> {
        let finished = tx.execute(
            "update import_run set status = $2, format = $3, rows_total = $4, rows_read = $5, counts = $6,
               finished_at = $7, worker = null
             where id = $1 and status = 'running' and worker = $8",
            &[
                &run.id,
                &run.status.name(),
                &run.format.name(),
                &run.rows_total,
                &run.rows_read,
                &counts(run)?,
                &run.finished_at,
                &worker,
            ],
        )
        .await?;
        if finished == 1 {
            tx.execute("delete from import_chunk where import_id = $1", &[&run.id]).await?;
        }
        Ok(finished == 1)
    }

    async fn chunk(&self, tx: &mut Tx, id: ImportId, n: i64) -> Result<Option<Vec<u8>>, DbError> {
        let sql = "select bytes from import_chunk where import_id = $1 and n = $2";
        tx.query_opt(sql, &[&id, &n], |row| row.get(0)).await
    }

    async fn clear_problems(&self, tx: &mut Tx, id: ImportId) -> Result<(), DbError> {
        tx.execute("delete from import_problem where import_id = $1", &[&id]).await.map(|_| ())
    }

    async fn add_problems(
        &self,
        tx: &mut Tx,
        id: ImportId,
        first: i64,
        problems: &[ReportedProblem],
    ) -> Result<(), DbError> {
        let numbered: Vec<(i64, &str, &ReportedProblem)> =
            (first..).zip(problems).map(|(n, p)| (n, if p.error { "error" } else { "warning" }, p)).collect();
        let rows: Vec<Values<'_>> = numbered
            .iter()
            .map(|(n, severity, p)| {
                vec![
                    &id as _,
                    n as _,
                    &p.line as _,
                    &p.column as _,
                    &p.value as _,
                    &p.code as _,
                    &p.hint as _,
                    severity as _,
                ]
            })
            .collect();
        let head =
            "insert into import_problem (import_id, n, line, column_name, value, code, hint, severity)";
        rows::insert(tx, head, "", &rows).await
    }

    async fn problems(&self, tx: &mut Tx, id: ImportId) -> Result<Vec<ReportedProblem>, DbError> {
        tx.query(
            "select line, column_name, value, code, hint, severity from import_problem
             where import_id = $1 order by n limit 10000",
            &[&id],
            |row| {
                Ok(ReportedProblem {
                    line: row.get(0)?,
                    column: row.get(1)?,
                    value: row.get(2)?,
                    code: row.get(3)?,
                    hint: row.get(4)?,
                    error: row.get::<String>(5)? == "error",
                })
            },
        )
        .await
    }

    async fn origins(&self, tx: &mut Tx, row_keys: &[String]) -> Result<Vec<Origin>, DbError> {
        let mut all = vec![];
        for part in row_keys.chunks(PART) {
            let sql = format!(
                "select row_key, product_id, fingerprint, levels from import_origin where row_key in {} order by row_key",
                list(1, part.len())
            );
            let params: Values<'_> = part.iter().map(|key| key as &dyn Bind).collect();
            all.extend(tx.query(&sql, &params, origin).await?);
        }
        Ok(all)
    }

    async fn save_origin(&self, tx: &mut Tx, origin: &Origin) -> Result<(), DbError> {
        let levels: Vec<OriginJson> = origin
            .variants
            .iter()
            .map(|variant| OriginJson {
                id: variant.id,
                stock: variant.stock,
                policy: variant.policy.name().into(),
                digest: variant.digest.clone(),
            })
            .collect();
        tx.execute(
            "insert into import_origin (row_key, product_id, fingerprint, levels) values ($1, $2, $3, $4)
             on conflict (row_key) do update set product_id = excluded.product_id, fingerprint = excluded.fingerprint,
               levels = excluded.levels",
            &[&origin.row_key, &origin.product, &origin.fingerprint, &json(&levels)?],
        )
        .await
        .map(|_| ())
    }

    async fn forget_origin(&self, tx: &mut Tx, product: ProductId) -> Result<(), DbError> {
        tx.execute("delete from import_origin where product_id = $1", &[&product]).await.map(|_| ())
    }

    async fn forget_broken(&self, tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
        let broken = "select id from import_run where status = 'uploading' and created_at < $1";
        let chunks = format!("delete from import_chunk where import_id in ({broken})");
        tx.execute(&chunks, &[&before]).await?;
        tx.execute(&format!("delete from import_run where id in ({broken})"), &[&before]).await
    }
}

fn origin(row: &Row<'_>) -> Result<Origin, DbError> {
    let levels: Vec<OriginJson> = row.json(3)?;
    let variants = levels
        .into_iter()
        .map(|level| {
            let policy = StockPolicy::parse(&level.policy).ok_or_else(|| column(3, level.policy.clone()))?;
            Ok(OriginVariant { id: level.id, stock: level.stock, policy, digest: level.digest })
        })
        .collect::<Result<_, DbError>>()?;
    Ok(Origin { row_key: row.get(0)?, product: row.id(1)?, fingerprint: row.get(2)?, variants })
}
