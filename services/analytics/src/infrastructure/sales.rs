//! One row per order, written so that any order of events ends in the same row.

use crate::application::ports::{Day, Fact, Sales};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Money, OrderId, Timestamp, UserId, VariantId};

pub struct SqlSales;

impl SqlSales {
    async fn row(&self, tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<(), DbError> {
        let sql = "insert into sale (order_id, placed, confirmed, cancelled, refunded, units, changed_at)
                   values ($1, 0, 0, 0, 0, 0, $2) on conflict (order_id) do update set changed_at = excluded.changed_at";
        tx.execute(sql, &[&order, &now]).await.map(|_| ())
    }

    async fn told(
        &self,
        tx: &mut Tx,
        order: OrderId,
        total: Money,
        placed_at: Timestamp,
        lines: &[(VariantId, i64)],
    ) -> Result<(), DbError> {
        let units: i64 = lines.iter().map(|(_, quantity)| quantity).sum();
        tx.execute(
            "update sale set placed = 1, day = $2, currency = $3, total = $4, units = $5 where order_id = $1",
            &[&order, &placed_at.day(), &total.currency().code(), &total.minor(), &units],
        )
        .await?;
        let mut by_variant = std::collections::BTreeMap::<VariantId, i64>::new();
        for (variant, quantity) in lines {
            *by_variant.entry(*variant).or_default() += quantity;
        }
        for (variant, quantity) in by_variant {
            tx.execute(
                "insert into sale_line (order_id, variant_id, quantity) values ($1, $2, $3) on conflict do nothing",
                &[&order, &variant, &quantity],
            )
            .await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Sales for SqlSales {
    async fn take(&self, tx: &mut Tx, order: OrderId, fact: &Fact, now: Timestamp) -> Result<(), DbError> {
        self.row(tx, order, now).await?;
        match fact {
            Fact::Placed { total, placed_at, lines } => self.told(tx, order, *total, *placed_at, lines).await,
            Fact::Confirmed { total, placed_at, lines } => {
                self.told(tx, order, *total, *placed_at, lines).await?;
                tx.execute("update sale set confirmed = 1 where order_id = $1", &[&order]).await.map(|_| ())
            }
            Fact::Cancelled => {
                tx.execute("update sale set cancelled = 1 where order_id = $1", &[&order]).await.map(|_| ())
            }
            // Totals only grow, so the largest is the latest.
            Fact::RefundedInAll(total) => tx
                .execute(
                    "update sale set refunded = case when refunded < $2 then $2 else refunded end where order_id = $1",
                    &[&order, &total.minor()],
                )
                .await
                .map(|_| ()),
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
