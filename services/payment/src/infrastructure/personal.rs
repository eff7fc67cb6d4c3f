//! Payments of a person's orders, for whoever wants to have what the shop holds about them. Payment knows orders, not people.
//! The provider's token is a secret, and gone by then.

use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{OrderId, PaymentId, Timestamp};
use hanse_runtime::{Holds, Portion, Whose};
use serde_json::json;

/// Attempts at paying one page of orders are fewer.
const MOST: i64 = 2000;

pub struct OwnPayments(pub Db);

#[async_trait]
impl Holds for OwnPayments {
    async fn about(&self, whose: &Whose) -> Result<Portion, DbError> {
        self.0.scan(whose.orders.clone(), |tx, orders| Box::pin(about(tx, orders))).await
    }
}

async fn about(tx: &mut Tx, orders: &[OrderId]) -> Result<Portion, DbError> {
    let mut told = Portion::default();
    if orders.is_empty() {
        return Ok(told);
    }
    let mut params: Vec<&dyn Bind> = orders.iter().map(|order| order as &dyn Bind).collect();
    params.push(&MOST);
    let sql = format!(
        "select id, order_id, provider, currency, amount, authorized, captured, refunded, state, reason, created_at
         from payment where order_id in {} order by order_id, id limit ${}",
        list(1, orders.len()),
        params.len()
    );
    let payments = tx.query(&sql, &params, |r| {
        Ok(json!({
            "id": r.id::<PaymentId>(0)?, "order_id": r.id::<OrderId>(1)?, "provider": r.get::<String>(2)?,
            "currency": r.get::<String>(3)?, "amount": r.get::<i64>(4)?, "authorized": r.get::<i64>(5)?,
            "captured": r.get::<i64>(6)?, "refunded": r.get::<i64>(7)?, "state": r.get::<String>(8)?,
            "reason": r.get::<Option<String>>(9)?, "created_at": r.get::<Timestamp>(10)?,
        }))
    });
    for payment in payments.await? {
        told.tell("payment", &payment);
    }
    Ok(told)
}
