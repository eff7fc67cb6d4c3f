//! Rows written, table by table: how many a checkout writes, how many the script to compare with does, and how far the
//! two are apart.

use anyhow::Result;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// By `<database>.<table>`.
pub type Rows = BTreeMap<String, Writes>;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Writes {
    pub inserted: i64,
    pub updated: i64,
    pub deleted: i64,
}

/// What one checkout, and one transaction of the script, writes to a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    pub table: String,
    /// Rows inserted, updated, deleted.
    pub checkout: [f64; 3],
    pub script: [f64; 3],
}

/// What has been written so far to the tables of a database. Not the relays' leases: they go by the clock, whatever is
/// sold.
pub async fn written(
    client: &tokio_postgres::Client,
    whose: &str,
    name: impl Fn(&str, &str) -> String,
) -> Result<Rows> {
    let sql = format!(
        "select schemaname, relname, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_user_tables
         where {whose} and relname <> 'outbox_lease'"
    );
    let counted = |row: &tokio_postgres::Row| {
        let writes = Writes { inserted: row.get(2), updated: row.get(3), deleted: row.get(4) };
        (name(row.get(0), row.get(1)), writes)
    };
    Ok(client.query(&sql, &[]).await?.iter().map(counted).collect())
}

/// What has been written between two looks; tables of which nothing was are left out.
pub fn since(now: &Rows, before: &Rows) -> Rows {
    let written = |(table, now): (&String, &Writes)| {
        let before = before.get(table).copied().unwrap_or_default();
        let writes = Writes {
            inserted: now.inserted - before.inserted,
            updated: now.updated - before.updated,
            deleted: now.deleted - before.deleted,
        };
        (writes != Writes::default()).then(|| (table.clone(), writes))
    };
    now.iter().filter_map(written).collect()
}

/// Both sides per checkout, every table that either of them writes to.
pub fn compare(checkout: (&Rows, usize), script: (&Rows, usize)) -> Vec<Pair> {
    let tables: BTreeSet<&String> = checkout.0.keys().chain(script.0.keys()).collect();
    let side = |(rows, times): (&Rows, usize), table: &String| {
        let writes = rows.get(table).copied().unwrap_or_default();
        [writes.inserted, writes.updated, writes.deleted].map(|count| count as f64 / times.max(1) as f64)
    };
    let pair = |table: &String| Pair {
        table: table.clone(),
        checkout: side(checkout, table),
        script: side(script, table),
    };
    tables.into_iter().map(pair).collect()
}

pub fn total(pairs: &[Pair], side: fn(&Pair) -> [f64; 3]) -> f64 {
    pairs.iter().map(|pair| side(pair).iter().sum::<f64>()).sum()
}

/// Rows that one side writes and the other does not, in percent of those that a checkout writes.
pub fn apart(pairs: &[Pair]) -> f64 {
    let differing =
        |pair: &Pair| pair.checkout.iter().zip(pair.script).map(|(a, b)| (a - b).abs()).sum::<f64>();
    let differing: f64 = pairs.iter().map(differing).sum();
    differing * 100.0 / total(pairs, |pair| pair.checkout).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(found: &[(&str, i64, i64)]) -> Rows {
        let row = |&(table, inserted, updated): &(&str, i64, i64)| {
            (table.to_string(), Writes { inserted, updated, deleted: 0 })
        };
        found.iter().map(row).collect()
    }

    #[test]
    fn only_what_was_written_between_the_looks_counts() {
        let before = rows(&[("hanse_order.orders", 5, 9), ("hanse_order.inbox", 7, 0)]);
        let now = rows(&[("hanse_order.orders", 7, 15), ("hanse_order.inbox", 7, 0)]);
        assert_eq!(since(&now, &before), rows(&[("hanse_order.orders", 2, 6)]));
    }

    #[test]
    fn a_script_that_forgets_a_table_is_found_out() {
        let checkout =
            rows(&[("order.orders", 10, 50), ("order.order_lines", 20, 0), ("order.inbox", 20, 0)]);
        let honest = rows(&[("order.orders", 3, 15), ("order.order_lines", 6, 0), ("order.inbox", 6, 0)]);
        let pairs = compare((&checkout, 10), (&honest, 3));
        assert_eq!((total(&pairs, |pair| pair.checkout), total(&pairs, |pair| pair.script)), (10.0, 10.0));
        assert!(apart(&pairs) < 0.001, "{pairs:?}");
        let mut forgetful = honest.clone();
        forgetful.remove("order.inbox");
        assert!((apart(&compare((&checkout, 10), (&forgetful, 3))) - 20.0).abs() < 0.001);
        // Nor does a row too many elsewhere make up for it.
        forgetful.insert("order.other".into(), Writes { inserted: 6, ..Writes::default() });
        assert!((apart(&compare((&checkout, 10), (&forgetful, 3))) - 40.0).abs() < 0.001);
    }
}
