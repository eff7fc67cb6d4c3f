//! What a database is made of, as its engine tells it.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    pub tables: BTreeMap<String, Table>,
    /// Those that belong to no column. SQLite has none.
    pub sequences: BTreeSet<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Without those that the engine computes from others.
    pub columns: BTreeMap<String, Field>,
    /// The primary key's columns, in its order.
    pub key: Vec<String>,
    /// Columns that refer to a row of a table.
    pub refers: BTreeSet<(String, String)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// The engine's own name for the type.
    pub kind: String,
    pub nullable: bool,
    /// Numbered by the engine.
    pub numbered: bool,
}

/// A name in a statement.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
