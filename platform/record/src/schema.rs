//! That a store was brought up to date: written down when it is seen, whoever did it and whenever that was.

use crate::entry::Entry;
use crate::log::Record;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Ctx, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

pub const MIGRATED: &str = "store.migrated";
/// A new store has all of its schema within so long.
const MADE_WITHIN: Duration = Duration::from_secs(60);

/// One step of a history of schema changes.
struct Step {
    history: &'static str,
    version: i64,
    at: Timestamp,
}

/// Writes down that the schema of the service's store is another than was written down before. A store that has just been made is none that
/// was brought up to date. Asked any number of times, by any number of processes, it stands there once.
pub async fn note(db: &Db, record: &Record, ctx: &Ctx, histories: Vec<&'static str>) -> Result<(), DbError> {
    db.tx((record.clone(), ctx.clone(), histories), |tx, (record, ctx, histories)| {
        Box::pin(async move {
            let steps = steps(tx, histories).await?;
            let Some(first) = steps.iter().map(|step| step.at).min() else { return Ok(()) };
            let now = newest(steps.iter());
            let sql = "select became from record_entry where action = $1 order by at desc, id desc limit 1";
            let noted: Option<Option<String>> = tx.query_opt(sql, &[&MIGRATED], |r| r.get(0)).await?;
            let before = match noted.flatten() {
                Some(text) => serde_json::from_str(&text).map_err(|e| DbError::Other(e.to_string()))?,
                None => newest(steps.iter().filter(|step| step.at < first.plus(MADE_WITHIN))),
            };
            if before == now {
                return Ok(());
            }
            let entry = Entry::new(MIGRATED, "store", record.service()).was(before).became(now);
            record.note(tx, ctx, entry).await
        })
    })
    .await
}

async fn steps(tx: &mut Tx, histories: &[&'static str]) -> Result<Vec<Step>, DbError> {
    let mut steps = vec![];
    for history in histories.iter().copied() {
        let sql = format!("select cast(version as bigint), applied_on from {history}_migrations");
        let rows: Vec<(i64, String)> = tx.query(&sql, &[], |r| Ok((r.get(0)?, r.get(1)?))).await?;
        for (version, at) in rows {
            let at = at.parse().map_err(|e| DbError::Other(format!("{history}_migrations: {e}")))?;
            steps.push(Step { history, version, at });
        }
    }
    Ok(steps)
}

/// The last version of each history.
fn newest<'a>(steps: impl Iterator<Item = &'a Step>) -> Value {
    let mut newest = Map::new();
    for step in steps {
        let known = newest.get(step.history).and_then(Value::as_i64);
        if known.is_none_or(|known| known < step.version) {
            newest.insert(step.history.into(), step.version.into());
        }
    }
    Value::Object(newest)
}
