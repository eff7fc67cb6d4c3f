//! A value in the form that both engines share: read from either, written into a PostgreSQL column, told apart in a digest.

use hanse_database::sql::{Bind, Column, Value};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Where PostgreSQL's times begin, in the year 4714 before ours; in microseconds from 1970.
const FIRST_TIME: i64 = -210_866_803_200_000_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    Null,
    /// Booleans are 0 and 1, times are microseconds from 1970.
    Int(i64),
    Text(String),
    /// UUIDs are their 16 bytes.
    Bytes(Vec<u8>),
}

/// A column's type on PostgreSQL, as far as types are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Text,
    Bytes,
    Uuid,
    Time,
}

impl Kind {
    /// By its name there; None for a type that no service uses.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "int8" | "int4" | "int2" => Self::Int,
            "text" | "varchar" => Self::Text,
            "bytea" => Self::Bytes,
            "uuid" => Self::Uuid,
            "timestamptz" => Self::Time,
            _ => return None,
        })
    }
}

impl Cell {
    pub fn size(&self) -> usize {
        match self {
            Self::Null => 1,
            Self::Int(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// Whether a column of this type can hold it, and give back the same.
    pub fn fits(&self, kind: Kind) -> Result<(), String> {
        let fits = match (self, kind) {
            (Self::Null, _) | (Self::Int(0 | 1), Kind::Bool) | (Self::Int(_), Kind::Int) => true,
            (Self::Int(time), Kind::Time) => *time >= FIRST_TIME,
            (Self::Text(text), Kind::Text) => !text.contains('\0'),
            (Self::Bytes(_), Kind::Bytes) => true,
            (Self::Bytes(bytes), Kind::Uuid) => bytes.len() == 16,
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("{} cannot become a {kind:?}", self.told())) }
    }

    /// What it is, without what it says: that may be personal.
    fn told(&self) -> String {
        match self {
            Self::Null => "nothing".into(),
            Self::Int(n) => format!("the number {n}"),
            Self::Text(text) => format!("a text of {} bytes", text.len()),
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
        }
    }

    /// Adds it to a digest so that no two rows of different values read the same.
    pub fn digest(&self, into: &mut Sha256) {
        match self {
            Self::Null => into.update([0]),
            Self::Int(n) => {
                into.update([1]);
                into.update(n.to_be_bytes());
            }
            Self::Text(text) => long(into, 2, text.as_bytes()),
            Self::Bytes(bytes) => long(into, 3, bytes),
        }
    }
}

fn long(into: &mut Sha256, tag: u8, bytes: &[u8]) {
    into.update([tag]);
    into.update((bytes.len() as u64).to_be_bytes());
    into.update(bytes);
}

impl Column for Cell {
    fn read(value: Value<'_>) -> Result<Self, String> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Int(i64::from(yes)),
            Value::Int(n) | Value::Time(n) => Self::Int(n),
            Value::Text(text) => Self::Text(text.to_string()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Value::Uuid(id) => Self::Bytes(id.as_bytes().to_vec()),
        })
    }
}

/// A value on its way into a column.
pub struct Placed<'a>(pub &'a Cell, pub Kind);

impl Bind for Placed<'_> {
    fn value(&self) -> Value<'_> {
        match (self.0, self.1) {
            (Cell::Null, _) => Value::Null,
            (Cell::Int(n), Kind::Bool) => Value::Bool(*n != 0),
            (Cell::Int(n), Kind::Time) => Value::Time(*n),
            (Cell::Int(n), _) => Value::Int(*n),
            (Cell::Text(text), _) => Value::Text(text),
            (Cell::Bytes(bytes), Kind::Uuid) => {
                Uuid::from_slice(bytes).map_or(Value::Bytes(bytes), Value::Uuid)
            }
            (Cell::Bytes(bytes), _) => Value::Bytes(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_column_gives_back_alike_fits_into_it() {
        for (cell, kind) in [
            (Cell::Int(1), Kind::Bool),
            (Cell::Int(i64::MIN), Kind::Int),
            (Cell::Int(0), Kind::Time),
            (Cell::Text("ä".into()), Kind::Text),
            (Cell::Bytes(vec![1; 20]), Kind::Bytes),
            (Cell::Bytes(vec![1; 16]), Kind::Uuid),
            (Cell::Null, Kind::Uuid),
        ] {
            assert_eq!(cell.fits(kind), Ok(()));
        }
        for (cell, kind) in [
            (Cell::Int(2), Kind::Bool),
            (Cell::Int(i64::MIN), Kind::Time),
            (Cell::Int(1), Kind::Text),
            (Cell::Text("a\0".into()), Kind::Text),
            (Cell::Text("1".into()), Kind::Int),
            (Cell::Bytes(vec![1; 15]), Kind::Uuid),
        ] {
            assert!(cell.fits(kind).is_err(), "{cell:?} as {kind:?}");
        }
    }

    #[test]
    fn rows_that_differ_only_in_where_a_value_ends_have_different_digests() {
        let digest = |row: &[Cell]| {
            let mut hash = Sha256::new();
            row.iter().for_each(|cell| cell.digest(&mut hash));
            hash.finalize()
        };
        let text = |t: &str| Cell::Text(t.into());
        let rows = [
            vec![text("ab"), text("c")],
            vec![text("a"), text("bc")],
            vec![text("abc"), Cell::Null],
            vec![Cell::Bytes(b"ab".to_vec()), text("c")],
            vec![Cell::Int(0), Cell::Null],
            vec![Cell::Null, Cell::Int(0)],
        ];
        let all: std::collections::BTreeSet<_> = rows.iter().map(|row| digest(row)).collect();
        assert_eq!(all.len(), rows.len());
    }
}
