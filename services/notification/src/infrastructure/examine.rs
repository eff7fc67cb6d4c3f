//! Notification's part of the audit: one confirmation per order (17), and mails that were given up.

use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{OrderId, TypedId};
use hanse_runtime::{Erased, Examine, Findings, Page, Remains};
use serde_json::json;
use uuid::Uuid;

const PAGE: i64 = 500;

pub struct Examination(pub Db);

#[async_trait]
impl Examine for Examination {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError> {
        let after = page.after.parse::<OrderId>().unwrap_or(OrderId::from_uuid(Uuid::nil()));
        self.0
            .scan((page.at_rest_since, after), |tx, (since, after)| {
                Box::pin(async move {
                    let counts: Vec<(OrderId, i64, bool)> = tx
                        .query(
                            "select order_id, count(*), max(created_at) < $1 from intent
                             where kind = 'order_confirmed' and order_id > $2
                             group by order_id order by order_id limit $3",
                            &[since, after, &PAGE],
                            |r| Ok((r.id(0)?, r.get(1)?, r.get(2)?)),
                        )
                        .await?;
                    let mut findings = Findings::default();
                    for (order, intents, at_rest) in &counts {
                        if !at_rest {
                            findings.moving("confirmation", order, order);
                            continue;
                        }
                        findings.fact("confirmation", order, &json!({"intents": intents}));
                        if *intents > 1 {
                            let detail = format!("{intents} confirmations are written down");
                            findings.breach(
                                17,
                                "intent.order_id",
                                order,
                                detail,
                                "report a defect: the constraint intent_once is gone",
                            );
                        }
                    }
                    if counts.len() as i64 == PAGE {
                        findings.next = counts.last().map(|(order, ..)| order.to_string());
                    }
                    Ok(findings)
                })
            })
            .await
    }

    /// Mails about an order that is on its way are intended for the order; no copy of one names its person.
    async fn remains(&self, tx: &mut Tx, erased: &Erased, remains: &mut Remains) -> Result<(), DbError> {
        remains.look(tx, erased, "intent", "user_id").await?;
        remains.look(tx, erased, "mail", "user_id").await
    }
}
