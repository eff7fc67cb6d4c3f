//! Intakes in their table.

use super::rows::{column, count, signed};
use crate::application::ports::{Intakes, Overdue};
use crate::domain::intake::{Answer, Intake, Outcome, Tally};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, ImportId, ProductId, Timestamp};
use uuid::Uuid;

pub struct SqlIntakes;

const COLUMNS: &str =
    "key, product_id, import_id, line, row_count, outcome, variants_created, variants_updated,
  variants_unchanged, publish_in, prices, prices_reason, stock, stock_reason, created_at, finished_at";

fn outcome(row: &Row<'_>, index: usize) -> Result<Outcome, DbError> {
    let name: String = row.get(index)?;
    Outcome::parse(&name).ok_or_else(|| column(index, format!("{name} is no outcome")))
}

fn answer(row: &Row<'_>, index: usize) -> Result<Answer, DbError> {
    let name: String = row.get(index)?;
    Answer::parse(&name, row.get(index + 1)?).ok_or_else(|| column(index, format!("{name} is no answer")))
}

fn tally(row: &Row<'_>, index: usize) -> Result<Tally, DbError> {
    Ok(Tally {
        created: count(index, row.get(index)?)?,
        updated: count(index + 1, row.get(index + 1)?)?,
        unchanged: count(index + 2, row.get(index + 2)?)?,
        skipped: 0,
    })
}

fn intake(row: &Row<'_>) -> Result<Intake, DbError> {
    Ok(Intake {
        key: row.get(0)?,
        product: row.id(1)?,
        import: row.id_opt(2)?,
        line: row.get(3)?,
        rows: row.get(4)?,
        outcome: outcome(row, 5)?,
        variants: tally(row, 6)?,
        publish_in: row.get::<Option<String>>(9)?.map(|name| ChannelId::new(&name)),
        prices: answer(row, 10)?,
        stock: answer(row, 12)?,
        created_at: row.get(14)?,
        finished_at: row.get(15)?,
    })
}

#[async_trait]
impl Intakes for SqlIntakes {
    async fn insert(&self, tx: &mut Tx, intake: &Intake, commands: &str) -> Result<(), DbError> {
        let import: Option<Uuid> = intake.import.map(|id| id.uuid());
        let publish_in = intake.publish_in.as_ref().map(|channel| channel.as_str().to_string());
        tx.execute(
            "insert into intake (key, product_id, import_id, line, row_count, outcome, variants_created,
               variants_updated, variants_unchanged, publish_in, prices, prices_reason, stock, stock_reason, commands,
               created_at, sent_at, sent_times, finished_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, null, $12, null, $13, $14, $14, 1, $15)",
            &[
                &intake.key,
                &intake.product,
                &import,
                &intake.line,
                &intake.rows,
                &intake.outcome.name(),
                &signed(intake.variants.created),
                &signed(intake.variants.updated),
                &signed(intake.variants.unchanged),
                &publish_in,
                &intake.prices.name(),
                &intake.stock.name(),
                &commands,
                &intake.created_at,
                &intake.finished_at,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn find(&self, tx: &mut Tx, key: &str) -> Result<Option<Intake>, DbError> {
        let sql = format!("select {COLUMNS} from intake where key = $1");
        tx.query_opt(&sql, &[&key], intake).await
    }

    async fn save(&self, tx: &mut Tx, intake: &Intake) -> Result<(), DbError> {
        let reason = |answer: &Answer| answer.reason().map(str::to_string);
        // What is finished needs not be sent again: its commands go.
        tx.execute(
            "update intake set prices = $2, prices_reason = $3, stock = $4, stock_reason = $5, finished_at = $6,
               commands = case when $7 then '' else commands end
             where key = $1",
            &[
                &intake.key,
                &intake.prices.name(),
                &reason(&intake.prices),
                &intake.stock.name(),
                &reason(&intake.stock),
                &intake.finished_at,
                &intake.finished_at.is_some(),
            ],
        )
        .await
        .map(|_| ())
    }

    async fn commands(&self, tx: &mut Tx, key: &str) -> Result<Option<String>, DbError> {
        let sql = "select commands from intake where key = $1 and commands <> ''";
        tx.query_opt(sql, &[&key], |row| row.get(0)).await
    }

    async fn latest(&self, tx: &mut Tx, product: ProductId) -> Result<Option<Intake>, DbError> {
        let sql = format!(
            "select {COLUMNS} from intake where product_id = $1 order by created_at desc, key desc limit 1"
        );
        tx.query_opt(&sql, &[&product], intake).await
    }

    async fn keep_draft(&self, tx: &mut Tx, product: ProductId) -> Result<(), DbError> {
        let sql = "update intake set publish_in = null where product_id = $1 and finished_at is null";
        tx.execute(sql, &[&product]).await.map(|_| ())
    }

    async fn overdue(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<Vec<Overdue>, DbError> {
        tx.query(
            "select key, commands, sent_times from intake where finished_at is null and sent_at < $1
             order by sent_at, key limit $2",
            &[&before, &limit],
            |row| Ok(Overdue { key: row.get(0)?, commands: row.get(1)?, sent_times: row.get(2)? }),
        )
        .await
    }

    async fn sent_again(&self, tx: &mut Tx, key: &str, now: Timestamp) -> Result<(), DbError> {
        let sql = "update intake set sent_at = $2, sent_times = sent_times + 1 where key = $1";
        tx.execute(sql, &[&key, &now]).await.map(|_| ())
    }

    async fn of_import(&self, tx: &mut Tx, import: ImportId) -> Result<Vec<(String, Tally, Tally)>, DbError> {
        tx.query(
            "select key, outcome, variants_created, variants_updated, variants_unchanged from intake
             where import_id = $1 order by key",
            &[&import],
            |row| {
                let products = match outcome(row, 1)? {
                    Outcome::Created => Tally { created: 1, ..Tally::default() },
                    Outcome::Updated => Tally { updated: 1, ..Tally::default() },
                };
                Ok((row.get(0)?, products, tally(row, 2)?))
            },
        )
        .await
    }

    async fn refused(&self, tx: &mut Tx, import: ImportId) -> Result<Vec<Intake>, DbError> {
        let sql = format!(
            "select {COLUMNS} from intake where import_id = $1 and (prices = 'refused' or stock = 'refused')
             order by line, key limit 5000"
        );
        tx.query(&sql, &[&import], intake).await
    }

    async fn waiting_rows(&self, tx: &mut Tx, import: ImportId) -> Result<(i64, i64), DbError> {
        let sql = "select cast(coalesce(sum(row_count), 0) as bigint), count(*) from intake
                   where import_id = $1 and finished_at is null";
        let found = tx.query_opt(sql, &[&import], |row| Ok((row.get(0)?, row.get(1)?))).await?;
        Ok(found.unwrap_or((0, 0)))
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
        tx.execute(
            "delete from intake where key in
               (select key from intake where finished_at < $1 order by finished_at, key limit 1000)",
            &[&before],
        )
        .await
    }
}
