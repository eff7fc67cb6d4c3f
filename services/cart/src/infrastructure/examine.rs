//! The carts' part of the audit: which orders were taken out of which cart, and how often.

use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{CartId, OrderId, TypedId};
use hanse_runtime::{Erased, Examine, Findings, Page, Remains};
use serde_json::json;
use uuid::Uuid;

/// Orders per page.
const PAGE: i64 = 500;

pub struct ExamineCarts(pub Db);

#[async_trait]
impl Examine for ExamineCarts {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError> {
        let after: OrderId = page.after.parse().unwrap_or(OrderId::from_uuid(Uuid::nil()));
        let applied = self
            .0
            .scan((page.at_rest_since, after), |tx, (since, after)| {
                Box::pin(async move {
                    // The order is the key, so that each is applied once is what the table itself sees to.
                    tx.query(
                        "select order_id, cart_id, applied_at < $1 from cart_applied_orders
                         where order_id > $2 order by order_id limit $3",
                        &[since, after, &PAGE],
                        |r| Ok((r.id::<OrderId>(0)?, r.get::<CartId>(1)?, r.get::<bool>(2)?)),
                    )
                    .await
                })
            })
            .await?;
        let mut findings = Findings::default();
        if applied.len() as i64 == PAGE {
            findings.next = applied.last().map(|(order, ..)| order.to_string());
        }
        for (order, cart, at_rest) in &applied {
            match at_rest {
                true => findings.fact("cart_applied", order, &json!({"cart_id": cart, "times": 1})),
                false => findings.moving("cart_applied", order, order),
            }
        }
        Ok(findings)
    }

    /// A cart that was filled in the moment of the erasure is nobody's, and ends by itself.
    async fn remains(&self, tx: &mut Tx, erased: &Erased, remains: &mut Remains) -> Result<(), DbError> {
        remains.look_untouched(tx, erased, "carts", "customer_id", "updated_at").await
    }
}
