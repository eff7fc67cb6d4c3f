//! How one table is read: its columns and its key in a fixed order, on either side alike, a page after the other.

use super::cell::Cell;
use super::schema::{Schema, Table, quoted};
use super::tables;
use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

/// At most so many rows, and about so many bytes, are under way at once.
pub const PAGE_ROWS: usize = 500;
pub const PAGE_BYTES: usize = 2 << 20;

pub type Row = Vec<Cell>;

/// A table on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub table: String,
    /// By name.
    pub columns: Vec<String>,
    /// Places of the key's columns, in the key's order.
    pub key: Vec<usize>,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub rows: u64,
    /// The size of its largest row, about, in bytes.
    pub largest: usize,
    pub digest: [u8; 32],
}

/// A [`Tally`] that is being taken, row by row in the key's order.
pub struct Taking {
    rows: u64,
    largest: usize,
    hash: Sha256,
}

impl Route {
    fn new(name: &str, table: &Table) -> Result<Self> {
        let columns: Vec<String> = table.columns.keys().cloned().collect();
        let place = |column: &String| columns.iter().position(|c| c == column);
        let key: Option<Vec<usize>> = table.key.iter().map(place).collect();
        match key {
            Some(key) if !key.is_empty() => Ok(Self { table: name.to_string(), columns, key }),
            _ => bail!("{name} has no primary key, by which its rows could be told apart"),
        }
    }

    /// Of all tables that travel.
    pub fn all(schema: &Schema) -> Result<Vec<Self>> {
        let travel = schema
            .tables
            .iter()
            .filter(|(name, _)| tables::stays(name).is_none() && tables::counter(name).is_none());
        travel.map(|(name, table)| Self::new(name, table)).collect()
    }

    pub fn key_of(&self, row: &Row) -> Row {
        self.key.iter().filter_map(|place| row.get(*place).cloned()).collect()
    }

    /// All of it, or what comes after a key that is bound to `$1…`, in the key's order. Texts are compared byte by byte,
    /// with `collation` where the engine would not do so by itself.
    pub fn select(&self, after: bool, collation: impl Fn(usize) -> &'static str) -> String {
        let columns: Vec<String> = self.columns.iter().map(|name| quoted(name)).collect();
        let key: Vec<String> = self
            .key
            .iter()
            .map(|place| format!("{}{}", quoted(&self.columns[*place]), collation(*place)))
            .collect();
        let (key, table) = (key.join(", "), quoted(&self.table));
        let places: Vec<String> = (1..=self.key.len()).map(|n| format!("${n}")).collect();
        let beyond = if after { format!(" where ({key}) > ({})", places.join(", ")) } else { String::new() };
        format!("select {} from {table}{beyond} order by {key}", columns.join(", "))
    }

    pub fn taking(&self) -> Taking {
        let mut hash = Sha256::new();
        for name in std::iter::once(&self.table).chain(&self.columns) {
            Cell::Text(name.clone()).digest(&mut hash);
        }
        Taking { rows: 0, largest: 0, hash }
    }
}

impl Taking {
    pub fn add(&mut self, row: &Row) {
        self.rows += 1;
        self.largest = self.largest.max(row.iter().map(Cell::size).sum());
        row.iter().for_each(|cell| cell.digest(&mut self.hash));
    }

    pub fn taken(self) -> Tally {
        Tally { rows: self.rows, largest: self.largest, digest: self.hash.finalize().into() }
    }
}

impl Tally {
    /// So many rows of the table can be held at once.
    pub fn page(&self) -> usize {
        (PAGE_BYTES / self.largest.max(1)).clamp(1, PAGE_ROWS)
    }

    pub fn shown(&self) -> String {
        self.digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
