//! One row per order, written so that any order of events ends in the same row.

use crate::application::ports::{Day, Fact, Sales};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Money, OrderId, Timestamp, UserId, VariantId};

pub struct SqlSales;

impl SqlSales {
    /// The order's row and its lines, whichever of the events comes first; that it is confirmed stays.
    async fn told(
        &self,
        tx: &mut Tx,
        (order, now): (OrderId, Timestamp),
        (total, placed_at): (Money, Timestamp),
        lines: &[(VariantId, i64)],
        confirmed: bool,
    ) -> Result<(), DbError> {
        let units: i64 = lines.iter().map(|(_, quantity)| quantity).sum();
        let (day, code, minor) = (placed_at.day(), total.currency().code(), total.minor());
        tx.execute(
            "insert into sale (order_id, placed, confirmed, cancelled, refunded, units, changed_at, day, currency, total)
             values ($1, 1, $7, 0, 0, $3, $2, $4, $5, $6)
             on conflict (order_id) do update set placed = 1, units = excluded.units, changed_at = excluded.changed_at,
               day = excluded.day, currency = excluded.currency, total = excluded.total,
               confirmed = case when excluded.confirmed = 1 then 1 else sale.confirmed end",
            &[&order, &now, &units, &day, &code, &minor, &i64::from(confirmed)],
        )
        .await?;
        let mut by_variant = std::collections::BTreeMap::<VariantId, i64>::new();
        for (variant, quantity) in lines {
            *by_variant.entry(*variant).or_default() += quantity;
        }
        let rows =
            by_variant.iter().map(|(variant, quantity)| vec![&order as _, variant as _, quantity as _]);
        let head = "insert into sale_line (order_id, variant_id, quantity)";
        tx.insert_all(head, rows.collect(), "on conflict do nothing").await.map(|_| ())
    }
}

#[async_trait]
impl Sales for SqlSales {
    async fn take(&self, tx: &mut Tx, order: OrderId, fact: &Fact, now: Timestamp) -> Result<(), DbError> {
        match fact {
            Fact::Placed { total, placed_at, lines } => {
                self.told(tx, (order, now), (*total, *placed_at), lines, false).await
            }
            Fact::Confirmed { total, placed_at, lines } => {
                self.told(tx, (order, now), (*total, *placed_at), lines, true).await
            }
            Fact::Cancelled => {
                let sql = "insert into sale (order_id, placed, confirmed, cancelled, refunded, units, changed_at)
                           values ($1, 0, 0, 1, 0, 0, $2)
                           on conflict (order_id) do update set cancelled = 1, changed_at = excluded.changed_at";
                tx.execute(sql, &[&order, &now]).await.map(|_| ())
            }
            // Totals only grow, so the largest is the latest.
            Fact::RefundedInAll(total) => {
                let sql = "insert into sale (order_id, placed, confirmed, cancelled, refunded, units, changed_at)
                           values ($1, 0, 0, 0, $3, 0, $2)
                           on conflict (order_id) do update set changed_at = excluded.changed_at, refunded =
                             case when sale.refunded < excluded.refunded then excluded.refunded else sale.refunded end";
                tx.execute(sql, &[&order, &now, &total.minor()]).await.map(|_| ())
            }
        }
    }

    async fn registered(&self, tx: &mut Tx, user: UserId, day: &str) -> Result<(), DbError> {
        let sql = "insert into registration (user_id, day) values ($1, $2) on conflict do nothing";
        tx.execute(sql, &[&user, &day]).await.map(|_| ())
    }

    async fn erased(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        // Their row stays without a day: that they registered may be heard of after it, and is not to be counted then.
        let sql = "insert into registration (user_id, day) values ($1, '') on conflict (user_id) do update set day = ''";
        tx.execute(sql, &[&user]).await.map(|_| ())
    }

    async fn days(&self, tx: &mut Tx, from: &str, to: &str) -> Result<Vec<Day>, DbError> {
        tx.query(
            "select day, currency, cast(sum(placed) as bigint), cast(sum(confirmed) as bigint),
               cast(sum(cancelled) as bigint),
               cast(sum(case when confirmed = 1 then units else 0 end) as bigint),
               cast(sum(case when confirmed = 1 then total else 0 end) as bigint), cast(sum(refunded) as bigint)
             from sale where day between $1 and $2 group by day, currency order by day, currency",
            &[&from, &to],
            |r| {
                Ok(Day {
                    day: r.get(0)?,
                    currency: r.get(1)?,
                    placed: r.get(2)?,
                    confirmed: r.get(3)?,
                    cancelled: r.get(4)?,
                    units: r.get(5)?,
                    revenue: r.get(6)?,
                    refunded: r.get(7)?,
                })
            },
        )
        .await
    }

    async fn registrations(&self, tx: &mut Tx, from: &str, to: &str) -> Result<i64, DbError> {
        let sql = "select count(*) from registration where day between $1 and $2";
        Ok(tx.query_opt(sql, &[&from, &to], |r| r.get(0)).await?.unwrap_or(0))
    }

    async fn top(
        &self,
        tx: &mut Tx,
        from: &str,
        to: &str,
        limit: i64,
    ) -> Result<Vec<(VariantId, i64)>, DbError> {
        tx.query(
            "select l.variant_id, cast(sum(l.quantity) as bigint) as units
             from sale_line l join sale s on s.order_id = l.order_id
             where s.confirmed = 1 and s.day between $1 and $2
             group by l.variant_id order by units desc, l.variant_id limit $3",
            &[&from, &to, &limit],
            |r| Ok((r.id(0)?, r.get(1)?)),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::Currency;
    use uuid::Uuid;

    #[tokio::test]
    async fn an_event_costs_one_statement_for_its_order_and_one_for_all_its_lines() {
        hanse_testkit::both_engines(&[crate::MIGRATIONS], |db| async move {
            let work = db.tx_one((), |tx, ()| {
                Box::pin(async move {
                    let order = OrderId::new(Uuid::from_u128(1));
                    let lines = || (1..=4).map(|n| (VariantId::new(Uuid::from_u128(n)), 2)).collect();
                    let (now, total) = (Timestamp::default(), Money::new(2650, Currency::EUR));
                    let mut costs = vec![];
                    for fact in [
                        Fact::RefundedInAll(Money::new(100, Currency::EUR)),
                        Fact::Confirmed { total, placed_at: now, lines: lines() },
                        Fact::Cancelled,
                        Fact::Placed { total, placed_at: now, lines: lines() },
                    ] {
                        let before = tx.statements();
                        SqlSales.take(tx, order, &fact, now).await?;
                        costs.push(tx.statements() - before);
                    }
                    Ok::<_, DbError>((costs, SqlSales.days(tx, "1970-01-01", "1970-01-01").await?))
                })
            });
            let (costs, days) = work.await.expect("written");
            assert_eq!(costs, [1, 2, 1, 2]);
            let told =
                days.iter().map(|d| (d.placed, d.confirmed, d.cancelled, d.units, d.revenue, d.refunded));
            assert_eq!(told.collect::<Vec<_>>(), [(1, 1, 1, 8, 2650, 100)]);
        })
        .await;
    }
}
