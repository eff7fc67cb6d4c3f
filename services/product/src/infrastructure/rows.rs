//! Small helpers that the repositories share: many rows in few statements, and counts between the two worlds.

use hanse_database::sql::{Bind, Sql};
use hanse_database::{DbError, Tx};

pub(super) type Values<'a> = Vec<&'a (dyn Bind + 'a)>;

/// Inserts the rows in as few statements as a fixed set of texts allows, so that they stay prepared. `head` is
/// `insert into t (a, b)`, `tail` what follows the values.
pub(super) async fn insert(tx: &mut Tx, head: &str, tail: &str, rows: &[Values<'_>]) -> Result<(), DbError> {
    let mut rest = rows;
    for size in [32, 8, 1] {
        while rest.len() >= size {
            let (now, later) = rest.split_at(size);
            let columns = now[0].len();
            let params: Values<'_> = now.iter().flatten().copied().collect();
            tx.execute(&text(head, tail, columns, size), &params).await?;
            rest = later;
        }
    }
    Ok(())
}

fn text(head: &str, tail: &str, columns: usize, rows: usize) -> String {
    use std::fmt::Write;
    let mut sql = String::with_capacity(head.len() + tail.len() + 8 + columns * rows * 5);
    sql.push_str(head);
    sql.push_str(" values ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            // Writing to a String cannot fail.
            let _ = write!(sql, "{}${}", if column == 1 { "" } else { ", " }, row * columns + column);
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

/// Lists longer than this are asked for in parts.
pub(super) const PART: usize = 200;

pub(super) fn column(index: usize, message: impl Into<String>) -> DbError {
    DbError::Column { index, message: message.into() }
}

pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn count(index: usize, n: i64) -> Result<u64, DbError> {
    u64::try_from(n).map_err(|_| column(index, format!("{n} is no count")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_are_numbered_on() {
        assert_eq!(
            super::text("insert into t (a, b)", "on conflict do nothing", 2, 2),
            "insert into t (a, b) values ($1, $2), ($3, $4) on conflict do nothing"
        );
    }
}
