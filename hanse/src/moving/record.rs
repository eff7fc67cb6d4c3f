//! What a database that a shop is moved into remembers of the move: whose shop it is, in which state it was read, how far
//! each table has come, and that it has ended. It is no part of a service's schema: only moved databases have it.

use super::plan::{Lane, Plan};
use super::route::Row;
use super::schema::quoted;
use super::target;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Ctx, Timestamp};
use hanse_record::Entry;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

pub const TABLES: [&str; 2] = ["hanse_move", "hanse_move_step"];

const CREATE: [&str; 2] = [
    "create table if not exists hanse_move (
       id bigint primary key constraint hanse_move_one check (id = 1),
       shop bytea not null,
       source bytea not null,
       mover uuid not null,
       begun_at timestamptz not null,
       ended_at timestamptz
     )",
    "create table if not exists hanse_move_step (
       name text collate \"C\" primary key,
       written bigint not null,
       last text not null
     )",
];

/// A move into this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// By which the shop is known.
    pub shop: Vec<u8>,
    /// The digest of all that the service's file held.
    pub source: Vec<u8>,
    pub ended_at: Option<Timestamp>,
}

/// How far a step has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    pub written: u64,
    /// The key of the row that was written last.
    pub last: Option<Row>,
}

/// None: nothing was ever moved into it.
pub async fn read(db: &Db) -> Result<Option<Record>, DbError> {
    db.read((), |tx, ()| {
        Box::pin(async move {
            let there = "select to_regclass(quote_ident(current_schema()) || '.hanse_move') is not null";
            if tx.query_opt(there, &[], |r| r.get::<bool>(0)).await? != Some(true) {
                return Ok(None);
            }
            tx.query_opt("select shop, source, ended_at from hanse_move", &[], |r| {
                Ok(Record { shop: r.get(0)?, source: r.get(1)?, ended_at: r.get(2)? })
            })
            .await
        })
    })
    .await
}

/// Who moves what, and from which state of it.
#[derive(Debug, Clone)]
pub struct Mover {
    pub id: Uuid,
    pub shop: [u8; 32],
    pub source: [u8; 32],
    pub now: Timestamp,
}

/// Tables that refuse to be emptied.
const KEPT: [&str; 2] = ["record_entry", "record_anchor"];

/// Empties all tables, of first fittings too, and notes that a move has begun.
pub async fn begin(db: &Db, plan: &Plan, mover: Mover) -> Result<(), DbError> {
    let tables: Vec<String> = plan.lanes.iter().map(|lane| quoted(&lane.route.table)).collect();
    db.tx_queue((tables, mover), |tx, (tables, mover)| {
        Box::pin(async move {
            for sql in CREATE {
                tx.execute(sql, &[]).await?;
            }
            tx.execute("delete from hanse_move_step", &[]).await?;
            tx.execute(
                "insert into hanse_move (id, shop, source, mover, begun_at) values (1, $1, $2, $3, $4)
                 on conflict (id) do update set shop = excluded.shop, source = excluded.source, mover = excluded.mover,
                   begun_at = excluded.begun_at",
                &[&mover.shop.to_vec(), &mover.source.to_vec(), &mover.id, &mover.now],
            )
            .await?;
            // Nobody works here yet: what an audit log refuses is to forget what was done.
            for table in KEPT {
                tx.execute(&format!("alter table {table} disable trigger user"), &[]).await?;
            }
            // What stays behind may hang on what travels.
            tx.execute(&format!("truncate {}, outbox_lease cascade", tables.join(", ")), &[]).await?;
            for table in KEPT {
                tx.execute(&format!("alter table {table} enable trigger user"), &[]).await?;
            }
            Ok::<(), DbError>(())
        })
    })
    .await
}

/// Goes on with a move that was interrupted: whoever was at it before writes nothing any more.
pub async fn take_over(db: &Db, mover: Uuid) -> Result<(), DbError> {
    db.tx_queue(mover, |tx, mover| {
        Box::pin(async move {
            tx.execute("update hanse_move set mover = $1 where ended_at is null", &[mover]).await.map(|_| ())
        })
    })
    .await
}

/// How far each step has come.
pub async fn marks(db: &Db) -> Result<BTreeMap<String, Mark>, DbError> {
    let read = db.read((), |tx, ()| {
        Box::pin(async move {
            let sql = "select name, written, last from hanse_move_step";
            tx.query(sql, &[], |r| {
                let written = u64::try_from(r.get::<i64>(1)?).unwrap_or(0);
                Ok((r.get::<String>(0)?, Mark { written, last: Some(r.json(2)?) }))
            })
            .await
        })
    });
    Ok(read.await?.into_iter().collect())
}

/// The mover must be the one that is at it. Nobody else writes until the unit ends.
async fn hold(tx: &mut Tx, mover: Uuid) -> Result<(), DbError> {
    let sql = "select mover from hanse_move where ended_at is null for update";
    match tx.query_opt(sql, &[], |r| r.get::<Uuid>(0)).await? {
        Some(id) if id == mover => Ok(()),
        _ => Err(DbError::Other("another `hanse move` has taken over; let that one go on".into())),
    }
}

/// A page of a step. What is in it and how far the step has come are written together or not at all.
pub struct Page {
    pub lane: Arc<Lane>,
    pub step: String,
    pub links: bool,
    pub rows: Vec<Row>,
    pub before: Mark,
    pub mover: Uuid,
}

impl Page {
    pub fn after(&self) -> Mark {
        let last = self.rows.last().map(|row| self.lane.route.key_of(row));
        Mark { written: self.before.written + self.rows.len() as u64, last }
    }
}

pub async fn write(db: &Db, page: Page) -> Result<Mark, DbError> {
    let after = page.after();
    let last = serde_json::to_string(&after.last.clone().unwrap_or_default());
    let last = last.map_err(|e| DbError::Other(e.to_string()))?;
    let numbers = (i64::try_from(page.before.written), i64::try_from(after.written));
    let (Ok(before), Ok(written)) = numbers else { return Err(DbError::Other("too many rows".into())) };
    db.tx_queue((page, last, before, written), |tx, (page, last, before, written)| {
        Box::pin(async move {
            hold(tx, page.mover).await?;
            let had = "select written from hanse_move_step where name = $1";
            let had: i64 = tx.query_opt(had, &[&page.step], |r| r.get(0)).await?.unwrap_or(0);
            if had != *before {
                return Err(DbError::Other(format!(
                    "{} rows of {} were expected, {had} are there",
                    before, page.step
                )));
            }
            match page.links {
                true => target::link(tx, &page.lane, &page.rows).await?,
                false => target::write(tx, &page.lane, &page.rows).await?,
            }
            tx.execute(
                "insert into hanse_move_step (name, written, last) values ($1, $2, $3)
                 on conflict (name) do update set written = excluded.written, last = excluded.last",
                &[&page.step, written, last],
            )
            .await
            .map(|_| ())
        })
    })
    .await?;
    Ok(after)
}

/// Everything is there: numbers go on after those that were moved, and the service may work on it. `deed`: who did it, where that is
/// written down.
pub async fn end(
    db: &Db,
    plan: &Plan,
    counts: Vec<i64>,
    (mover, now): (Uuid, Timestamp),
    deed: Option<(hanse_record::Record, Ctx)>,
) -> Result<(), DbError> {
    for lane in &plan.lanes {
        let settled = db.tx_queue((lane.clone(), mover), |tx, (lane, mover)| {
            Box::pin(async move {
                hold(tx, *mover).await?;
                target::settle(tx, lane).await
            })
        });
        settled.await?;
    }
    let counters: Vec<_> = plan.counters.iter().copied().zip(counts).collect();
    db.tx((counters, mover, now, deed), |tx, (counters, mover, now, deed)| {
        Box::pin(async move {
            hold(tx, *mover).await?;
            if let Some((record, ctx)) = deed {
                record.note(tx, ctx, Entry::new("shop.moved", "shop", "shop")).await?;
            }
            for (counter, next) in counters {
                target::count_on(tx, counter, *next).await?;
            }
            // The marks are keys, some of them words of people's names.
            tx.execute("delete from hanse_move_step", &[]).await?;
            tx.execute("update hanse_move set ended_at = $1", &[now]).await.map(|_| ())
        })
    })
    .await
}

/// A service must not start on half a shop.
pub async fn refuse_half(db: &Db) -> Result<(), DbError> {
    match read(db).await? {
        Some(Record { ended_at: None, .. }) => Err(DbError::Other(
            "a shop is being moved into it and is not all there; let `hanse move` end, or run it again"
                .into(),
        )),
        _ => Ok(()),
    }
}
