//! The table of intents, sealed.

use super::sealed::{ERROR, FACTS, erased, erased_order, of_intent, release};
use crate::application::ports::{Ending, Intent, Intents};
use crate::domain::Addressee;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CorrelationId, LinkId, MailId, OrderId, Timestamp, TraceContext, UserId};
use hanse_vault::{HeldKey, Subject, Vault};
use serde_json::Value;

pub struct SqlIntents {
    pub vault: Vault,
}

/// A row, its facts as they stand there.
struct Stored {
    whose: Subject,
    facts: String,
    intent: Intent,
}

fn stored(row: &Row<'_>) -> Result<Stored, DbError> {
    let (order, user) = (row.id_opt::<OrderId>(2)?, row.id_opt::<UserId>(3)?);
    let addressee = match (order, user, row.id_opt::<LinkId>(8)?) {
        (Some(order), ..) => Addressee::OrderOf(order),
        (None, Some(user), Some(link)) => Addressee::LinkOf(user, link),
        (None, Some(user), None) => Addressee::User(user),
        (None, None, _) => return Err(DbError::Other("an intent without an addressee".into())),
    };
    let correlation = row.get::<Option<String>>(6)?.as_deref().and_then(CorrelationId::parse);
    let trace = row.get::<Option<String>>(7)?.as_deref().and_then(TraceContext::parse);
    let intent = Intent {
        id: row.id(0)?,
        kind: row.parse(1)?,
        addressee,
        facts: Value::Null,
        attempts: row.get(5)?,
        correlation,
        trace,
    };
    Ok(Stored { whose: of_intent(order, user), facts: row.get(4)?, intent })
}

impl Stored {
    fn open(self, key: &HeldKey) -> Result<Intent, DbError> {
        let facts = key.open(FACTS, &self.facts)?;
        let facts = serde_json::from_str(&facts);
        // The error would quote them.
        let facts = facts.map_err(|_| DbError::Other("the facts of an intent do not read".into()))?;
        Ok(Intent { facts, ..self.intent })
    }
}

/// Whom an intent is for, as far as that is known.
struct Known {
    order: Option<OrderId>,
    user: Option<UserId>,
}

impl Known {
    fn whose(&self) -> Subject {
        of_intent(self.order, self.user)
    }
}

impl SqlIntents {
    async fn known(&self, tx: &mut Tx, id: MailId) -> Result<Option<Known>, DbError> {
        let sql = "select order_id, user_id from intent where id = $1";
        tx.query_opt(sql, &[&id], |r| Ok(Known { order: r.id_opt(0)?, user: r.id_opt(1)? })).await
    }

    async fn error(
        &self,
        tx: &mut Tx,
        known: &Known,
        error: Option<&str>,
    ) -> Result<Option<String>, DbError> {
        match error {
            Some(error) => self.vault.of(tx, known.whose()).await?.seal(ERROR, error).map(Some),
            None => Ok(None),
        }
    }
}

#[async_trait]
impl Intents for SqlIntents {
    async fn add(&self, tx: &mut Tx, intent: &Intent, about: &str, now: Timestamp) -> Result<bool, DbError> {
        let (order, user, link) = match intent.addressee {
            Addressee::OrderOf(order) => (Some(order), None, None),
            Addressee::User(user) => (None, Some(user), None),
            Addressee::LinkOf(user, link) => (None, Some(user), Some(link)),
        };
        // The message of something that went before the erasure has come after it.
        if let Some(user) = user
            && erased(tx, user).await?
        {
            return Ok(false);
        }
        // Most have none, and need no key.
        let facts = match intent.facts.to_string() {
            none if none == "{}" => none,
            facts => self.vault.of(tx, of_intent(order, user)).await?.seal(FACTS, &facts)?,
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
                    &facts,
                    &now,
                    &intent.correlation.as_ref().map(CorrelationId::as_str),
                    &intent.trace.map(|trace| trace.to_string()),
                    &link,
                ],
            )
            .await?;
        // The same was told of before: the key is not left behind for nothing.
        if let (0, Some(order)) = (added, order) {
            release(tx, &self.vault, order).await?;
        }
        Ok(added == 1)
    }

    async fn take_due(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<Intent>, DbError> {
        let due = tx
            .query(
                "update intent set next_at = $2 where id in
                   (select id from intent where state = 'waiting' and next_at <= $1 order by next_at, id limit $3
                    /*pg*/for update skip locked/*end*/)
                 returning id, kind, order_id, user_id, facts, attempts, correlation, traceparent, link_id",
                &[&now, &until, &limit],
                stored,
            )
            .await?;
        if due.is_empty() {
            return Ok(vec![]);
        }
        let keys = self.vault.find_all(tx, due.iter().map(|stored| stored.whose).collect::<Vec<_>>()).await?;
        let open = |stored: Stored| {
            let key = keys.of(stored.whose);
            stored.open(&key)
        };
        let mut due = due.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
        due.sort_by_key(|i| i.id);
        Ok(due)
    }

    async fn end(&self, tx: &mut Tx, id: MailId, ending: &Ending, now: Timestamp) -> Result<(), DbError> {
        // Its person was erased meanwhile, and it with them.
        let Some(known) = self.known(tx, id).await? else { return Ok(()) };
        let person = known.user.or(ending.person);
        let forgotten = match (person, known.order) {
            (Some(person), _) => erased(tx, person).await?,
            (None, Some(order)) => erased_order(tx, order).await?,
            (None, None) => false,
        };
        if forgotten && known.order.is_none() {
            return tx.execute("delete from intent where id = $1", &[&id]).await.map(|_| ());
        }
        // Of somebody who is no more there is nothing to keep, nor a key to make.
        let nobody = ending.state == "dropped" && known.order.is_none();
        let error = match forgotten || nobody {
            true => None,
            false => self.error(tx, &known, ending.error.as_deref()).await?,
        };
        let sql = "update intent set state = $2, last_error = $3, ended_at = $4, attempts = attempts + 1,
                     user_id = $5, facts = case when $6 then '{}' else facts end
                   where id = $1";
        // Told of an order that outlived its customer's account, or nobody is told of it, now or later: what it would have
        // said goes.
        let (user, empty) = (person.filter(|_| !forgotten), forgotten || ending.state != "sent");
        tx.execute(sql, &[&id, &ending.state, &error, &now, &user, &empty]).await?;
        match known.order {
            Some(order) if empty || error.is_none() => release(tx, &self.vault, order).await,
            _ => Ok(()),
        }
    }

    async fn try_again(&self, tx: &mut Tx, id: MailId, error: &str, at: Timestamp) -> Result<(), DbError> {
        let Some(known) = self.known(tx, id).await? else { return Ok(()) };
        let error = self.error(tx, &known, Some(error)).await?;
        let sql = "update intent set last_error = $2, next_at = $3, attempts = attempts + 1 where id = $1";
        tx.execute(sql, &[&id, &error, &at]).await.map(|_| ())
    }

    async fn forget(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        tx.execute("delete from intent where user_id = $1 and order_id is null", &[&user]).await?;
        // That an order was told of stays, or it would be told of again.
        let sql = "update intent set facts = '{}', last_error = null, user_id = null where user_id = $1
                   returning order_id";
        let mut orders: Vec<OrderId> = tx.query(sql, &[&user], |r| r.id(0)).await?;
        orders.sort();
        orders.dedup();
        for order in orders {
            release(tx, &self.vault, order).await?;
        }
        Ok(())
    }

    async fn forget_order(&self, tx: &mut Tx, order: OrderId) -> Result<(), DbError> {
        let sql =
            "update intent set facts = '{}', last_error = null where order_id = $1 and state <> 'waiting'";
        tx.execute(sql, &[&order]).await?;
        release(tx, &self.vault, order).await
    }
}
