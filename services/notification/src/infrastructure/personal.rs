//! Mails to a person, for whoever wants to have what the shop holds about them.

use super::mails;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{MailId, OrderId, Timestamp};
use hanse_runtime::{Holds, Portion, Whose};
use hanse_vault::Vault;
use serde_json::json;

/// Mails in one portion: each has a text of some pages.
const PORTION: i64 = 20;
/// More than anybody is written to.
const MOST: i64 = 5000;

pub struct OwnMails {
    pub db: Db,
    pub vault: Vault,
}

#[async_trait]
impl Holds for OwnMails {
    /// The mails that are kept; on the first portion also that mails were sent.
    async fn about(&self, whose: &Whose) -> Result<Portion, DbError> {
        let input = (self.vault.clone(), whose.clone());
        self.db.scan(input, |tx, (vault, whose)| Box::pin(about(tx, vault, whose))).await
    }
}

async fn about(tx: &mut Tx, vault: &Vault, whose: &Whose) -> Result<Portion, DbError> {
    let mut told = Portion::default();
    if whose.after.is_empty() {
        notices(tx, whose, &mut told).await?;
    }
    // Whoever asks with orders has been told of the person before.
    let (of, params) = owners(whose);
    let mut params: Vec<&dyn Bind> = params;
    let after = whose.after.parse().unwrap_or(MailId::new(uuid::Uuid::nil()));
    params.extend([&after as &dyn Bind, &PORTION]);
    let sql = format!(
        "select {} from mail where {of} and id > ${} order by id limit ${}",
        mails::COLUMNS,
        params.len() - 1,
        params.len()
    );
    let rows = tx.query(&sql, &params, mails::stored).await?;
    let mails = mails::open(tx, vault, rows).await?;
    for mail in &mails {
        let told_of = json!({
            "kind": mail.kind.as_str(), "to": mail.to.reveal(), "subject": mail.subject, "text": mail.text,
            "written_at": mail.created_at,
        });
        told.tell("mail", &told_of);
    }
    if mails.len() as i64 == PORTION {
        told.next = mails.last().map(|mail| mail.id.to_string());
    }
    Ok(told)
}

/// Rows of the person; or, with orders, of these without a person: nobody knew then whose they were.
fn owners(whose: &Whose) -> (String, Vec<&dyn Bind>) {
    if whose.orders.is_empty() {
        return ("user_id = $1".into(), vec![&whose.user]);
    }
    let orders = whose.orders.iter().map(|order: &OrderId| order as &dyn Bind).collect();
    (format!("user_id is null and order_id in {}", list(1, whose.orders.len())), orders)
}

async fn notices(tx: &mut Tx, whose: &Whose, told: &mut Portion) -> Result<(), DbError> {
    let (of, mut params) = owners(whose);
    params.push(&MOST);
    let sql = format!(
        "select kind, state, created_at, ended_at from intent where {of} order by created_at, id limit ${}",
        params.len()
    );
    let notices = tx.query(&sql, &params, |r| {
        Ok(json!({
            "kind": r.get::<String>(0)?, "state": r.get::<String>(1)?, "noted_at": r.get::<Timestamp>(2)?,
            "ended_at": r.get::<Option<Timestamp>>(3)?,
        }))
    });
    for notice in notices.await? {
        told.tell("notice", &notice);
    }
    Ok(())
}
