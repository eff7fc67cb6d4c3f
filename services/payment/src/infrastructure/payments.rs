//! Payments with their intents, and the books.

use super::intents;
use crate::application::PaymentError;
use crate::application::ports::{Listed, Payments, SetRight};
use crate::domain::{Action, Payment, Transaction};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Currency, IdGen, Limit, Money, OrderId, PaymentId, Timestamp, TraceContext};
use std::sync::Arc;
use uuid::Uuid;

pub struct PaymentTables {
    /// Names transactions of the ledger.
    pub ids: Arc<dyn IdGen>,
}

const COLUMNS: &str = "id, order_id, attempt, provider, currency, amount, state, active, cancel, authorized,
    captured, refunded, released, renewal, renewed, reason, action_kind, action_url, expires_at, events, version, correlation,
    traceparent, token, created_at, updated_at";

fn payment(r: &Row<'_>) -> Result<Payment, DbError> {
    let code: String = r.get(4)?;
    let currency =
        Currency::parse(&code).map_err(|e| DbError::Column { index: 4, message: e.to_string() })?;
    let action = match (r.get::<Option<String>>(16)?, r.get::<Option<String>>(17)?) {
        (Some(kind), Some(url)) => Some(Action { kind, url }),
        _ => None,
    };
    Ok(Payment {
        id: r.id(0)?,
        order: r.id(1)?,
        attempt: r.get(2)?,
        provider: r.get(3)?,
        amount: Money::new(r.get(5)?, currency),
        state: r.parse(6)?,
        active: r.get(7)?,
        cancel: r.get(8)?,
        authorised: r.get(9)?,
        captured: r.get(10)?,
        refunded: r.get(11)?,
        released: r.get(12)?,
        renewal: r.get(13)?,
        renewed: r.get(14)?,
        reason: r.get(15)?,
        action,
        expires_at: r.get(18)?,
        events: r.get(19)?,
        version: r.get(20)?,
        correlation: r.get(21)?,
        trace: r.get::<Option<String>>(22)?.as_deref().and_then(TraceContext::parse),
        intents: vec![],
        told: vec![],
        postings: vec![],
        sealed: r.get(23)?,
        forget_token: false,
    })
}

fn listed(r: &Row<'_>) -> Result<Listed, DbError> {
    Ok(Listed { payment: payment(r)?, created_at: r.get(24)?, updated_at: r.get(25)? })
}

impl PaymentTables {
    async fn one(
        &self,
        tx: &mut Tx,
        which: &str,
        params: &[&(dyn Bind + '_)],
    ) -> Result<Option<Payment>, DbError> {
        let sql = format!("select {COLUMNS} from payment where {which}");
        let Some(mut found) = tx.query_opt(&sql, params, payment).await? else { return Ok(None) };
        found.intents = intents::of(tx, found.id).await?;
        Ok(Some(found))
    }

    async fn post(
        &self,
        tx: &mut Tx,
        p: &Payment,
        posting: &Transaction,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let (id, currency) = (self.ids.uuid(), p.amount.currency().code());
        let entries: Vec<(i64, &str, i64)> =
            (0i64..).zip(&posting.entries).map(|(n, e)| (n, e.account.as_str(), e.amount)).collect();
        let rows = entries.iter().map(|(place, account, amount)| -> Vec<&(dyn Bind + '_)> {
            vec![&id, place, &p.id, &posting.what, account, amount, &currency, &now]
        });
        let rows = rows.collect();
        tx.execute_many(
            "insert into ledger_entry (transaction_id, place, payment_id, what, account, amount, currency, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            rows,
        )
        .await
        .map(|_| ())
    }
}

#[async_trait]
impl Payments for PaymentTables {
    async fn find(&self, tx: &mut Tx, id: PaymentId) -> Result<Option<Payment>, DbError> {
        self.one(tx, "id = $1", &[&id]).await
    }

    async fn find_attempt(
        &self,
        tx: &mut Tx,
        order: OrderId,
        attempt: u32,
    ) -> Result<Option<Payment>, DbError> {
        self.one(tx, "order_id = $1 and attempt = $2 and attempt > 0", &[&order, &attempt]).await
    }

    async fn of_intent(&self, tx: &mut Tx, intent: Uuid) -> Result<Option<Payment>, DbError> {
        self.one(tx, "id = (select payment_id from intent where intent.id = $1)", &[&intent]).await
    }

    async fn save(&self, tx: &mut Tx, p: &Payment, now: Timestamp) -> Result<(), PaymentError> {
        let (state, currency, amount) = (p.state.as_str(), p.amount.currency().code(), p.amount.minor());
        let action = p.action.as_ref();
        let (kind, url) = (action.map(|a| a.kind.as_str()), action.map(|a| a.url.as_str()));
        let traceparent = p.trace.map(|trace| trace.to_string());
        let token = p.sealed.as_ref().filter(|_| !p.forget_token);
        let mut values: Vec<&(dyn Bind + '_)> = vec![
            &p.id,
            &p.order,
            &p.attempt,
            &p.provider,
            &currency,
            &amount,
            &state,
            &p.active,
            &p.cancel,
            &p.authorised,
            &p.captured,
            &p.refunded,
            &p.released,
            &p.renewal,
            &p.renewed,
            &p.reason,
            &kind,
            &url,
            &p.expires_at,
            &p.events,
            &p.version,
            &p.correlation,
            &traceparent,
            &token,
            &now,
        ];
        let written = if p.version == 1 {
            let sql = format!(
                "insert into payment ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                   $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $25) on conflict do nothing"
            );
            tx.execute(&sql, &values).await?
        } else {
            // The order and the attempt never change.
            values.drain(1..3);
            tx.execute(
                "update payment set provider = $2, currency = $3, amount = $4, state = $5, active = $6, cancel = $7,
                   authorized = $8, captured = $9, refunded = $10, released = $11, renewal = $12, renewed = $13,
                   reason = $14, action_kind = $15, action_url = $16, expires_at = $17, events = $18, version = $19,
                   correlation = $20, traceparent = $21, token = $22, updated_at = $23
                 where id = $1 and version = $19 - 1",
                &values,
            )
            .await?
        };
        if written == 0 {
            return Err(PaymentError::Conflict);
        }
        intents::save(tx, p, now).await?;
        for posting in &p.postings {
            self.post(tx, p, posting, now).await?;
        }
        Ok(())
    }

    async fn anything_due(&self, tx: &mut Tx, now: Timestamp) -> Result<bool, DbError> {
        intents::anything_due(tx, now).await
    }

    async fn claim_due(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<Uuid>, DbError> {
        intents::claim_due(tx, now, until, limit).await
    }

    async fn overdue(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<PaymentId>, DbError> {
        tx.query(
            "select id from payment
             where state in ('opened', 'authorizing', 'unknown', 'action_required') and not cancel
               and expires_at <= $1
             order by expires_at, id limit $2",
            &[&now, &limit],
            |r| r.id(0),
        )
        .await
    }

    async fn first_told(
        &self,
        tx: &mut Tx,
        provider: &str,
        event: &str,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let written = tx
            .execute(
                "insert into webhook (provider, event, received_at) values ($1, $2, $3) on conflict do nothing",
                &[&provider, &event, &now],
            )
            .await?;
        Ok(written == 1)
    }

    async fn forget_told(&self, tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
        tx.execute(
            "delete from webhook where (provider, event) in
               (select provider, event from webhook where received_at < $1 order by received_at limit 1000)",
            &[&before],
        )
        .await
    }

    async fn note(&self, tx: &mut Tx, right: &SetRight, now: Timestamp) -> Result<(), DbError> {
        tx.execute(
            "insert into reconciled (at, who, provider, charge, payment_id, order_id, kind, detail)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &now,
                &right.who,
                &right.provider,
                &right.held.key,
                &right.payment,
                &right.held.order,
                &right.kind,
                &right.detail,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn with_money(
        &self,
        tx: &mut Tx,
        provider: &str,
        since: Timestamp,
        after: PaymentId,
        most: i64,
    ) -> Result<Vec<(PaymentId, OrderId, Uuid)>, DbError> {
        tx.query(
            "select p.id, p.order_id, i.id from payment p
               join intent i on i.payment_id = p.id and i.kind = 'authorize' and i.phase = 'done'
             where p.id > $1 and p.provider = $2 and p.created_at >= $3
               and (p.captured > p.refunded or p.authorized > p.captured + p.released)
             order by p.id limit $4",
            &[&after, &provider, &since, &most],
            |r| Ok((r.id(0)?, r.id(1)?, r.get(2)?)),
        )
        .await
    }

    async fn list(
        &self,
        tx: &mut Tx,
        order: Option<OrderId>,
        before: Option<PaymentId>,
        limit: Limit,
    ) -> Result<Vec<Listed>, DbError> {
        let limit = limit.with_peek();
        let mut params: Vec<&(dyn Bind + '_)> = vec![&limit];
        let mut sql = format!("select {COLUMNS} from payment where attempt > 0");
        if let Some(order) = &order {
            params.push(order);
            sql.push_str(&format!(" and order_id = ${}", params.len()));
        }
        if let Some(before) = &before {
            params.push(before);
            sql.push_str(&format!(" and id < ${}", params.len()));
        }
        sql.push_str(" order by id desc limit $1");
        let mut page = tx.query(&sql, &params, listed).await?;
        for listed in &mut page {
            listed.payment.intents = intents::of(tx, listed.payment.id).await?;
        }
        Ok(page)
    }
}
