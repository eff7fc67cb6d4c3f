//! What is taken out of the orders of people, and of guests, who were erased, in SQL.

use super::sealed::{BILLING, SHIPPING, open_address};
use crate::application::ports::Forgotten;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_http::idempotency;
use hanse_kernel::{OrderId, Timestamp, UserId};
use hanse_messaging::outbox;
use hanse_order_contract::OrderFulfilled;
use hanse_runtime::{Erased, Remains};
use hanse_vault::{HeldKey, Vault};
use std::time::Duration;

pub struct ForgottenTables {
    pub vault: Vault,
}

/// Its address is of no use any more.
const ENDED: &str = "status in ('fulfilled', 'rejected', 'cancelled', 'refunded')";
/// Something personal stands in the order.
const PERSONAL: &str =
    "(email is not null or shipping_address is not null or billing_address is not null or metadata <> '{}')";

#[async_trait]
impl Forgotten for ForgottenTables {
    async fn note(&self, tx: &mut Tx, customer: UserId, now: Timestamp) -> Result<(), DbError> {
        idempotency::forget_customer(tx, customer).await?;
        let sql = "insert into customers_to_forget (customer_id, asked_at) values ($1, $2)
                   on conflict (customer_id) do nothing";
        tx.execute(sql, &[&customer, &now]).await.map(|_| ())
    }

    async fn noted(
        &self,
        tx: &mut Tx,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<(UserId, Timestamp)>, DbError> {
        let after = after.unwrap_or(UserId::new(uuid::Uuid::nil()));
        let sql = "select customer_id, asked_at from customers_to_forget where customer_id > $1
                   order by customer_id limit $2";
        tx.query(sql, &[&after, &limit], |r| Ok((r.id(0)?, r.get(1)?))).await
    }

    async fn strip(
        &self,
        tx: &mut Tx,
        customer: UserId,
        all: bool,
        now: Timestamp,
        limit: i64,
    ) -> Result<u64, DbError> {
        let sql = format!(
            "select id, country, shipping_address, billing_address from orders where customer_id = $1 and {PERSONAL}
               and ($2 or {ENDED})
             order by placed_at, id limit $3"
        );
        let found = tx.query(&sql, &[&customer, &all, &limit], told).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let key = self.vault.find(tx, customer).await?;
        for told in &found {
            self.strip_one(tx, told.order, told.country(&key)?.as_deref(), now).await?;
        }
        // An order on its way still needs it.
        if !self.any_left(tx, customer).await? {
            self.vault.destroy(tx, customer).await?;
        }
        Ok(found.len() as u64)
    }

    async fn any_left(&self, tx: &mut Tx, customer: UserId) -> Result<bool, DbError> {
        let sql = format!("select 1 from orders where customer_id = $1 and {PERSONAL} limit 1");
        Ok(tx.query_opt(&sql, &[&customer], |_| Ok(())).await?.is_some())
    }

    async fn done(&self, tx: &mut Tx, customer: UserId) -> Result<(), DbError> {
        self.vault.destroy(tx, customer).await?;
        tx.execute("delete from customers_to_forget where customer_id = $1", &[&customer]).await.map(|_| ())
    }

    async fn note_order(&self, tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<bool, DbError> {
        let sql = format!(
            "insert into orders_to_forget (order_id, asked_at)
             select id, $2 from orders where id = $1 and customer_id is null and {PERSONAL}
             on conflict (order_id) do nothing"
        );
        Ok(tx.execute(&sql, &[&order, &now]).await? == 1)
    }

    async fn noted_orders(
        &self,
        tx: &mut Tx,
        after: Option<OrderId>,
        limit: i64,
    ) -> Result<Vec<(OrderId, Timestamp)>, DbError> {
        let after = after.unwrap_or(OrderId::new(uuid::Uuid::nil()));
        let sql =
            "select order_id, asked_at from orders_to_forget where order_id > $1 order by order_id limit $2";
        tx.query(sql, &[&after, &limit], |r| Ok((r.id(0)?, r.get(1)?))).await
    }

    async fn strip_order(
        &self,
        tx: &mut Tx,
        order: OrderId,
        all: bool,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let sql = format!(
            "select id, country, shipping_address, billing_address from orders
             where id = $1 and customer_id is null and ($2 or {ENDED})
               and exists (select 1 from orders_to_forget f where f.order_id = orders.id)"
        );
        let Some(found) = tx.query_opt(&sql, &[&order, &all], told).await? else { return Ok(false) };
        let key = self.vault.find(tx, order).await?;
        self.strip_one(tx, order, found.country(&key)?.as_deref(), now).await?;
        tx.execute("delete from orders_to_forget where order_id = $1", &[&order]).await?;
        Ok(true)
    }
}

/// It is looked every five seconds for orders that have ended.
const STRIPPED_BY_THEN: Duration = Duration::from_secs(60);
/// Whatever has not ended is stripped after 90 days.
const LONGEST: Duration = Duration::from_secs(91 * 24 * 60 * 60);

/// For the audit: orders that still tell of people who were erased. One that is on its way may, for as long as it is noted that
/// its customer is to be forgotten, and the customer's key may stay as long.
pub async fn remains(tx: &mut Tx, erased: &Erased, remains: &mut Remains) -> Result<(), DbError> {
    let ids = erased.ids();
    let (ended, long_ago) =
        (erased.at_rest_since.minus(STRIPPED_BY_THEN), erased.at_rest_since.minus(LONGEST));
    let sql = format!(
        "select o.customer_id, o.id from orders o left join customers_to_forget f on f.customer_id = o.customer_id
         where o.customer_id in {} and {PERSONAL} and (f.asked_at is null or f.asked_at < $1
           or (o.changed_at < $2 and o.status in ('fulfilled', 'rejected', 'cancelled', 'refunded')))
         order by o.customer_id, o.id limit 1000",
        list(3, ids.len())
    );
    let mut params: Vec<&dyn Bind> = vec![&long_ago, &ended];
    params.extend(ids.iter().map(|id| id as &dyn Bind));
    for (customer, order) in tx.query(&sql, &params, |r| Ok((r.id(0)?, r.id::<OrderId>(1)?))).await? {
        remains.add(customer, "orders.id", order);
    }
    let sql = format!(
        "select customer_id from customers_to_forget where asked_at >= $1 and customer_id in {}",
        list(2, ids.len())
    );
    let mut params: Vec<&dyn Bind> = vec![&long_ago];
    params.extend(ids.iter().map(|id| id as &dyn Bind));
    remains.keys_stay(tx.query(&sql, &params, |r| r.id(0)).await?);
    Ok(())
}

/// What an order that is to be stripped tells, as it stands there.
struct Told {
    order: OrderId,
    country: Option<String>,
    shipping: Option<String>,
    billing: Option<String>,
}

fn told(row: &Row<'_>) -> Result<Told, DbError> {
    Ok(Told { order: row.id(0)?, country: row.get(1)?, shipping: row.get(2)?, billing: row.get(3)? })
}

impl Told {
    /// Orders from before it was kept beside them have it in their addresses only.
    fn country(&self, key: &HeldKey) -> Result<Option<String>, DbError> {
        if self.country.is_some() {
            return Ok(self.country.clone());
        }
        let shipping = open_address(key, SHIPPING, self.shipping.as_deref())?;
        let to = match shipping {
            Some(address) => Some(address),
            None => open_address(key, BILLING, self.billing.as_deref())?,
        };
        Ok(to.map(|address| address.country))
    }
}

impl ForgottenTables {
    /// Numbers, lines, amounts, taxes and the country stay. What the shopper or staff wrote in their own words does not.
    async fn strip_one(
        &self,
        tx: &mut Tx,
        order: OrderId,
        country: Option<&str>,
        now: Timestamp,
    ) -> Result<(), DbError> {
        // Recorded answers about the order show the person too.
        tx.execute(
            "delete from http_idempotency where operation = $1
               or operation in (select operation from order_payments where order_id = $1 and operation is not null)
               or operation in (select id from order_operations where order_id = $1)",
            &[&order],
        )
        .await?;
        tx.execute(
            "update orders set email = null, shipping_address = null, billing_address = null, metadata = '{}',
               next_action = null, country = $2, changed_at = $3
             where id = $1",
            &[&order, &country, &now],
        )
        .await?;
        for sql in [
            "update order_lines set metadata = '{}' where order_id = $1",
            "update order_shipments set tracking = null where order_id = $1",
            "update order_refunds set reason = '' where order_id = $1",
        ] {
            tx.execute(sql, &[&order]).await?;
        }
        outbox::redact::<OrderFulfilled>(tx, &order.to_string(), "tracking").await?;
        // A guest's order has a key of its own.
        self.vault.destroy(tx, order).await.map(|_| ())
    }
}
