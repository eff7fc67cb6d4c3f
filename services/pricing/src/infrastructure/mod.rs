//! Pricing's stores, message handlers, loops and the ways to its neighbours.

pub mod books;
pub mod discounts;
pub mod examine;
pub mod handlers;
pub mod holds;
pub mod neighbours;
pub mod settings;
pub mod settings_cache;
pub mod workers;

hanse_database::migrations!("pricing");

use hanse_database::DbError;
use hanse_database::sql::Row;
use hanse_kernel::{Currency, Money};

/// A currency's column.
fn currency(row: &Row<'_>, index: usize) -> Result<Currency, DbError> {
    let code: String = row.get(index)?;
    Currency::parse(&code).map_err(|e| DbError::Column { index, message: e.to_string() })
}

/// An optional amount in a currency of its own column.
fn money(row: &Row<'_>, amount: usize, code: usize) -> Result<Option<Money>, DbError> {
    match row.get::<Option<i64>>(amount)? {
        Some(minor) => Ok(Some(Money::new(minor, currency(row, code)?))),
        None => Ok(None),
    }
}

/// A column of our own JSON that cannot be written is a defect of the program, told as the store's.
fn json<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|e| DbError::Other(e.to_string()))
}
