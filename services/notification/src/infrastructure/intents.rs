//! The table of intents.

use crate::application::ports::{Ending, Intent, Intents};
use crate::domain::Addressee;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CorrelationId, LinkId, MailId, OrderId, Timestamp, TraceContext, UserId};

pub struct SqlIntents;

fn intent(row: &Row<'_>) -> Result<Intent, DbError> {
    let addressee = match (row.id_opt::<OrderId>(2)?, row.id_opt::<UserId>(3)?, row.id_opt::<LinkId>(8)?) {
        (Some(order), ..) => Addressee::OrderOf(order),
        (None, Some(user), Some(link)) => Addressee::LinkOf(user, link),
        (None, Some(user), None) => Addressee::User(user),
        (None, None, _) => return Err(DbError::Other("an intent without an addressee".into())),
    };
    let correlation = row.get::<Option<String>>(6)?.as_deref().and_then(CorrelationId::parse);
    let trace = row.get::<Option<String>>(7)?.as_deref().and_then(TraceContext::parse);
    Ok(Intent {
        id: row.id(0)?,
        kind: row.parse(1)?,
        addressee,
        facts: row.json(4)?,
        attempts: row.get(5)?,
        correlation,
        trace,
    })
}

#[async_trait]
impl Intents for SqlIntents {
    async fn add(&self, tx: &mut Tx, intent: &Intent, about: &str, now: Timestamp) -> Result<bool, DbError> {
        let (order, user, link) = match intent.addressee {
            Addressee::OrderOf(order) => (Some(order), None, None),
            Addressee::User(user) => (None, Some(user), None),
            Addressee::LinkOf(user, link) => (None, Some(user), Some(link)),
        };
        let added = tx
            .execute(
                "insert into intent (id, kind, about, order_id, user_id, facts, state, attempts, next_at, created_at,
                   correlation, traceparent, link_id)
                 values ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $7, $8, $9, $10) on conflict do nothing",
                &[
                    &intent.id,
                    &intent.kind.as_str(),
                    &about,
                    &order,
                    &user,
                    &intent.facts.to_string(),
                    &now,
                    &intent.correlation.as_ref().map(CorrelationId::as_str),
                    &intent.trace.map(|trace| trace.to_string()),
                    &link,
                ],
            )
            .await?;
        Ok(added == 1)
    }

    async fn take_due(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<Intent>, DbError> {
        let mut due = tx
            .query(
                "update intent set next_at = $2 where id in
                   (select id from intent where state = 'waiting' and next_at <= $1 order by next_at, id limit $3
                    /*pg*/for update skip locked/*end*/)
                 returning id, kind, order_id, user_id, facts, attempts, correlation, traceparent, link_id",
                &[&now, &until, &limit],
                intent,
            )
            .await?;
        due.sort_by_key(|i| i.id);
        Ok(due)
    }

    async fn end(&self, tx: &mut Tx, id: MailId, ending: &Ending, now: Timestamp) -> Result<(), DbError> {
        let sql = "update intent set state = $2, last_error = $3, ended_at = $4, attempts = attempts + 1,
                     user_id = coalesce(user_id, $5)
                   where id = $1";
        tx.execute(sql, &[&id, &ending.state, &ending.error, &now, &ending.person]).await?;
        // Told of an order that outlived its customer's account.
        let sql = "update intent set facts = '{}', last_error = null, user_id = null
                   where id = $1 and user_id in (select user_id from erased_people)";
        tx.execute(sql, &[&id]).await.map(|_| ())
    }

    async fn try_again(&self, tx: &mut Tx, id: MailId, error: &str, at: Timestamp) -> Result<(), DbError> {
        let sql = "update intent set last_error = $2, next_at = $3, attempts = attempts + 1 where id = $1";
        tx.execute(sql, &[&id, &error, &at]).await.map(|_| ())
    }

    async fn forget(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        tx.execute("delete from intent where user_id = $1 and order_id is null", &[&user]).await?;
        // That an order was told of stays, or it would be told of again.
        let sql = "update intent set facts = '{}', last_error = null, user_id = null where user_id = $1";
        tx.execute(sql, &[&user]).await.map(|_| ())
    }
}
