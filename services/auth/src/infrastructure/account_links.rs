//! Mailed links as rows, addresses sealed, and the digests of what opens them.

use super::sealed::LINK_EMAIL;
use crate::application::ports::AccountLinks;
use crate::domain::{AccountLink, EmailAddress, Purpose, TokenDigest};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{LinkId, Personal, Timestamp, UserId};
use hanse_vault::{HeldKey, Subject, Vault};

pub struct SqlAccountLinks {
    pub vault: Vault,
}

const COLUMNS: &str = "l.id, l.user_id, l.purpose, l.created_at, l.expires_at, l.closed_at, l.email";

/// A row, its address as it stands there.
struct Stored {
    link: AccountLink,
    email: Option<String>,
}

fn stored(row: &Row<'_>) -> Result<Stored, DbError> {
    let link = AccountLink {
        id: row.id(0)?,
        owner: row.id_opt(1)?,
        email: None,
        purpose: row.parse(2)?,
        created_at: row.get(3)?,
        expires_at: row.get(4)?,
        closed_at: row.get(5)?,
    };
    Ok(Stored { link, email: row.get(6)? })
}

/// An address that is nobody's, or of whoever was written to often enough, goes with the link.
fn subject(link: &AccountLink) -> Subject {
    link.owner.map_or(Subject::SERVICE, Subject::from)
}

fn open(link: AccountLink, email: &str, key: &HeldKey) -> Result<AccountLink, DbError> {
    // A row that breaks a rule of the domain is reported without its value, which is personal.
    let broken = |message: String| DbError::Column { index: 6, message };
    let email =
        EmailAddress::parse(&key.open(LINK_EMAIL, email)?).map_err(|error| broken(error.to_string()))?;
    let email = match link.owner {
        Some(owner) => Personal::of(owner, email),
        None => Personal::guest(email),
    };
    Ok(AccountLink { email: Some(email), ..link })
}

impl SqlAccountLinks {
    async fn open(&self, tx: &mut Tx, found: Option<Stored>) -> Result<Option<AccountLink>, DbError> {
        match found {
            Some(Stored { link, email: Some(email) }) => {
                let key = self.vault.find(tx, subject(&link)).await?;
                open(link, &email, &key).map(Some)
            }
            found => Ok(found.map(|found| found.link)),
        }
    }
}

#[async_trait]
impl AccountLinks for SqlAccountLinks {
    async fn add(&self, tx: &mut Tx, link: &AccountLink) -> Result<(), DbError> {
        let email = match &link.email {
            Some(email) => {
                let key = self.vault.of(tx, subject(link)).await?;
                Some(key.seal(LINK_EMAIL, email.reveal().as_str())?)
            }
            None => None,
        };
        tx.execute(
            "insert into account_links (id, user_id, purpose, created_at, expires_at, closed_at, email)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &link.id,
                &link.owner,
                &link.purpose.as_str(),
                &link.created_at,
                &link.expires_at,
                &link.closed_at,
                &email,
            ],
        )
        .await?;
        Ok(())
    }

    async fn by_id(&self, tx: &mut Tx, id: LinkId) -> Result<Option<AccountLink>, DbError> {
        let sql = format!("select {COLUMNS} from account_links l where l.id = $1");
        let found = tx.query_opt(&sql, &[&id], stored).await?;
        self.open(tx, found).await
    }

    async fn by_token(&self, tx: &mut Tx, token: &TokenDigest) -> Result<Option<AccountLink>, DbError> {
        let sql = format!(
            "select {COLUMNS} from account_links l join account_link_tokens t on t.link_id = l.id where t.digest = $1"
        );
        let found = tx.query_opt(&sql, &[&token.as_bytes()], stored).await?;
        self.open(tx, found).await
    }

    async fn add_token(&self, tx: &mut Tx, id: LinkId, token: &TokenDigest) -> Result<bool, DbError> {
        let added = tx
            .execute(
                "insert into account_link_tokens (digest, link_id)
                 select $1, l.id from account_links l where l.id = $2
                   and (select count(*) from account_link_tokens t where t.link_id = l.id) < $3",
                &[&token.as_bytes(), &id, &AccountLink::MAILS],
            )
            .await?;
        Ok(added == 1)
    }

    async fn given_since(
        &self,
        tx: &mut Tx,
        owner: UserId,
        purpose: Purpose,
        since: Timestamp,
    ) -> Result<i64, DbError> {
        let sql =
            "select count(*) from account_links where user_id = $1 and purpose = $2 and created_at > $3";
        let count = tx.query_opt(sql, &[&owner, &purpose.as_str(), &since], |row| row.get(0)).await?;
        Ok(count.unwrap_or(0))
    }

    async fn close(
        &self,
        tx: &mut Tx,
        owner: UserId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(), DbError> {
        tx.execute(
            "update account_links set closed_at = $3 where user_id = $1 and purpose = $2 and closed_at is null",
            &[&owner, &purpose.as_str(), &now],
        )
        .await?;
        Ok(())
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        // Their tokens go with them (on delete cascade).
        tx.execute(
            "delete from account_links where id in
               (select id from account_links where expires_at < $1 order by expires_at, id limit $2)",
            &[&before, &limit],
        )
        .await
    }
}
