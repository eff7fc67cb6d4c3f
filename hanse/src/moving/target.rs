//! A service's database on the league's server: what it is made of, what is in it, and rows on their way into it.

use super::cell::{Cell, Kind, Placed};
use super::plan::Lane;
use super::route::{Row, Tally};
use super::schema::{Field, Schema, Table, quoted};
use super::tables::{self, Counter};
use hanse_database::sql::{Bind, Row as Answer, Sql};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rows that one statement writes: enough to make the way to the server short, few enough for its parameters.
const STATEMENT_ROWS: usize = 50;

const COLUMNS: &str =
    "select c.table_name::text, c.column_name::text, c.udt_name::text, c.is_nullable = 'YES',
    c.is_identity = 'YES' or coalesce(c.column_default, '') like 'nextval(%'
  from information_schema.columns c
  join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
  where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'";

const KEYS: &str = "select r.relname::text, a.attname::text from pg_index i
  join pg_class r on r.oid = i.indrelid join pg_namespace n on n.oid = r.relnamespace
  cross join lateral unnest(i.indkey) with ordinality as k (number, place)
  join pg_attribute a on a.attrelid = r.oid and a.attnum = k.number
  where i.indisprimary and n.nspname = current_schema() order by r.relname, k.place";

const REFERENCES: &str = "select r.relname::text, a.attname::text, f.relname::text from pg_constraint c
  join pg_class r on r.oid = c.conrelid join pg_class f on f.oid = c.confrelid
  join pg_namespace n on n.oid = r.relnamespace
  cross join lateral unnest(c.conkey) as k (number)
  join pg_attribute a on a.attrelid = r.oid and a.attnum = k.number
  where c.contype = 'f' and n.nspname = current_schema()";

/// Without those that number a column.
const SEQUENCES: &str = "select r.relname::text from pg_class r join pg_namespace n on n.oid = r.relnamespace
  where r.relkind = 'S' and n.nspname = current_schema()
    and not exists (select 1 from pg_depend d where d.objid = r.oid and d.deptype in ('a', 'i') and d.refobjsubid > 0)";

fn pair(row: &Answer<'_>) -> Result<(String, String), DbError> {
    Ok((row.get(0)?, row.get(1)?))
}

pub async fn schema(db: &Db) -> Result<Schema, DbError> {
    db.read((), |tx, ()| Box::pin(read_schema(tx))).await
}

async fn read_schema(tx: &mut Tx) -> Result<Schema, DbError> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let columns = tx.query(COLUMNS, &[], |r| {
        let field = Field { kind: r.get(2)?, nullable: r.get(3)?, numbered: r.get(4)? };
        Ok((r.get::<String>(0)?, r.get::<String>(1)?, field))
    });
    for (table, column, field) in columns.await? {
        tables.entry(table).or_default().columns.insert(column, field);
    }
    for (table, column) in tx.query(KEYS, &[], pair).await? {
        tables.entry(table).or_default().key.push(column);
    }
    let references = tx.query(REFERENCES, &[], |r| Ok((pair(r)?, r.get(2)?)));
    for ((table, column), other) in references.await? {
        tables.entry(table).or_default().refers.insert((column, other));
    }
    let sequences = tx.query(SEQUENCES, &[], |r| r.get(0)).await?;
    Ok(Schema { tables, sequences: BTreeSet::from_iter(sequences) })
}

/// Tables in which there is something that no new database has.
pub async fn taken(db: &Db, schema: &Schema) -> Result<Vec<String>, DbError> {
    let asked = schema.tables.keys().filter(|name| !tables::fitted_anyway(name));
    let asked: Vec<String> = asked.cloned().collect();
    db.read(asked, |tx, asked| {
        Box::pin(async move {
            let mut taken = vec![];
            for name in asked {
                let sql = format!("select 1 from {} limit 1", quoted(name));
                if tx.query_opt(&sql, &[], |_| Ok(())).await?.is_some() {
                    taken.push(name.clone());
                }
            }
            Ok(taken)
        })
    })
    .await
}

/// Whether a process of a league works on this database.
pub async fn at_work(db: &Db, schema: &Schema, now: Timestamp) -> Result<bool, DbError> {
    if !schema.tables.contains_key("outbox_lease") {
        return Ok(false);
    }
    db.read(now, |tx, now| {
        Box::pin(async move {
            let sql = "select 1 from outbox_lease where until_at > $1 limit 1";
            Ok(tx.query_opt(sql, &[now], |_| Ok(())).await?.is_some())
        })
    })
    .await
}

/// Counts what a table holds, a page after the other, in the order in which its source was counted.
pub async fn tally(
    db: &Db,
    lane: &Arc<Lane>,
    expected: &Tally,
    step: &mut dyn FnMut(u64),
) -> Result<Tally, DbError> {
    let mut taking = lane.route.taking();
    let mut after: Option<Row> = None;
    let limit = i64::try_from(expected.page()).unwrap_or(1);
    loop {
        let asked = (lane.clone(), after.take(), limit);
        let page =
            db.read(asked, |tx, (lane, after, limit)| Box::pin(page(tx, lane, after.as_ref(), *limit)));
        let page = page.await?;
        let Some(last) = page.last() else { return Ok(taking.taken()) };
        after = Some(lane.route.key_of(last));
        page.iter().for_each(|row| taking.add(row));
        step(page.len() as u64);
    }
}

async fn page(tx: &mut Tx, lane: &Lane, after: Option<&Row>, limit: i64) -> Result<Vec<Row>, DbError> {
    let collation = |place: usize| if lane.kinds[place] == Kind::Text { " collate \"C\"" } else { "" };
    let sql = format!("{} limit {limit}", lane.route.select(after.is_some(), collation));
    let key: Vec<Placed<'_>> = match after {
        Some(after) => {
            lane.route.key.iter().zip(after).map(|(place, cell)| Placed(cell, lane.kinds[*place])).collect()
        }
        None => vec![],
    };
    let key: Vec<&(dyn Bind + '_)> = key.iter().map(|cell| cell as &(dyn Bind + '_)).collect();
    let columns = lane.route.columns.len();
    tx.query(&sql, &key, |r| (0..columns).map(|place| r.get::<Cell>(place)).collect()).await
}

static NOTHING: Cell = Cell::Null;

fn bound<'a>(lane: &Lane, row: &'a Row) -> Vec<Placed<'a>> {
    let place =
        |(place, cell)| Placed(if lane.own.contains(&place) { &NOTHING } else { cell }, lane.kinds[place]);
    row.iter().enumerate().map(place).collect()
}

/// Writes rows; those that refer to others of the same table without that, which [`link`] puts in later.
pub async fn write(tx: &mut Tx, lane: &Lane, rows: &[Row]) -> Result<(), DbError> {
    let (whole, rest) = rows.split_at(rows.len() - rows.len() % STATEMENT_ROWS);
    for rows in whole.chunks(STATEMENT_ROWS) {
        let cells: Vec<Placed<'_>> = rows.iter().flat_map(|row| bound(lane, row)).collect();
        let cells: Vec<&(dyn Bind + '_)> = cells.iter().map(|cell| cell as &(dyn Bind + '_)).collect();
        tx.execute(&lane.insert(STATEMENT_ROWS), &cells).await?;
    }
    let rest: Vec<Vec<Placed<'_>>> = rest.iter().map(|row| bound(lane, row)).collect();
    let rest = rest.iter().map(|row| row.iter().map(|cell| cell as &(dyn Bind + '_)).collect()).collect();
    tx.execute_many(&lane.insert(1), rest).await?;
    Ok(())
}

/// Lets rows that are there refer to others of their table.
pub async fn link(tx: &mut Tx, lane: &Lane, rows: &[Row]) -> Result<(), DbError> {
    for place in &lane.own {
        let linked = rows.iter().filter(|row| row[*place] != Cell::Null);
        let linked: Vec<Vec<Placed<'_>>> = linked
            .map(|row| {
                let places = std::iter::once(place).chain(&lane.route.key);
                places.map(|place| Placed(&row[*place], lane.kinds[*place])).collect()
            })
            .collect();
        let linked =
            linked.iter().map(|row| row.iter().map(|cell| cell as &(dyn Bind + '_)).collect()).collect();
        tx.execute_many(&lane.link(*place), linked).await?;
    }
    Ok(())
}

/// Lets the numbers that the engine gives go on after those that are there, and refreshes what it knows of the table.
pub async fn settle(tx: &mut Tx, lane: &Lane) -> Result<(), DbError> {
    let table = quoted(&lane.route.table);
    for column in &lane.numbered {
        let sql = format!(
            "select setval(pg_get_serial_sequence($1, $2), coalesce(max({0}), 1), max({0}) is not null) from {table}",
            quoted(column)
        );
        tx.query(&sql, &[&table, column], |_| Ok(())).await?;
    }
    tx.execute(&format!("analyze {table}"), &[]).await?;
    Ok(())
}

/// The counter tells `next` next.
pub async fn count_on(tx: &mut Tx, counter: &Counter, next: i64) -> Result<(), DbError> {
    let sql = "select setval(($1::text)::regclass, $2, false)";
    tx.query(sql, &[&counter.sequence, &next], |_| Ok(())).await?;
    Ok(())
}
