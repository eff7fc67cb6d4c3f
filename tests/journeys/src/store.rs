//! A service's store, looked into and changed behind its back.

use anyhow::{Context, Result};
use hanse_testkit::dumps;
use rusqlite::types::ValueRef;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub enum Store {
    File(PathBuf),
    /// The database's URL.
    Database(String),
}

impl Store {
    /// Runs one statement; how many rows it was about. A file's checks are not made.
    pub async fn execute(&self, sql: &str) -> Result<u64> {
        let told = || sql.to_string();
        match self {
            Self::File(file) => {
                let conn = rusqlite::Connection::open(file)?;
                // What is taken out again leaves nothing behind, as with the shop itself.
                conn.execute_batch(
                    "pragma busy_timeout=5000; pragma foreign_keys=off; pragma secure_delete=on",
                )?;
                Ok(conn.execute(sql, []).with_context(told)? as u64)
            }
            Self::Database(url) => dumps::execute_in(url, sql).await.with_context(told),
        }
    }

    /// The one text that a question has for its answer.
    pub async fn word(&self, sql: &str) -> Result<String> {
        let told = || sql.to_string();
        match self {
            Self::File(file) => {
                rusqlite::Connection::open(file)?.query_row(sql, [], |row| row.get(0)).with_context(told)
            }
            Self::Database(url) => dumps::word_in(url, sql).await.with_context(told),
        }
    }

    /// All rows of all tables, as text; bytes are in hex.
    pub fn text(&self) -> Result<String> {
        match self {
            Self::File(file) => rows_of(file),
            Self::Database(url) => Ok(dumps::text(url)?),
        }
    }

    /// An id as the API tells it (`ord_0190…`) as SQL.
    pub fn id(&self, wire: &str) -> String {
        let hex = wire.rsplit('_').next().unwrap_or(wire);
        match self {
            Self::File(_) => format!("x'{hex}'"),
            Self::Database(_) => format!("'{hex}'::uuid"),
        }
    }

    /// A moment, in seconds since 1970, as SQL.
    pub fn moment(&self, seconds: i64) -> String {
        match self {
            Self::File(_) => format!("{seconds}000000"),
            Self::Database(_) => format!("to_timestamp({seconds})"),
        }
    }

    /// The database's URL; an embedded shop has none.
    pub fn url(&self) -> Result<&str> {
        match self {
            Self::File(file) => anyhow::bail!("{} is no database of a server", file.display()),
            Self::Database(url) => Ok(url),
        }
    }
}

/// Of a league, by its configuration.
pub(crate) fn database(config: &Path, service: &str) -> Result<Store> {
    let text = std::fs::read_to_string(config)?;
    let url =
        text.lines().filter_map(|line| line.strip_prefix("url = ")).find(|url| url.contains("{service}"));
    let url = url.context("the league has no databases")?.trim_matches('"');
    Ok(Store::Database(url.replace("{service}", service)))
}

fn rows_of(file: &Path) -> Result<String> {
    let conn = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.execute_batch("pragma busy_timeout=5000")?;
    let mut tables = conn.prepare("select name from sqlite_master where type = 'table'")?;
    let tables: Vec<String> = tables.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
    let mut text = String::new();
    for table in tables {
        let mut all = conn.prepare(&format!("select * from \"{table}\""))?;
        let columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Text(bytes) => write!(text, "{} ", String::from_utf8_lossy(bytes))?,
                    ValueRef::Blob(bytes) => bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}"))?,
                    other => write!(text, "{other:?} ")?,
                }
            }
            writeln!(text, "({table})")?;
        }
    }
    Ok(text)
}
