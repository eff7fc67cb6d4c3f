//! Pricing's part of the audit: redemptions stay within their limits (15) and are what the orders say.

use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError};
use hanse_runtime::{Examine, Findings, Page};
use serde_json::json;

/// Codes per page.
const PAGE: i64 = 500;

pub struct ExaminePricing(pub Db);

struct Counted {
    code: String,
    limit: Option<i64>,
    held: i64,
    redeemed: i64,
    by_holds: i64,
    by_redemptions: i64,
}

#[async_trait]
impl Examine for ExaminePricing {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError> {
        let counted = self
            .0
            .scan((page.at_rest_since, page.after.clone()), |tx, (since, after)| {
                Box::pin(async move {
                    tx.query(
                        "select d.code, d.limit_total, d.held, d.redeemed, d.used_at < $1,
                           (select count(*) from discount_order_codes c
                             join discount_orders o on o.order_id = c.order_id
                             where c.discount_id = d.id and o.state in ('held', 'kept')),
                           (select count(*) from discount_order_codes c
                             join discount_orders o on o.order_id = c.order_id
                             where c.discount_id = d.id and o.state = 'redeemed')
                         from discounts d where d.code > $2 order by d.code limit $3",
                        &[since, after, &PAGE],
                        |r| {
                            let counted = Counted {
                                code: r.get(0)?,
                                limit: r.get(1)?,
                                held: r.get(2)?,
                                redeemed: r.get(3)?,
                                by_holds: r.get(5)?,
                                by_redemptions: r.get(6)?,
                            };
                            Ok((r.get::<bool>(4)?, counted))
                        },
                    )
                    .await
                })
            })
            .await?;
        let mut findings = Findings::default();
        if counted.len() as i64 == PAGE {
            findings.next = counted.last().map(|(_, c)| c.code.clone());
        }
        for (_, c) in counted.iter().filter(|(at_rest, _)| *at_rest) {
            judge(&mut findings, c);
        }
        Ok(findings)
    }
}

fn judge(findings: &mut Findings, c: &Counted) {
    findings.fact("redemption", &c.code, &json!({"limit": c.limit, "held": c.held, "redeemed": c.redeemed}));
    if c.limit.is_some_and(|limit| c.held + c.redeemed > limit) {
        let detail = format!("{} held and {} redeemed are more than its limit", c.held, c.redeemed);
        findings.breach(
            15,
            "discounts.code",
            &c.code,
            detail,
            "raise the code's limit to what was redeemed, and report a defect",
        );
    }
    if (c.held, c.redeemed) != (c.by_holds, c.by_redemptions) {
        let detail = format!(
            "counts {} held and {} redeemed, its orders are {} and {}",
            c.held, c.redeemed, c.by_holds, c.by_redemptions
        );
        findings.breach(15, "discounts.code", &c.code, detail, "report a defect; the orders are right");
    }
}
