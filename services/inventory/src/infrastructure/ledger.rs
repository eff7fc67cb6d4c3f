//! The stock ledger, and the keys under which targets have been set.

use crate::application::ports::{Applied, Keys, Ledger};
use crate::domain::Adjustment;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{AdjustmentId, Limit, Timestamp, VariantId};
use std::collections::BTreeSet;

/// Variants noted by one statement.
const MARKS: usize = 500;

pub struct LedgerTable;

const COLUMNS: &str =
    "id, variant_id, location_id, origin, delta, on_hand, reason, actor, order_id, created_at";

fn adjustment(r: &Row<'_>) -> Result<Adjustment, DbError> {
    Ok(Adjustment {
        id: r.id(0)?,
        variant: r.id(1)?,
        location: r.id(2)?,
        origin: r.parse(3)?,
        delta: r.get(4)?,
        on_hand: r.get(5)?,
        reason: r.get(6)?,
        actor: r.get(7)?,
        order: r.id_opt(8)?,
        at: r.get(9)?,
    })
}

#[async_trait]
impl Ledger for LedgerTable {
    async fn append(&self, tx: &mut Tx, a: &Adjustment) -> Result<(), DbError> {
        let sql =
            format!("insert into adjustment ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
        let origin = a.origin.as_str();
        tx.execute(
            &sql,
            &[
                &a.id,
                &a.variant,
                &a.location,
                &origin,
                &a.delta,
                &a.on_hand,
                &a.reason,
                &a.actor,
                &a.order,
                &a.at,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn find(&self, tx: &mut Tx, id: AdjustmentId) -> Result<Option<Adjustment>, DbError> {
        tx.query_opt(&format!("select {COLUMNS} from adjustment where id = $1"), &[&id], adjustment).await
    }

    async fn list(
        &self,
        tx: &mut Tx,
        variant: VariantId,
        before: Option<AdjustmentId>,
        limit: Limit,
    ) -> Result<Vec<Adjustment>, DbError> {
        let limit = limit.with_peek();
        let start = format!("select {COLUMNS} from adjustment where variant_id = $1");
        match before {
            None => {
                let sql = format!("{start} order by id desc limit $2");
                tx.query(&sql, &[&variant, &limit], adjustment).await
            }
            Some(before) => {
                let sql = format!("{start} and id < $3 order by id desc limit $2");
                tx.query(&sql, &[&variant, &limit, &before], adjustment).await
            }
        }
    }
}

pub struct KeyTable;

#[async_trait]
impl Keys for KeyTable {
    async fn find(&self, tx: &mut Tx, key: &str) -> Result<Option<Applied>, DbError> {
        tx.query_opt("select adjustment_id, reason, events from stock_key where key = $1", &[&key], |r| {
            Ok(Applied { adjustment: r.id(0)?, reason: r.get(1)?, events: r.get(2)? })
        })
        .await
    }

    async fn save(&self, tx: &mut Tx, key: &str, applied: &Applied, now: Timestamp) -> Result<(), DbError> {
        tx.execute(
            "insert into stock_key (key, adjustment_id, reason, events, created_at) values ($1, $2, $3, $4, $5)
             on conflict (key) do update set events = excluded.events",
            &[&key, &applied.adjustment, &applied.reason, &applied.events, &now],
        )
        .await
        .map(|_| ())
    }

    async fn note_asked(
        &self,
        tx: &mut Tx,
        asked: i64,
        variants: &[VariantId],
    ) -> Result<BTreeSet<VariantId>, DbError> {
        let mut newer = BTreeSet::new();
        for part in variants.chunks(MARKS) {
            let rows: Vec<String> = (0..part.len()).map(|i| format!("(${}, $1)", i + 2)).collect();
            let sql = format!(
                "insert into stock_asked (variant_id, asked) values {}
                 on conflict (variant_id) do update set asked = excluded.asked
                 where stock_asked.asked < excluded.asked returning variant_id",
                rows.join(", ")
            );
            let mut params: Vec<&(dyn Bind + '_)> = vec![&asked];
            params.extend(part.iter().map(|v| v as &(dyn Bind + '_)));
            newer.extend(tx.query(&sql, &params, |r| r.id::<VariantId>(0)).await?);
        }
        Ok(newer)
    }
}
