//! Discount codes in SQL.

use super::money;
use crate::application::ports::{AfterCode, Discounts};
use crate::domain::hold::Count;
use crate::domain::{Benefit, Code, Discount};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{DiscountId, Limit, Money, OrderId, Timestamp, UserId};
use std::collections::BTreeMap;
use uuid::Uuid;

const COLUMNS: &str = "id, code, percentage_bp, amount, currency, minimum, minimum_currency, limit_total,
     limit_per_customer, starts_at, ends_at, active, held, redeemed, version, created_at";

pub struct SqlDiscounts;

fn discount(row: &Row<'_>) -> Result<Discount, DbError> {
    let benefit = match (row.get::<Option<i64>>(2)?, money(row, 3, 4)?) {
        (Some(bp), _) => Benefit::Percentage(bp),
        (None, Some(amount)) => Benefit::Fixed(amount),
        (None, None) => {
            return Err(DbError::Column { index: 2, message: "a discount without benefit".into() });
        }
    };
    Ok(Discount {
        id: row.id(0)?,
        code: row.parse(1)?,
        benefit,
        minimum: money(row, 5, 6)?,
        limit_total: row.get(7)?,
        limit_per_customer: row.get(8)?,
        starts_at: row.get(9)?,
        ends_at: row.get(10)?,
        active: row.get(11)?,
        held: row.get(12)?,
        redeemed: row.get(13)?,
        version: row.get(14)?,
        created_at: row.get(15)?,
    })
}

/// What staff edit, as parameters.
struct Edited {
    kind: &'static str,
    percentage: Option<i64>,
    amount: Option<i64>,
    currency: Option<&'static str>,
    minimum: Option<i64>,
    minimum_currency: Option<&'static str>,
}

impl Edited {
    fn of(discount: &Discount) -> Self {
        let (kind, percentage, amount) = match discount.benefit {
            Benefit::Percentage(bp) => ("percentage", Some(bp), None),
            Benefit::Fixed(amount) => ("fixed", None, Some(amount)),
        };
        Self {
            kind,
            percentage,
            amount: amount.map(Money::minor),
            currency: amount.map(|a| a.currency().code()),
            minimum: discount.minimum.map(Money::minor),
            minimum_currency: discount.minimum.map(|m| m.currency().code()),
        }
    }
}

async fn select(tx: &mut Tx, codes: &[Code], lock: &str) -> Result<Vec<Discount>, DbError> {
    if codes.is_empty() {
        return Ok(vec![]);
    }
    let places = list(1, codes.len());
    let sql = format!("select {COLUMNS} from discounts where code in {places} order by code {lock}");
    let texts: Vec<&str> = codes.iter().map(Code::as_str).collect();
    let params: Vec<&(dyn Bind + '_)> = texts.iter().map(|t| t as &(dyn Bind + '_)).collect();
    tx.query(&sql, &params, discount).await
}

#[async_trait]
impl Discounts for SqlDiscounts {
    async fn by_codes(&self, tx: &mut Tx, codes: &[Code]) -> Result<Vec<Discount>, DbError> {
        select(tx, codes, "").await
    }

    async fn lock(&self, tx: &mut Tx, codes: &[Code]) -> Result<Vec<Discount>, DbError> {
        select(tx, codes, "/*pg*/for update/*end*/").await
    }

    async fn by_id(&self, tx: &mut Tx, id: DiscountId) -> Result<Option<Discount>, DbError> {
        tx.query_opt(&format!("select {COLUMNS} from discounts where id = $1"), &[&id], discount).await
    }

    async fn page(&self, tx: &mut Tx, after: &AfterCode, limit: Limit) -> Result<Vec<Discount>, DbError> {
        let sql = format!("select {COLUMNS} from discounts where code > $1 order by code limit $2");
        let after = after.as_deref().unwrap_or("");
        tx.query(&sql, &[&after, &limit.with_peek()], discount).await
    }

    async fn insert(&self, tx: &mut Tx, d: &Discount) -> Result<bool, DbError> {
        let e = Edited::of(d);
        let made = tx
            .execute(
                "insert into discounts (id, code, kind, percentage_bp, amount, currency, minimum, minimum_currency,
                   limit_total, limit_per_customer, starts_at, ends_at, active, held, redeemed, version, created_at,
                   used_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
                 on conflict (code) do nothing",
                &[
                    &d.id,
                    &d.code.as_str(),
                    &e.kind,
                    &e.percentage,
                    &e.amount,
                    &e.currency,
                    &e.minimum,
                    &e.minimum_currency,
                    &d.limit_total,
                    &d.limit_per_customer,
                    &d.starts_at,
                    &d.ends_at,
                    &d.active,
                    &d.held,
                    &d.redeemed,
                    &d.version,
                    &d.created_at,
                ],
            )
            .await?;
        Ok(made == 1)
    }

    async fn update(&self, tx: &mut Tx, d: &Discount, version: i64) -> Result<bool, DbError> {
        let e = Edited::of(d);
        let saved = tx
            .execute(
                "update discounts set kind = $2, percentage_bp = $3, amount = $4, currency = $5, minimum = $6,
                   minimum_currency = $7, limit_total = $8, limit_per_customer = $9, starts_at = $10, ends_at = $11,
                   active = $12, version = $13
                 where id = $1 and version = $14",
                &[
                    &d.id,
                    &e.kind,
                    &e.percentage,
                    &e.amount,
                    &e.currency,
                    &e.minimum,
                    &e.minimum_currency,
                    &d.limit_total,
                    &d.limit_per_customer,
                    &d.starts_at,
                    &d.ends_at,
                    &d.active,
                    &d.version,
                    &version,
                ],
            )
            .await?;
        Ok(saved == 1)
    }

    async fn count(&self, tx: &mut Tx, count: Count, now: Timestamp) -> Result<(), DbError> {
        tx.execute(
            "update discounts set held = held + $2, redeemed = redeemed + $3, used_at = $4 where id = $1",
            &[&count.discount, &count.held, &count.redeemed, &now],
        )
        .await
        .map(|_| ())
    }

    async fn used_by(
        &self,
        tx: &mut Tx,
        customer: UserId,
        besides: Option<OrderId>,
        discounts: &[DiscountId],
    ) -> Result<BTreeMap<DiscountId, i64>, DbError> {
        let sql = format!(
            "select c.discount_id, count(*) from discount_orders o
             join discount_order_codes c on c.order_id = o.order_id
             where o.customer_id = $1 and o.order_id <> $2 and o.state in ('held', 'kept', 'redeemed')
               and c.discount_id in {}
             group by c.discount_id order by c.discount_id",
            list(3, discounts.len())
        );
        let besides = besides.map_or(Uuid::nil(), |o| o.uuid());
        let mut params: Vec<&(dyn Bind + '_)> = vec![&customer, &besides];
        params.extend(discounts.iter().map(|d| d as &(dyn Bind + '_)));
        Ok(tx.query(&sql, &params, |r| Ok((r.id(0)?, r.get(1)?))).await?.into_iter().collect())
    }
}
