//! Payments tried, shipments, refunds and restocks, in SQL.

use super::columns;
use super::sealed::{REASON, TRACKING, whose};
use crate::application::ports::{Attempt, Parts};
use crate::domain::order::{Restock, Shipment};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Money, OrderId, PaymentId, RefundId, Timestamp, UserId};
use hanse_vault::{Column, Vault};
use std::time::Duration;
use uuid::Uuid;

pub struct PartTables {
    pub vault: Vault,
}

impl PartTables {
    /// Seals what is written about an order. None: it was stripped, and nothing is written about anybody there any more.
    async fn seal(
        &self,
        tx: &mut Tx,
        order: OrderId,
        column: Column,
        text: &str,
    ) -> Result<Option<String>, DbError> {
        let sql = "select customer_id, email is not null from orders where id = $1";
        let found: Option<(Option<UserId>, bool)> =
            tx.query_opt(sql, &[&order], |r| Ok((r.id_opt(0)?, r.get(1)?))).await?;
        let Some((customer, true)) = found else { return Ok(None) };
        self.vault.of(tx, whose(customer, order)).await?.seal(column, text).map(Some)
    }
}

/// A restock that has been asked for `tries` times is asked for again after this.
fn again(tries: i64) -> Duration {
    Duration::from_secs(10).saturating_mul(1 << tries.clamp(0, 5)).min(Duration::from_secs(300))
}

#[async_trait]
impl Parts for PartTables {
    async fn attempt(
        &self,
        tx: &mut Tx,
        order: OrderId,
        operation: Uuid,
        now: Timestamp,
    ) -> Result<Attempt, DbError> {
        let sql = "select attempt, payment_id from order_payments where order_id = $1 and operation = $2";
        let known = tx
            .query_opt(sql, &[&order, &operation], |r| {
                Ok(Attempt { attempt: r.get(0)?, payment: r.id_opt(1)? })
            })
            .await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let sql = "select max(attempt) from order_payments where order_id = $1";
        let last: Option<Option<u32>> = tx.query_opt(sql, &[&order], |r| r.get(0)).await?;
        let attempt = last.flatten().unwrap_or(0).saturating_add(1);
        tx.execute(
            "insert into order_payments (order_id, attempt, operation, opened_at) values ($1, $2, $3, $4)",
            &[&order, &attempt, &operation, &now],
        )
        .await?;
        Ok(Attempt { attempt, payment: None })
    }

    async fn opened(
        &self,
        tx: &mut Tx,
        order: OrderId,
        attempt: u32,
        payment: PaymentId,
        now: Timestamp,
    ) -> Result<(), DbError> {
        tx.execute(
            "insert into order_payments (order_id, attempt, payment_id, opened_at) values ($1, $2, $3, $4)
             on conflict (order_id, attempt) do update set payment_id = excluded.payment_id",
            &[&order, &attempt, &payment, &now],
        )
        .await
        .map(|_| ())
    }

    async fn shipped(
        &self,
        tx: &mut Tx,
        order: OrderId,
        shipment: &Shipment,
        tracking: Option<&str>,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let pieces = columns::write_pieces(&shipment.pieces)?;
        let tracking = match tracking {
            Some(tracking) => self.seal(tx, order, TRACKING, tracking).await?,
            None => None,
        };
        tx.execute(
            "insert into order_shipments (id, order_id, at, tracking, pieces) values ($1, $2, $3, $4, $5)",
            &[&shipment.id, &order, &now, &tracking, &pieces],
        )
        .await
        .map(|_| ())
    }

    async fn refunding(
        &self,
        tx: &mut Tx,
        order: OrderId,
        refund: RefundId,
        amount: Money,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let reason = self.seal(tx, order, REASON, reason).await?.unwrap_or_default();
        tx.execute(
            "insert into order_refunds (id, order_id, at, amount, reason) values ($1, $2, $3, $4, $5)",
            &[&refund, &order, &now, &amount.minor(), &reason],
        )
        .await
        .map(|_| ())
    }

    async fn restocking(
        &self,
        tx: &mut Tx,
        order: OrderId,
        restock: &Restock,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<(), DbError> {
        let (pieces, returned) =
            (columns::write_pieces(&restock.pieces)?, columns::write_pieces(&restock.returned)?);
        tx.execute(
            "insert into order_restocks (id, order_id, asked_at, pieces, tries, due_at, returned)
             values ($1, $2, $3, $4, 0, $5, $6)",
            &[&restock.id, &order, &now, &pieces, &due, &returned],
        )
        .await
        .map(|_| ())
    }

    async fn restocked(&self, tx: &mut Tx, restock: Uuid) -> Result<(), DbError> {
        tx.execute("update order_restocks set due_at = null where id = $1", &[&restock]).await.map(|_| ())
    }

    async fn restocks_due(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Uuid>, DbError> {
        let sql = "select id from order_restocks where due_at is not null and due_at <= $1 order by due_at, id limit $2";
        tx.query(sql, &[&now, &limit], |r| r.get(0)).await
    }

    async fn take_restock(
        &self,
        tx: &mut Tx,
        restock: Uuid,
        now: Timestamp,
    ) -> Result<Option<(OrderId, Restock, i64)>, DbError> {
        let sql = "select order_id, pieces, returned, tries from order_restocks
                   where id = $1 and due_at is not null and due_at <= $2";
        let found: Option<(OrderId, String, String, i64)> =
            tx.query_opt(sql, &[&restock, &now], |r| Ok((r.id(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).await?;
        let Some((order, pieces, returned, tries)) = found else { return Ok(None) };
        let tries = tries + 1;
        tx.execute(
            "update order_restocks set tries = $2, due_at = $3 where id = $1",
            &[&restock, &tries, &now.plus(again(tries))],
        )
        .await?;
        let (pieces, returned) = (columns::read_pieces(&pieces)?, columns::read_pieces(&returned)?);
        Ok(Some((order, Restock { id: restock, pieces, returned }, tries)))
    }
}
