//! The rows of what is to be asked of providers.

use crate::domain::{Intent, Payment};
use hanse_database::sql::{Bind, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{PaymentId, Timestamp};
use uuid::Uuid;

pub(super) async fn of(tx: &mut Tx, payment: PaymentId) -> Result<Vec<Intent>, DbError> {
    tx.query(
        "select id, kind, amount, asked, phase, attempts, next_at, reason, again from intent
         where payment_id = $1 order by place",
        &[&payment],
        |r| {
            Ok(Intent {
                id: r.get(0)?,
                kind: r.parse(1)?,
                amount: r.get(2)?,
                asked: r.get(3)?,
                phase: r.parse(4)?,
                attempts: r.get(5)?,
                next_at: r.get(6)?,
                reason: r.get(7)?,
                again: r.get(8)?,
                touched: false,
                new: false,
            })
        },
    )
    .await
}

pub(super) async fn save(tx: &mut Tx, p: &Payment, now: Timestamp) -> Result<(), DbError> {
    for (place, i) in (0i64..).zip(&p.intents) {
        let (kind, phase) = (i.kind.as_str(), i.phase.as_str());
        if i.new {
            tx.execute(
                "insert into intent (id, payment_id, place, kind, amount, asked, phase, attempts, next_at, reason,
                   created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                &[&i.id, &p.id, &place, &kind, &i.amount, &i.asked, &phase, &i.attempts, &i.next_at, &i.reason, &now],
            )
            .await?;
        } else if i.touched {
            tx.execute(
                "update intent set phase = $2, attempts = $3, next_at = $4, reason = $5, asked = $6, again = $7
                 where id = $1",
                &[&i.id, &phase, &i.attempts, &i.next_at, &i.reason, &i.asked, &i.again],
            )
            .await?;
        }
    }
    Ok(())
}

pub(super) async fn anything_due(tx: &mut Tx, now: Timestamp) -> Result<bool, DbError> {
    let found = tx
        .query_opt(
            "select 1 from intent where phase in ('flying', 'unknown', 'waiting') and next_at <= $1 limit 1",
            &[&now],
            |_| Ok(()),
        )
        .await?;
    Ok(found.is_some())
}

pub(super) async fn claim_due(
    tx: &mut Tx,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Uuid>, DbError> {
    let due: Vec<Uuid> = tx
        .query(
            "select id from intent where phase in ('flying', 'unknown', 'waiting') and next_at <= $1
             order by next_at, id limit $2 /*pg*/for update skip locked/*end*/",
            &[&now, &limit],
            |r| r.get(0),
        )
        .await?;
    let rows = due.iter().map(|id| -> Vec<&(dyn Bind + '_)> { vec![id, &until] }).collect();
    tx.execute_many(
        "update intent set phase = 'flying', next_at = $2, attempts = attempts + 1 where id = $1",
        rows,
    )
    .await?;
    Ok(due)
}
