//! What orders hold of discount codes, in SQL.

use crate::application::ports::Holds;
use crate::domain::{Hold, HoldState};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{DiscountId, OrderId, Timestamp};
use std::collections::BTreeSet;

pub struct SqlHolds;

async fn select(tx: &mut Tx, order: OrderId, lock: &str) -> Result<Option<Hold>, DbError> {
    let sql = format!(
        "select attempt, state, customer_id, expires_at from discount_orders where order_id = $1 {lock}"
    );
    let head = tx
        .query_opt(&sql, &[&order], |r| {
            Ok(Hold {
                order,
                attempt: r.get(0)?,
                state: r.parse::<HoldState>(1)?,
                customer: r.id_opt(2)?,
                codes: BTreeSet::new(),
                expires_at: r.get(3)?,
            })
        })
        .await?;
    let Some(mut hold) = head else { return Ok(None) };
    let sql = "select discount_id from discount_order_codes where order_id = $1 order by discount_id";
    hold.codes = tx.query(sql, &[&order], |r| r.id(0)).await?.into_iter().collect();
    Ok(Some(hold))
}

#[async_trait]
impl Holds for SqlHolds {
    async fn find(&self, tx: &mut Tx, order: OrderId) -> Result<Option<Hold>, DbError> {
        select(tx, order, "").await
    }

    async fn lock(&self, tx: &mut Tx, order: OrderId) -> Result<Option<Hold>, DbError> {
        select(tx, order, "/*pg*/for update/*end*/").await
    }

    async fn insert(&self, tx: &mut Tx, hold: &Hold, now: Timestamp) -> Result<(), DbError> {
        tx.execute(
            "insert into discount_orders (order_id, attempt, state, customer_id, expires_at, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $6)",
            &[&hold.order, &hold.attempt, &hold.state.as_str(), &hold.customer, &hold.expires_at, &now],
        )
        .await?;
        add_codes(tx, hold.order, &hold.codes.iter().copied().collect::<Vec<_>>()).await
    }

    async fn update(&self, tx: &mut Tx, before: &Hold, after: &Hold, now: Timestamp) -> Result<(), DbError> {
        tx.execute(
            "update discount_orders set attempt = $2, state = $3, customer_id = $4, expires_at = $5, updated_at = $6
             where order_id = $1",
            &[&after.order, &after.attempt, &after.state.as_str(), &after.customer, &after.expires_at, &now],
        )
        .await?;
        let gone: Vec<DiscountId> = before.codes.difference(&after.codes).copied().collect();
        if !gone.is_empty() {
            tx.execute_many(
                "delete from discount_order_codes where order_id = $1 and discount_id = $2",
                gone.iter().map(|code| vec![&after.order as &(dyn Bind + '_), code]).collect(),
            )
            .await?;
        }
        add_codes(tx, after.order, &after.codes.difference(&before.codes).copied().collect::<Vec<_>>()).await
    }

    async fn expired(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, DbError> {
        let sql = "select order_id from discount_orders where state = 'held' and expires_at <= $1
                   order by expires_at, order_id limit $2";
        tx.query(sql, &[&now, &limit], |r| r.id(0)).await
    }
}

async fn add_codes(tx: &mut Tx, order: OrderId, codes: &[DiscountId]) -> Result<(), DbError> {
    if codes.is_empty() {
        return Ok(());
    }
    let rows = codes.iter().map(|code| vec![&order as &(dyn Bind + '_), code]).collect();
    let sql = "insert into discount_order_codes (order_id, discount_id) values ($1, $2)";
    tx.execute_many(sql, rows).await.map(|_| ())
}
