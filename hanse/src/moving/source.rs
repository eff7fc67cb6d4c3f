//! A service's file in a data folder, read as it was left: also after a kill, and without a byte being changed.

use super::cell::Cell;
use super::route::{PAGE_BYTES, PAGE_ROWS, Route, Row, Tally};
use super::schema::{Field, Schema, Table, quoted};
use super::tables::Counter;
use anyhow::{Context, Result, bail};
use hanse_database::migrate::Migrations;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub struct Source {
    conn: Connection,
    shown: String,
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn cell(value: ValueRef<'_>) -> Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(n) => Cell::Int(n),
        ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text)?.to_string()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => bail!("it is a floating-point number, which no service keeps"),
    })
}

/// How a file is opened without anything of it being changed. A log that a kill has left is read with it, from an index
/// of it in memory; without one nothing but the file itself is looked at.
pub fn address(file: &Path) -> Result<String> {
    let beside = |end: &str| PathBuf::from(format!("{}{end}", file.display()));
    let log = std::fs::metadata(beside("-wal")).map(|log| log.len()).unwrap_or(0);
    if log > 0 && !beside("-shm").exists() {
        bail!(
            "{} has a log that no index belongs to; start the shop with `hanse up` and stop it again, which tidies that",
            file.display()
        );
    }
    let how = if log > 0 { "readonly_shm=1" } else { "immutable=1" };
    let path = file.canonicalize()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_');
    let escaped: String = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
        .iter()
        .map(|b| if plain(*b) { char::from(*b).to_string() } else { format!("%{b:02x}") })
        .collect();
    Ok(format!("file:{escaped}?mode=ro&{how}"))
}

impl Source {
    /// Of a folder that this process holds: nobody writes meanwhile.
    pub fn open(folder: &Path, service: &str) -> Result<Self> {
        let file = folder.join(format!("{service}.sqlite"));
        let shown = file.display().to_string();
        if !file.exists() {
            bail!("{shown} is missing: the folder does not hold a whole shop; restore it from a backup");
        }
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || -> Result<Connection> {
            let conn = Connection::open_with_flags(address(&file)?, flags)?;
            conn.execute_batch("pragma query_only=on; pragma cache_size=-1024; begin")?;
            // One picture of it from here to the end.
            conn.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
            Ok(conn)
        };
        let conn = open().with_context(|| format!("{shown} cannot be read"))?;
        Ok(Self { conn, shown })
    }

    /// Its schema must be the one that this program makes; an older one is not guessed at, and a newer one not known.
    pub fn check_histories(&self, histories: &[Migrations]) -> Result<()> {
        for history in histories {
            let runner = (history.sqlite)();
            let known = runner.get_migrations().iter();
            let known: BTreeMap<i64, String> =
                known.map(|m| (i64::from(m.version()), m.checksum().to_string())).collect();
            let had = self.history(history.name)?;
            if let Some(version) = had.keys().find(|version| !known.contains_key(version)) {
                bail!(
                    "{} was written by a newer version of Hanse ({} {version}): use that version or a newer one",
                    self.shown,
                    history.name
                );
            }
            if had.iter().any(|(version, sum)| known.get(version) != Some(sum)) {
                bail!("{} was written by another build of Hanse: use that one", self.shown);
            }
            if had.len() < known.len() {
                bail!(
                    "{} was written by an older version of Hanse; start the shop once with `hanse up` of this version, \
                     which brings it up to date, stop it, and move it then",
                    self.shown
                );
            }
        }
        Ok(())
    }

    fn history(&self, name: &str) -> Result<BTreeMap<i64, String>> {
        let table = format!("{name}_migrations");
        let there = "select count(*) from sqlite_schema where type = 'table' and name = ?1";
        if self.conn.query_row(there, [&table], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(BTreeMap::new());
        }
        let mut statement =
            self.conn.prepare(&format!("select version, checksum from {}", quoted(&table)))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn schema(&self) -> Result<Schema> {
        let names =
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'";
        let mut statement = self.conn.prepare(names)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        let mut tables = BTreeMap::new();
        for name in names {
            let name = name?;
            let table = self.table(&name)?;
            tables.insert(name, table);
        }
        Ok(Schema { tables, sequences: BTreeSet::new() })
    }

    fn table(&self, name: &str) -> Result<Table> {
        let mut table = Table::default();
        let mut key = BTreeMap::new();
        let mut statement = self
            .conn
            .prepare("select name, type, \"notnull\", pk from pragma_table_xinfo(?1) where hidden = 0")?;
        let mut rows = statement.query([name])?;
        while let Some(row) = rows.next()? {
            let (column, place): (String, i64) = (row.get(0)?, row.get(3)?);
            if place > 0 {
                key.insert(place, column.clone());
            }
            let field = Field { kind: row.get(1)?, nullable: row.get::<_, i64>(2)? == 0, numbered: false };
            table.columns.insert(column, field);
        }
        table.key = key.into_values().collect();
        let mut statement =
            self.conn.prepare("select \"from\", \"table\" from pragma_foreign_key_list(?1)")?;
        let rows = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        table.refers = rows.collect::<rusqlite::Result<_>>()?;
        Ok(table)
    }

    /// Reads all of a table once; `step` is told of every so many rows.
    pub fn tally(&self, route: &Route, step: &mut dyn FnMut(u64)) -> Result<Tally> {
        let mut taking = route.taking();
        let mut since = 0;
        self.rows(route, None, |row| {
            taking.add(&row);
            since += 1;
            if since == PAGE_ROWS as u64 {
                step(std::mem::take(&mut since));
            }
            Ok(true)
        })?;
        step(since);
        Ok(taking.taken())
    }

    /// The rows after a key, so many as may be under way at once; none: there are no more.
    pub fn page(&self, route: &Route, after: Option<&Row>) -> Result<Vec<Row>> {
        let (mut page, mut size) = (vec![], 0);
        self.rows(route, after, |row| {
            size += row.iter().map(Cell::size).sum::<usize>();
            page.push(row);
            Ok(page.len() < PAGE_ROWS && size < PAGE_BYTES)
        })?;
        Ok(page)
    }

    /// Hands out rows for as long as they are wanted.
    fn rows(
        &self,
        route: &Route,
        after: Option<&Row>,
        mut take: impl FnMut(Row) -> Result<bool>,
    ) -> Result<()> {
        let sql = route.select(after.is_some(), |_| "").replace('$', "?");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(after.into_iter().flatten()))?;
        while let Some(row) = rows.next()? {
            let read = |(place, name): (usize, &String)| {
                let value = row.get_ref(place).map_err(anyhow::Error::new).and_then(cell);
                value.with_context(|| format!("{}: {}.{name} does not read", self.shown, route.table))
            };
            if !take(route.columns.iter().enumerate().map(read).collect::<Result<_>>()?)? {
                break;
            }
        }
        Ok(())
    }

    /// What a counter tells next.
    pub fn count(&self, counter: &Counter) -> Result<i64> {
        let sql = format!("select max({}) from {}", quoted(counter.column), quoted(counter.table));
        let next: Option<i64> = self.conn.query_row(&sql, [], |row| row.get(0))?;
        next.with_context(|| format!("{}: {} counts nothing", self.shown, counter.table))
    }
}
