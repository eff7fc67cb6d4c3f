//! The table of mails that lie in the outbox, sealed, and beside them a digest of whom they went to.

use super::sealed::{HTML, RECIPIENT, SUBJECT, TEXT, erased, erased_order, of_mail, release};
use crate::application::ports::{KeptMail, KeptMails, Mail};
use crate::domain::Addressee;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{MailId, OrderId, Personal, Timestamp, UserId};
use hanse_vault::{HeldKey, Subject, Vault};
use std::collections::BTreeSet;

pub struct SqlMails {
    pub vault: Vault,
}

/// To be read with [`stored`].
pub const COLUMNS: &str = "id, kind, recipient, subject, body_text, body_html, created_at, user_id, order_id";

/// A row, its texts as they stand there.
pub struct Stored {
    pub whose: Subject,
    user: Option<UserId>,
    recipient: String,
    mail: KeptMail,
}

pub fn stored(row: &Row<'_>) -> Result<Stored, DbError> {
    let user: Option<UserId> = row.id_opt(7)?;
    let mail = KeptMail {
        id: row.id(0)?,
        kind: row.parse(1)?,
        to: Personal::guest(String::new()),
        subject: row.get(3)?,
        text: row.get(4)?,
        html: row.get(5)?,
        created_at: row.get(6)?,
    };
    Ok(Stored { whose: of_mail(row.id_opt(8)?, user), user, recipient: row.get(2)?, mail })
}

impl Stored {
    pub fn open(self, key: &HeldKey) -> Result<KeptMail, DbError> {
        let Self { user, recipient, mail, .. } = self;
        let to = key.open(RECIPIENT, &recipient)?;
        Ok(KeptMail {
            to: user.map_or_else(|| Personal::guest(to.clone()), |user| Personal::of(user, to.clone())),
            subject: key.open(SUBJECT, &mail.subject)?,
            text: key.open(TEXT, &mail.text)?,
            html: key.open(HTML, &mail.html)?,
            ..mail
        })
    }
}

/// Opens what was read.
pub async fn open(tx: &mut Tx, vault: &Vault, rows: Vec<Stored>) -> Result<Vec<KeptMail>, DbError> {
    let keys = vault.find_all(tx, rows.iter().map(|row| row.whose).collect::<Vec<_>>()).await?;
    let open = |row: Stored| {
        let key = keys.of(row.whose);
        row.open(&key)
    };
    rows.into_iter().map(open).collect()
}

impl SqlMails {
    /// Those to the same addresses, from before anybody knew whose orders they were about.
    async fn forget_unknown(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        let key = self.vault.find(tx, user).await?;
        let sql = "select recipient from mail where user_id = $1";
        let stored: Vec<String> = tx.query(sql, &[&user], |r| r.get(0)).await?;
        let opened = stored.iter().map(|stored| key.open(RECIPIENT, stored));
        let addresses = opened.collect::<Result<BTreeSet<_>, _>>()?;
        let index = self.vault.find_index(tx).await?;
        for address in addresses {
            let blind = index.as_ref().map(|index| index.of(RECIPIENT, &address));
            // Rows that are not sealed yet have the address itself.
            let sql = "delete from mail where user_id is null and (recipient_index = $1 or recipient = $2)
                       returning order_id";
            let orders: Vec<Option<OrderId>> = tx.query(sql, &[&blind, &address], |r| r.id_opt(0)).await?;
            for order in orders.into_iter().flatten().collect::<BTreeSet<_>>() {
                release(tx, &self.vault, order).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl KeptMails for SqlMails {
    async fn keep(&self, tx: &mut Tx, mail: &Mail, now: Timestamp) -> Result<(), DbError> {
        let (order, user) = match mail.addressee {
            Addressee::OrderOf(order) => (Some(order), mail.to.subject()),
            Addressee::User(user) | Addressee::LinkOf(user, _) => (None, Some(user)),
        };
        if let Some(user) = user
            && erased(tx, user).await?
        {
            return Ok(());
        }
        if let Some(order) = order
            && erased_order(tx, order).await?
        {
            return Ok(());
        }
        let key = self.vault.of(tx, of_mail(order, user)).await?;
        let to = mail.to.reveal();
        let blind = self.vault.index(tx).await?.of(RECIPIENT, to);
        tx.execute(
            "insert into mail (id, kind, recipient, subject, body_text, body_html, user_id, order_id, created_at,
               recipient_index)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (id) do nothing",
            &[
                &mail.id,
                &mail.kind.as_str(),
                &key.seal(RECIPIENT, to)?,
                &key.seal(SUBJECT, &mail.subject)?,
                &key.seal(TEXT, &mail.text)?,
                &key.seal(HTML, &mail.html)?,
                &user,
                &order,
                &now,
                &blind,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn newest(&self, tx: &mut Tx, limit: i64) -> Result<Vec<KeptMail>, DbError> {
        let sql = format!("select {COLUMNS} from mail order by created_at desc, id desc limit $1");
        let rows = tx.query(&sql, &[&limit], stored).await?;
        open(tx, &self.vault, rows).await
    }

    async fn get(&self, tx: &mut Tx, id: MailId) -> Result<Option<KeptMail>, DbError> {
        let sql = format!("select {COLUMNS} from mail where id = $1");
        match tx.query_opt(&sql, &[&id], stored).await? {
            Some(row) => {
                let key = self.vault.find(tx, row.whose).await?;
                row.open(&key).map(Some)
            }
            None => Ok(None),
        }
    }

    async fn forget_old(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        let sql = "delete from mail where id in
                     (select id from mail where created_at < $1 order by created_at, id limit $2)
                   returning user_id, order_id";
        let gone: Vec<(Option<UserId>, Option<OrderId>)> =
            tx.query(sql, &[&before, &limit], |r| Ok((r.id_opt(0)?, r.id_opt(1)?))).await?;
        let orders = gone.iter().filter(|(user, _)| user.is_none()).filter_map(|(_, order)| *order);
        for order in orders.collect::<BTreeSet<_>>() {
            release(tx, &self.vault, order).await?;
        }
        Ok(gone.len() as u64)
    }

    async fn forget(&self, tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), DbError> {
        self.forget_unknown(tx, user).await?;
        tx.execute("delete from mail where user_id = $1", &[&user]).await?;
        let sql =
            "insert into erased_people (user_id, erased_at) values ($1, $2) on conflict (user_id) do nothing";
        tx.execute(sql, &[&user, &now]).await?;
        self.vault.destroy(tx, user).await.map(|_| ())
    }

    async fn forget_order(&self, tx: &mut Tx, order: OrderId, now: Timestamp) -> Result<(), DbError> {
        tx.execute("delete from mail where order_id = $1 and user_id is null", &[&order]).await?;
        let sql = "insert into erased_orders (order_id, erased_at) values ($1, $2) on conflict (order_id) do nothing";
        tx.execute(sql, &[&order, &now]).await.map(|_| ())
    }
}
