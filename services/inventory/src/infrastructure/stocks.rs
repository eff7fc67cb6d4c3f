//! The counts: one row per variant, one per variant and location.

use super::ids::any_of;
use crate::application::StockError;
use crate::application::ports::{Catalogued, Level, ListStock, StockRepository, StockRow};
use crate::domain::{Shelf, Stock, Stocks};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, Statement, inserts};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Timestamp, VariantId};

pub struct StockTables;

fn shelf(row: &Row<'_>) -> Result<Option<Shelf>, DbError> {
    let Some(location) = row.id_opt(5)? else { return Ok(None) };
    Ok(Some(Shelf {
        location,
        received: row.get(6)?,
        returned: row.get(7)?,
        available: row.get(8)?,
        reserved: row.get(9)?,
        sold: row.get(10)?,
        shipped: row.get(11)?,
        touched: false,
    }))
}

/// Variants asked for by one statement.
const ASKED: usize = 512;

#[async_trait]
impl StockRepository for StockTables {
    async fn lock_and_load(&self, tx: &mut Tx, variants: &[VariantId]) -> Result<Stocks, DbError> {
        let locks = variants.chunks(ASKED).map(|part| {
            let (places, params) = any_of(1, part);
            let sql = format!(
                "select null from variant_stock where variant_id in {places} order by variant_id /*pg*/for update/*end*/"
            );
            (sql, params)
        });
        let loads = variants.chunks(ASKED).map(loading);
        // All locks before the first look, in one go: what others commit meanwhile is seen by it.
        let rows = tx.query_all(locks.chain(loads).collect(), found).await?;
        Ok(together(rows.into_iter().flatten().flatten()))
    }

    async fn load(&self, tx: &mut Tx, variants: &[VariantId]) -> Result<Stocks, DbError> {
        let rows = tx.query_all(variants.chunks(ASKED).map(loading).collect(), found).await?;
        Ok(together(rows.into_iter().flatten().flatten()))
    }

    async fn save(&self, tx: &mut Tx, stocks: &Stocks, now: Timestamp) -> Result<(), StockError> {
        let changed: Vec<(&Stock, i64, &str)> = stocks
            .values()
            .filter(|s| s.next_version() > s.version)
            .map(|s| (s, s.next_version(), s.policy.as_str()))
            .collect();
        let (new, known): (Vec<_>, Vec<_>) = changed.iter().partition(|(s, ..)| s.version == 0);
        let (count, retired, product_version) = (changed.len() as u64, false, 0i64);
        let new = new.iter().map(|(s, next, policy)| -> Vec<&(dyn Bind + '_)> {
            vec![&s.variant, &s.sku, policy, &s.backordered, next, &product_version, &retired, &now]
        });
        let mut statements = inserts(
            "insert into variant_stock
               (variant_id, sku, policy, backordered, level_version, product_version, retired, updated_at)",
            &new.collect::<Vec<_>>(),
            "on conflict (variant_id) do nothing",
        );
        statements.extend(known.iter().map(|(s, next, policy)| -> Statement<'_> {
            let sql = "update variant_stock
                       set sku = $3, policy = $4, backordered = $5, updated_at = $6, level_version = $7
                       where variant_id = $1 and level_version = $2";
            (sql.into(), vec![&s.variant, &s.version, &s.sku, policy, &s.backordered, &now, next])
        }));
        let versions = statements.len();
        let shelves = changed.iter().flat_map(|(s, ..)| s.shelves.iter().map(|shelf| (*s, shelf)));
        let shelves = shelves.filter(|(_, shelf)| shelf.touched).map(|(s, l)| -> Vec<&(dyn Bind + '_)> {
            vec![
                &s.variant,
                &l.location,
                &l.received,
                &l.returned,
                &l.available,
                &l.reserved,
                &l.sold,
                &l.shipped,
            ]
        });
        statements.extend(inserts(
            "insert into stock_level
               (variant_id, location_id, received, returned, available, reserved, sold, shipped)",
            &shelves.collect::<Vec<_>>(),
            "on conflict (variant_id, location_id) do update
               set received = excluded.received, returned = excluded.returned, available = excluded.available,
                   reserved = excluded.reserved, sold = excluded.sold, shipped = excluded.shipped",
        ));
        // The shelves go along: where a version was not the one that was found, none of it is kept.
        let written = tx.execute_all(statements).await?;
        if written.iter().take(versions).sum::<u64>() != count {
            return Err(StockError::Conflict);
        }
        Ok(())
    }

    async fn catalogue(
        &self,
        tx: &mut Tx,
        of: &Catalogued,
        variants: &[(VariantId, &str)],
    ) -> Result<(), DbError> {
        let rows = variants
            .iter()
            .map(|(id, sku)| -> Vec<&(dyn Bind + '_)> {
                vec![id, sku, &of.product, &of.version, &of.at, &false]
            })
            .collect();
        tx.execute_many(
            "update variant_stock
             set sku = $2, product_id = $3, product_version = $4, updated_at = $5, retired = $6
             where variant_id = $1 and product_version < $4",
            rows,
        )
        .await?;
        tx.execute(
            "update variant_stock set retired = $3, product_version = $2, updated_at = $4
             where product_id = $1 and product_version < $2",
            &[&of.product, &of.version, &true, &of.at],
        )
        .await?;
        Ok(())
    }

    async fn levels(&self, tx: &mut Tx, variants: &[VariantId]) -> Result<Vec<Level>, DbError> {
        let (places, params) = any_of(1, variants);
        let sql = format!(
            "select v.variant_id, v.policy, v.level_version, v.backordered,
                    (select cast(coalesce(sum(l.available), 0) as bigint) from stock_level l
                     where l.variant_id = v.variant_id)
             from variant_stock v where v.variant_id in {places} order by v.variant_id"
        );
        tx.query(&sql, &params, |r| {
            let (owed, here): (i64, i64) = (r.get(3)?, r.get(4)?);
            Ok(Level {
                variant: r.id(0)?,
                policy: r.parse(1)?,
                version: r.get(2)?,
                available: (here - owed).max(0),
            })
        })
        .await
    }

    async fn list(&self, tx: &mut Tx, wanted: &ListStock) -> Result<Vec<StockRow>, DbError> {
        let limit = wanted.limit.with_peek();
        let upper = format!("{}\u{10FFFF}", wanted.sku);
        const SQL: &str =
            "select v.variant_id, v.sku, l.location_id, v.policy, l.available, l.reserved, l.sold,
               l.shipped, v.backordered, v.level_version
             from variant_stock v join stock_level l on l.variant_id = v.variant_id
             where not v.retired and v.sku >= $1 and v.sku < $2";
        const ORDER: &str = "order by v.sku, v.variant_id, l.location_id";
        match &wanted.after {
            None => {
                let sql = format!("{SQL} {ORDER} limit $3");
                tx.query(&sql, &[&wanted.sku, &upper, &limit], stock_row).await
            }
            Some((sku, variant, location)) => {
                let sql =
                    format!("{SQL} and (v.sku, v.variant_id, l.location_id) > ($4, $5, $6) {ORDER} limit $3");
                tx.query(&sql, &[&wanted.sku, &upper, &limit, sku, variant, location], stock_row).await
            }
        }
    }
}

fn stock_row(r: &Row<'_>) -> Result<StockRow, DbError> {
    let (available, reserved, sold): (i64, i64, i64) = (r.get(4)?, r.get(5)?, r.get(6)?);
    Ok(StockRow {
        variant: r.id(0)?,
        sku: r.get(1)?,
        location: r.id(2)?,
        policy: r.parse(3)?,
        on_hand: available + reserved + sold,
        available,
        reserved,
        sold,
        shipped: r.get(7)?,
        backordered: r.get(8)?,
        version: r.get(9)?,
    })
}

const STOCK: &str =
    "v.variant_id, v.sku, v.policy, v.backordered, v.level_version, l.location_id, l.received,
    l.returned, l.available, l.reserved, l.sold, l.shipped";

fn loading(variants: &[VariantId]) -> Statement<'_> {
    let (places, params) = any_of(1, variants);
    let sql = format!(
        "select {STOCK}
         from variant_stock v
           left join stock_level l on l.variant_id = v.variant_id
           left join location p on p.id = l.location_id
         where v.variant_id in {places}
         order by v.variant_id, p.priority nulls last, l.location_id nulls last /*pg*/for update of v/*end*/"
    );
    (sql, params)
}

/// A row of a question by [`loading`]; None: it is one of a lock.
fn found(r: &Row<'_>) -> Result<Option<(Stock, Option<Shelf>)>, DbError> {
    let Some(variant) = r.id_opt::<VariantId>(0)? else { return Ok(None) };
    let stock = Stock::stored(variant, r.get(1)?, r.parse(2)?, r.get(3)?, r.get(4)?, vec![]);
    Ok(Some((stock, shelf(r)?)))
}

fn together(rows: impl Iterator<Item = (Stock, Option<Shelf>)>) -> Stocks {
    let mut stocks: Vec<(Stock, Vec<Shelf>)> = Vec::new();
    for (stock, shelf) in rows {
        match stocks.last_mut() {
            Some((last, shelves)) if last.variant == stock.variant => shelves.extend(shelf),
            _ => stocks.push((stock, shelf.into_iter().collect())),
        }
    }
    let whole = |(s, shelves): (Stock, Vec<Shelf>)| {
        (s.variant, Stock::stored(s.variant, s.sku, s.policy, s.backordered, s.version, shelves))
    };
    stocks.into_iter().map(whole).collect()
}
