//! Price books in SQL.

use super::currency;
use crate::application::ports::PriceBooks;
use crate::domain::price::PriceKey;
use crate::domain::{Price, PriceBook};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Currency, Money, ProductId, Timestamp, VariantId};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &str =
    "variant_id, channel, currency, customer_group, min_quantity, valid_from, valid_until, amount,
     compare_at";
const KEY: &str = "variant_id, channel, currency, customer_group, min_quantity, valid_from";

/// Marks written with one statement.
const MARKS: usize = 50;

pub struct SqlBooks;

fn price(row: &Row<'_>) -> Result<Price, DbError> {
    let currency = currency(row, 2)?;
    Ok(Price {
        variant: row.id(0)?,
        channel: ChannelId::new(&row.get::<String>(1)?),
        group: row.get(3)?,
        min_quantity: row.get(4)?,
        from: row.get(5)?,
        until: row.get(6)?,
        amount: Money::new(row.get(7)?, currency),
        compare_at: row.get::<Option<i64>>(8)?.map(|minor| Money::new(minor, currency)),
    })
}

/// A price as parameters.
struct PriceRow<'a> {
    price: &'a Price,
    channel: &'a str,
    currency: &'static str,
    amount: i64,
    compare_at: Option<i64>,
}

impl<'a> PriceRow<'a> {
    fn of(price: &'a Price) -> Self {
        Self {
            price,
            channel: price.channel.as_str(),
            currency: price.amount.currency().code(),
            amount: price.amount.minor(),
            compare_at: price.compare_at.map(Money::minor),
        }
    }
    fn key(&self) -> Vec<&(dyn Bind + '_)> {
        let p = self.price;
        vec![&p.variant, &self.channel, &self.currency, &p.group, &p.min_quantity, &p.from]
    }
}

async fn read(tx: &mut Tx, product: ProductId, lock: &str) -> Result<PriceBook, DbError> {
    let sql = format!(
        "select events, price_version, catalogue_version, deleted, next_change_at from product_prices
         where product_id = $1 {lock}"
    );
    let head = tx
        .query_opt(&sql, &[&product], |r| {
            Ok(PriceBook {
                product,
                events: r.get(0)?,
                price_version: r.get(1)?,
                due: r.get(4)?,
                catalogue_version: r.get(2)?,
                deleted: r.get(3)?,
                prices: vec![],
            })
        })
        .await?;
    let Some(mut book) = head else { return Ok(PriceBook::empty(product)) };
    let sql = format!("select {COLUMNS} from prices where product_id = $1 order by {KEY}");
    book.prices = tx.query(&sql, &[&product], price).await?;
    Ok(book)
}

#[async_trait]
impl PriceBooks for SqlBooks {
    async fn load(&self, tx: &mut Tx, product: ProductId) -> Result<PriceBook, DbError> {
        read(tx, product, "").await
    }

    async fn lock(&self, tx: &mut Tx, product: ProductId, now: Timestamp) -> Result<PriceBook, DbError> {
        // A book that is not there cannot be locked, so an empty one is made.
        tx.execute(
            "insert into product_prices (product_id, events, price_version, catalogue_version, deleted, updated_at)
             values ($1, 0, 0, 0, $2, $3) on conflict (product_id) do nothing",
            &[&product, &false, &now],
        )
        .await?;
        read(tx, product, "/*pg*/for update/*end*/").await
    }

    async fn save(
        &self,
        tx: &mut Tx,
        before: &PriceBook,
        after: &PriceBook,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        // First the book itself: the prices refer to it, and its version decides whether we may.
        let saved = tx
            .execute(
                "insert into product_prices (product_id, events, price_version, catalogue_version, deleted,
                   next_change_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (product_id) do update set events = $2, price_version = $3, catalogue_version = $4,
                   deleted = $5, next_change_at = $6, updated_at = $7
                 where product_prices.events = $8",
                &[
                    &after.product,
                    &after.events,
                    &after.price_version,
                    &after.catalogue_version,
                    &after.deleted,
                    &after.next_change(now),
                    &now,
                    &before.events,
                ],
            )
            .await?;
        if saved == 0 {
            return Ok(false);
        }
        let left: BTreeSet<PriceKey<'_>> = after.prices.iter().map(Price::key).collect();
        let gone = |p: &&Price| !left.contains(&p.key());
        let gone: Vec<PriceRow<'_>> = before.prices.iter().filter(gone).map(PriceRow::of).collect();
        if !gone.is_empty() {
            tx.execute_many(
                "delete from prices where variant_id = $1 and channel = $2 and currency = $3 and customer_group = $4
                   and min_quantity = $5 and valid_from = $6",
                gone.iter().map(PriceRow::key).collect(),
            )
            .await?;
        }
        let old: BTreeMap<PriceKey<'_>, &Price> = before.prices.iter().map(|p| (p.key(), p)).collect();
        let new = |p: &&Price| old.get(&p.key()) != Some(p);
        let new: Vec<PriceRow<'_>> = after.prices.iter().filter(new).map(PriceRow::of).collect();
        if !new.is_empty() {
            let rows = new.iter().map(|row| {
                let mut values = row.key();
                values.extend([
                    &row.price.until as &(dyn Bind + '_),
                    &row.amount,
                    &row.compare_at,
                    &after.product,
                ]);
                values
            });
            tx.execute_many(
                "insert into prices (variant_id, channel, currency, customer_group, min_quantity, valid_from,
                   valid_until, amount, compare_at, product_id)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                 on conflict (variant_id, channel, currency, customer_group, min_quantity, valid_from)
                 do update set valid_until = $7, amount = $8, compare_at = $9, product_id = $10",
                rows.collect(),
            )
            .await?;
        }
        Ok(true)
    }

    async fn note_asked(
        &self,
        tx: &mut Tx,
        channel: &ChannelId,
        asked: i64,
        variants: &[VariantId],
    ) -> Result<BTreeSet<VariantId>, DbError> {
        // A mark outlives its price: what comes late must not bring a price back that has been taken away since.
        let channel = channel.as_str();
        let mut newer = BTreeSet::new();
        for part in variants.chunks(MARKS) {
            let rows: Vec<String> = (0..part.len()).map(|i| format!("(${}, $1, $2)", i + 3)).collect();
            let sql = format!(
                "insert into asked_prices (variant_id, channel, asked) values {}
                 on conflict (variant_id, channel) do update set asked = excluded.asked
                 where asked_prices.asked < excluded.asked returning variant_id",
                rows.join(", ")
            );
            let mut params: Vec<&(dyn Bind + '_)> = vec![&channel, &asked];
            params.extend(part.iter().map(|v| v as &(dyn Bind + '_)));
            newer.extend(tx.query(&sql, &params, |r| r.id::<VariantId>(0)).await?);
        }
        Ok(newer)
    }

    async fn candidates(
        &self,
        tx: &mut Tx,
        variants: &[VariantId],
        channel: &ChannelId,
        currency: Currency,
        now: Timestamp,
    ) -> Result<Vec<Price>, DbError> {
        let sql = format!(
            "select {COLUMNS} from prices where channel = $1 and currency = $2 and valid_from <= $3
               and (valid_until is null or valid_until > $3) and variant_id in {} order by {KEY}",
            list(4, variants.len())
        );
        let (channel, currency) = (channel.as_str(), currency.code());
        let mut params: Vec<&(dyn Bind + '_)> = vec![&channel, &currency, &now];
        params.extend(variants.iter().map(|v| v as &(dyn Bind + '_)));
        tx.query(&sql, &params, price).await
    }

    async fn product_of(&self, tx: &mut Tx, variant: VariantId) -> Result<Option<ProductId>, DbError> {
        let sql = "select product_id from prices where variant_id = $1 order by product_id limit 1";
        tx.query_opt(sql, &[&variant], |r| r.id(0)).await
    }

    async fn due(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<ProductId>, DbError> {
        let sql = "select product_id from product_prices where next_change_at <= $1
                   order by next_change_at, product_id limit $2";
        tx.query(sql, &[&now, &limit], |r| r.id(0)).await
    }
}
