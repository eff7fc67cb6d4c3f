//! What is taken out of the orders of people who were erased, in SQL.

use super::columns::{self, AddressJson};
use crate::application::ports::Forgotten;
use crate::domain::order::Address;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_http::idempotency;
use hanse_kernel::{OrderId, Timestamp, UserId};
use hanse_messaging::outbox;
use hanse_order_contract::OrderFulfilled;
use hanse_vault::Vault;

pub struct ForgottenTables {
    pub vault: Vault,
}

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
            "select id, shipping_address, billing_address from orders where customer_id = $1 and {PERSONAL}
               and ($2 or status in ('fulfilled', 'rejected', 'cancelled', 'refunded'))
             order by placed_at, id limit $3"
        );
        let found = tx
            .query(&sql, &[&customer, &all, &limit], |r| {
                let address = |text: Option<String>| {
                    text.map(|text| columns::read::<AddressJson>(&text).map(Address::from)).transpose()
                };
                let (shipping, billing) = (address(r.get(1)?)?, address(r.get(2)?)?);
                Ok((r.id::<OrderId>(0)?, shipping.or(billing).map(|address| address.country)))
            })
            .await?;
        for (order, country) in &found {
            strip(tx, *order, country.as_deref(), now).await?;
        }
        Ok(found.len() as u64)
    }

    async fn any_left(&self, tx: &mut Tx, customer: UserId) -> Result<bool, DbError> {
        let sql = format!("select 1 from orders where customer_id = $1 and {PERSONAL} limit 1");
        Ok(tx.query_opt(&sql, &[&customer], |_| Ok(())).await?.is_some())
    }

    async fn done(&self, tx: &mut Tx, customer: UserId) -> Result<(), DbError> {
        tx.execute("delete from customers_to_forget where customer_id = $1", &[&customer]).await?;
        self.vault.destroy(tx, customer).await.map(|_| ())
    }
}

/// Numbers, lines, amounts, taxes and the country stay. What the shopper or staff wrote in their own words does not.
async fn strip(tx: &mut Tx, order: OrderId, country: Option<&str>, now: Timestamp) -> Result<(), DbError> {
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
           country = $2, changed_at = $3
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
    outbox::redact::<OrderFulfilled>(tx, &order.to_string(), "tracking").await
}
