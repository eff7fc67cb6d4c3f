//! Inventory's part of the audit: do the counts balance (1), does what is held and sold add up (2, 3), and which
//! reservations there are.

use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{Db, DbError};
use hanse_kernel::{OrderId, Timestamp, VariantId};
use hanse_runtime::{Examine, Findings, Page};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const PAGE: i64 = 500;
const REMEDY: &str = "stop selling the variant, compare with the shelf, and correct it by an adjustment";

pub struct Examination(pub Db);

/// A level whose counts disagree with the reservations, the ledger or each other.
struct Crooked {
    invariant: u32,
    variant: VariantId,
    detail: String,
    key: &'static str,
}

#[async_trait]
impl Examine for Examination {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError> {
        let from = page.after.parse().unwrap_or(OrderId::new(Uuid::nil()));
        self.0
            .scan((page.at_rest_since, from, page.first), |tx, (since, from, first)| {
                Box::pin(async move {
                    let mut findings = Findings::default();
                    if *first {
                        for crooked in crooked(tx).await? {
                            findings.breach(
                                crooked.invariant,
                                crooked.key,
                                crooked.variant,
                                crooked.detail,
                                REMEDY,
                            );
                        }
                    }
                    reservations(tx, *since, *from, &mut findings).await?;
                    Ok(findings)
                })
            })
            .await
    }
}

fn found(invariant: u32, r: &Row<'_>, what: &str) -> Result<Crooked, DbError> {
    let (counted, expected): (i64, i64) = (r.get(1)?, r.get(2)?);
    Ok(Crooked {
        invariant,
        variant: r.id(0)?,
        key: if what == "backorders" { "variant_stock.variant_id" } else { "stock_level.variant_id" },
        detail: format!("{what}: {counted} counted, {expected} expected"),
    })
}

/// One snapshot shows counts and reservations as one unit left them, so they must agree at any moment.
async fn crooked(tx: &mut hanse_database::Tx) -> Result<Vec<Crooked>, DbError> {
    let mut all = tx
        .query(
            "select variant_id, available + reserved + sold + shipped, received + returned from stock_level
             where available + reserved + sold + shipped <> received + returned order by variant_id limit 100",
            &[],
            |r| found(1, r, "available + reserved + sold + out against received + returned"),
        )
        .await?;
    const PARTS: &str = "select p.variant_id, p.location_id,
          cast(sum(case when r.state = 'held' then p.quantity else 0 end) as bigint) as held,
          cast(sum(case when r.state in ('sold', 'restocked') then p.quantity - p.unsold - p.shipped else 0 end)
            as bigint) as sold,
          cast(sum(p.shipped) as bigint) as shipped
        from reservation_part p join reservation r on r.order_id = p.order_id where p.kind = ";
    for (invariant, column, kind) in [(2, "reserved", "shelf"), (3, "sold", "shelf")] {
        let sum = if column == "reserved" { "held" } else { "sold" };
        let sql = format!(
            "select l.variant_id, l.{column}, coalesce(s.{sum}, 0)
             from stock_level l
               left join ({PARTS} '{kind}' group by p.variant_id, p.location_id) s
                 on s.variant_id = l.variant_id and s.location_id = l.location_id
             where l.{column} <> coalesce(s.{sum}, 0) order by l.variant_id, l.location_id limit 100"
        );
        all.extend(tx.query(&sql, &[], |r| found(invariant, r, column)).await?);
    }
    all.extend(
        tx.query(
            "select l.variant_id, l.shipped, coalesce(s.shipped, 0)
             from stock_level l
               left join (select variant_id, location_id, cast(sum(shipped) as bigint) as shipped
                          from reservation_part where kind <> 'uncounted' group by variant_id, location_id) s
                 on s.variant_id = l.variant_id and s.location_id = l.location_id
             where l.shipped <> coalesce(s.shipped, 0) order by l.variant_id, l.location_id limit 100",
            &[],
            |r| found(3, r, "out"),
        )
        .await?,
    );
    all.extend(
        tx.query(
            "select v.variant_id, v.backordered, coalesce(s.owed, 0)
             from variant_stock v
               left join (select p.variant_id,
                            cast(sum(case when r.state = 'held' then p.quantity
                                          when r.state in ('sold', 'restocked') then p.quantity - p.unsold - p.shipped
                                          else 0 end) as bigint) as owed
                          from reservation_part p join reservation r on r.order_id = p.order_id
                          where p.kind = 'backorder' group by p.variant_id) s on s.variant_id = v.variant_id
             where v.backordered <> coalesce(s.owed, 0) order by v.variant_id limit 100",
            &[],
            |r| found(2, r, "backorders"),
        )
        .await?,
    );
    all.extend(
        tx.query(
            "select l.variant_id, l.received, coalesce(s.delta, 0)
             from stock_level l
               left join (select variant_id, location_id, cast(sum(delta) as bigint) as delta from adjustment
                          group by variant_id, location_id) s
                 on s.variant_id = l.variant_id and s.location_id = l.location_id
             where l.received <> coalesce(s.delta, 0) order by l.variant_id, l.location_id limit 100",
            &[],
            |r| found(1, r, "received against the ledger"),
        )
        .await?,
    );
    Ok(all)
}

async fn reservations(
    tx: &mut hanse_database::Tx,
    since: Timestamp,
    from: OrderId,
    findings: &mut Findings,
) -> Result<(), DbError> {
    let page: Vec<(OrderId, String, Timestamp)> = tx
        .query(
            "select order_id, state, updated_at from reservation where order_id > $1 order by order_id limit $2",
            &[&from, &PAGE],
            |r| Ok((r.id(0)?, r.get(1)?, r.get(2)?)),
        )
        .await?;
    let Some((last, _, _)) = page.last() else { return Ok(()) };
    let lines: Vec<(OrderId, Value)> = tx
        .query(
            "select order_id, variant_id, cast(sum(quantity) as bigint), cast(sum(shipped) as bigint),
                    cast(sum(unsold) as bigint), cast(sum(returned) as bigint)
             from reservation_part where order_id > $1 and order_id <= $2
             group by order_id, variant_id order by order_id, variant_id",
            &[&from, last],
            |r| {
                let variant: VariantId = r.id(1)?;
                let (quantity, out, restocked, returned): (i64, i64, i64, i64) =
                    (r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?);
                let line = json!({"variant_id": variant, "quantity": quantity, "out": out, "restocked": restocked,
                    "returned": returned});
                Ok((r.id(0)?, line))
            },
        )
        .await?;
    let mut by_order: BTreeMap<OrderId, Vec<Value>> = BTreeMap::new();
    for (order, line) in lines {
        by_order.entry(order).or_default().push(line);
    }
    for (order, state, updated) in &page {
        if *updated >= since {
            findings.moving("reservation", order, order);
            continue;
        }
        // A refused order holds nothing, like a released one.
        let state = if state == "refused" { "released" } else { state };
        let lines = by_order.remove(order).unwrap_or_default();
        findings.fact("reservation", order, &json!({"state": state, "lines": lines}));
    }
    findings.next = (page.len() as i64 == PAGE).then(|| last.to_string());
    Ok(())
}
