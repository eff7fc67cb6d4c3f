//! Which columns are sealed, with whose key, and when the key of an order goes. What was told of an order is sealed with the
//! order's key, since it is written before anybody knows whose order it is; a mail with that of whom it went to.

use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{MailId, OrderId, UserId};
use hanse_vault::{AfterSealing, Column, Rows, Subject, Vault, is_sealed};
use std::sync::Arc;

pub const FACTS: Column = Column::new("intent", "facts");
pub const ERROR: Column = Column::new("intent", "last_error");
pub const RECIPIENT: Column = Column::new("mail", "recipient");
pub const SUBJECT: Column = Column::new("mail", "subject");
pub const TEXT: Column = Column::new("mail", "body_text");
pub const HTML: Column = Column::new("mail", "body_html");

/// Of the ids of a row the one whose key it is sealed with.
pub fn whose(first: Option<Subject>, second: Option<Subject>) -> Subject {
    first.or(second).unwrap_or(Subject::SERVICE)
}

pub fn of_intent(order: Option<OrderId>, user: Option<UserId>) -> Subject {
    whose(order.map(Subject::from), user.map(Subject::from))
}

pub fn of_mail(order: Option<OrderId>, user: Option<UserId>) -> Subject {
    whose(user.map(Subject::from), order.map(Subject::from))
}

/// What stands there from before is sealed while the service works.
pub fn rows(vault: &Vault) -> Vec<Rows> {
    vec![
        Rows::of("intent", &["id"], &["order_id", "user_id"], &[FACTS, ERROR]),
        Rows::of("mail", &["id"], &["user_id", "order_id"], &[RECIPIENT, SUBJECT, TEXT, HTML])
            .then(Arc::new(AddressAnew(vault.clone()))),
    ]
}

/// What a mail is found by, by whom it went to.
struct AddressAnew(Vault);

#[async_trait]
impl AfterSealing for AddressAnew {
    async fn sealed(&self, tx: &mut Tx, subject: Subject, texts: &[Option<String>]) -> Result<(), DbError> {
        let Some(recipient) = texts.first().and_then(Option::as_deref) else { return Ok(()) };
        let blind = self.0.index(tx).await?.of(RECIPIENT, recipient);
        // Only the row that was sealed just now is sealed and is not found yet.
        let sql = "select id, recipient from mail
                   where recipient_index is null and (user_id = $1 or (user_id is null and order_id = $1))";
        let id = subject.uuid();
        let stored: Vec<(MailId, String)> = tx.query(sql, &[&id], |r| Ok((r.id(0)?, r.get(1)?))).await?;
        for (id, stored) in stored {
            if is_sealed(&stored) {
                tx.execute("update mail set recipient_index = $2 where id = $1", &[&id, &blind]).await?;
            }
        }
        Ok(())
    }
}

/// Whether this person was erased: nothing is written down for them any more.
pub async fn erased(tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
    let found = tx.query_opt("select 1 from erased_people where user_id = $1", &[&user], |_| Ok(())).await?;
    Ok(found.is_some())
}

/// Whether this guest's order was forgotten: no mail about it is kept any more.
pub async fn erased_order(tx: &mut Tx, order: OrderId) -> Result<bool, DbError> {
    let sql = "select 1 from erased_orders where order_id = $1";
    Ok(tx.query_opt(sql, &[&order], |_| Ok(())).await?.is_some())
}

/// Destroys the key of an order with which nothing is sealed any more.
pub async fn release(tx: &mut Tx, vault: &Vault, order: OrderId) -> Result<(), DbError> {
    let sql = "select 1 from intent where order_id = $1 and (facts <> '{}' or last_error is not null)
               union all
               select 1 from mail where order_id = $1 and user_id is null
               limit 1";
    if tx.query_opt(sql, &[&order], |_| Ok(())).await?.is_none() {
        vault.destroy(tx, order).await?;
    }
    Ok(())
}
