//! Analytics' part of the audit: a confirmed order's units are those of its lines.

use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::OrderId;
use hanse_runtime::{Erased, Examine, Findings, Page, Remains};

pub struct Examination(pub Db);

#[async_trait]
impl Examine for Examination {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError> {
        self.0
            .scan(page.at_rest_since, |tx, since| {
                Box::pin(async move {
                    let skewed: Vec<OrderId> = tx
                        .query(
                            "select s.order_id from sale s where s.changed_at < $1 and s.units <>
                               coalesce((select sum(l.quantity) from sale_line l where l.order_id = s.order_id), 0)
                             order by s.order_id limit 100",
                            &[since],
                            |r| r.id(0),
                        )
                        .await?;
                    let mut findings = Findings::default();
                    for order in skewed {
                        let remedy = "figures are off by this order: report a defect";
                        findings.breach(10, "sale.order_id", order, "its units are not those of its lines", remedy);
                    }
                    Ok(findings)
                })
            })
            .await
    }

    async fn remains(&self, tx: &mut Tx, erased: &Erased, remains: &mut Remains) -> Result<(), DbError> {
        // Who was erased stays as a row without a day.
        remains.look_where(tx, erased, "registration", "user_id", "day <> ''").await
    }
}
