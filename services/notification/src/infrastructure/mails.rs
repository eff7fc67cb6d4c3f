//! The table of mails that lie in the outbox.

use crate::application::ports::{KeptMail, KeptMails, Mail};
use crate::domain::Addressee;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{MailId, Personal, Timestamp, UserId};

pub struct SqlMails;

const COLUMNS: &str = "id, kind, recipient, subject, body_text, body_html, created_at, user_id";

fn kept(row: &Row<'_>) -> Result<KeptMail, DbError> {
    let to: String = row.get(2)?;
    let to = match row.id_opt::<UserId>(7)? {
        Some(user) => Personal::of(user, to),
        None => Personal::guest(to),
    };
    Ok(KeptMail {
        id: row.id(0)?,
        kind: row.parse(1)?,
        to,
        subject: row.get(3)?,
        text: row.get(4)?,
        html: row.get(5)?,
        created_at: row.get(6)?,
    })
}

#[async_trait]
impl KeptMails for SqlMails {
    async fn keep(&self, tx: &mut Tx, mail: &Mail, now: Timestamp) -> Result<(), DbError> {
        let (order, user) = match mail.addressee {
            Addressee::OrderOf(order) => (Some(order), mail.to.subject()),
            Addressee::User(user) | Addressee::LinkOf(user, _) => (None, Some(user)),
        };
        tx.execute(
            "insert into mail (id, kind, recipient, subject, body_text, body_html, user_id, order_id, created_at)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9
             where not exists (select 1 from erased_people p where p.user_id = $7)
             on conflict (id) do nothing",
            &[
                &mail.id,
                &mail.kind.as_str(),
                mail.to.reveal(),
                &mail.subject,
                &mail.text,
                &mail.html,
                &user,
                &order,
                &now,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn newest(&self, tx: &mut Tx, limit: i64) -> Result<Vec<KeptMail>, DbError> {
        let sql = format!("select {COLUMNS} from mail order by created_at desc, id desc limit $1");
        tx.query(&sql, &[&limit], kept).await
    }

    async fn get(&self, tx: &mut Tx, id: MailId) -> Result<Option<KeptMail>, DbError> {
        tx.query_opt(&format!("select {COLUMNS} from mail where id = $1"), &[&id], kept).await
    }

    async fn forget_old(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        let sql = "delete from mail where id in
                     (select id from mail where created_at < $1 order by created_at, id limit $2)";
        tx.execute(sql, &[&before, &limit]).await
    }

    async fn forget(&self, tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), DbError> {
        // Also what went to the same address before anybody knew whose orders it was about.
        tx.execute(
            "delete from mail where user_id = $1
               or (user_id is null and recipient in (select recipient from mail where user_id = $1))",
            &[&user],
        )
        .await?;
        let sql =
            "insert into erased_people (user_id, erased_at) values ($1, $2) on conflict (user_id) do nothing";
        tx.execute(sql, &[&user, &now]).await.map(|_| ())
    }
}
