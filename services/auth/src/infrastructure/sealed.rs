//! Which columns are sealed, each person's with their own key, and how an address is found that nobody can read in the
//! store.

use crate::domain::EmailAddress;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{LinkId, UserId};
use hanse_vault::{AfterSealing, Column, Rows, Subject, Vault};
use std::sync::Arc;

pub const EMAIL: Column = Column::new("accounts", "email");
pub const NAME: Column = Column::new("accounts", "name");
/// Where there is an owner it is theirs, else of nobody that could be named.
pub const LINK_EMAIL: Column = Column::new("account_links", "email");
/// Whoever is invited has no account to hang it on.
pub const INVITED: Column = Column::new("invitations", "name");
pub const PASSKEY: Column = Column::new("passkeys", "name");
pub const API_KEY: Column = Column::new("api_keys", "name");
/// The columns in which an address is looked for. What stands in one says nothing in the other.
pub const ACCOUNT_KEY: Column = Column::new("accounts", "email_key");
pub const INVITED_KEY: Column = Column::new("invitations", "email_key");

/// What stands there from before is sealed while the service works.
pub fn rows(vault: &Vault) -> Vec<Rows> {
    vec![
        Rows::of("accounts", &["id"], &["id"], &[EMAIL, NAME]).then(Arc::new(AccountsBlind(vault.clone()))),
        Rows::of("account_links", &["id"], &["user_id"], &[LINK_EMAIL]),
        Rows::of("invitations", &["link_id"], &[], &[INVITED])
            .then(Arc::new(InvitationsBlind(vault.clone()))),
        Rows::of("passkeys", &["id"], &["user_id"], &[PASSKEY]),
        Rows::of("api_keys", &["id"], &["user_id"], &[API_KEY]),
    ]
}

/// What an address is found by: blindly and, as long as there are rows from before, by itself. Both are looked for at once,
/// whether or not there are any, so that it costs the same.
pub struct Sought {
    /// None: nothing was ever written blindly.
    pub blind: Option<String>,
    pub plain: String,
}

pub async fn sought(
    tx: &mut Tx,
    vault: &Vault,
    column: Column,
    email: &EmailAddress,
) -> Result<Sought, DbError> {
    let index = vault.find_index(tx).await?;
    Ok(Sought { blind: index.map(|index| index.of(column, email.key())), plain: email.key().into() })
}

struct AccountsBlind(Vault);

#[async_trait]
impl AfterSealing for AccountsBlind {
    async fn sealed(&self, tx: &mut Tx, subject: Subject, texts: &[Option<String>]) -> Result<(), DbError> {
        let user = UserId::new(subject.uuid());
        let Some(email) =
            texts.first().and_then(Option::as_deref).and_then(|text| EmailAddress::parse(text).ok())
        else {
            return Ok(());
        };
        let blind = self.0.index(tx).await?.of(ACCOUNT_KEY, email.key());
        let sql = "update accounts set email_key = $2 where id = $1
                   and not exists (select 1 from accounts o where o.email_key = $2 and o.id <> $1)";
        if tx.execute(sql, &[&user, &blind]).await? == 0 {
            // A process of before gave the address away while it was being replaced. The first stays who logs in with it.
            tracing::error!(%user, "two accounts have one address; this one should be given another, or erased");
        }
        Ok(())
    }
}

struct InvitationsBlind(Vault);

#[async_trait]
impl AfterSealing for InvitationsBlind {
    /// All that are left: there are few, and the one that was sealed is among them.
    async fn sealed(&self, tx: &mut Tx, _: Subject, _: &[Option<String>]) -> Result<(), DbError> {
        let sql = "select link_id, email_key from invitations where email_key not like ' %' order by link_id
                   /*pg*/for update/*end*/";
        let plain = tx.query(sql, &[], |row| Ok((row.id::<LinkId>(0)?, row.get::<String>(1)?))).await?;
        let index = self.0.index(tx).await?;
        for (id, key) in plain {
            let blind = index.of(INVITED_KEY, &key);
            tx.execute("update invitations set email_key = $2 where link_id = $1", &[&id, &blind]).await?;
        }
        Ok(())
    }
}
