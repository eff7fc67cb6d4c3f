//! Accounts as rows, sealed, and found by their addresses blindly.

use super::sealed::{ACCOUNT_KEY, EMAIL, INVITED_KEY, NAME, Sought, sought};
use crate::application::ports::Accounts;
use crate::domain::{Account, EmailAddress, PasswordHash, PersonName, Standing};
use crate::infrastructure::roles;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Limit, Locale, Personal, Timestamp, UserId};
use hanse_vault::{HeldKey, Subject, Vault};

pub struct SqlAccounts {
    pub vault: Vault,
}

const SELECT: &str =
    "select a.id, a.email, a.name, a.locale, a.password_hash, a.created_at, a.version, a.events,
    a.email_verified_at, a.role, a.custom_role, r.permissions
  from accounts a left join custom_roles r on r.name = a.custom_role";
/// Whoever works here.
const IS_STAFF: &str = "(a.role is not null or a.custom_role is not null)";

/// A row, its texts as they stand there.
struct Stored {
    id: UserId,
    email: String,
    name: String,
    locale: String,
    password: String,
    created_at: Timestamp,
    version: i64,
    events: i64,
    email_verified_at: Option<Timestamp>,
    standing: Standing,
}

fn stored(row: &Row<'_>) -> Result<Stored, DbError> {
    Ok(Stored {
        id: row.id(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        locale: row.get(3)?,
        password: row.get(4)?,
        created_at: row.get(5)?,
        version: row.get(6)?,
        events: row.get(7)?,
        email_verified_at: row.get(8)?,
        standing: roles::role(row, 9)?.map_or(Standing::Customer, Standing::Staff),
    })
}

impl Stored {
    fn open(self, key: &HeldKey) -> Result<Account, DbError> {
        let id = self.id;
        // A row that breaks a rule of the domain is reported without its value, which is personal.
        let broken = |index, e: &dyn std::fmt::Display| DbError::Column { index, message: e.to_string() };
        let email = EmailAddress::parse(&key.open(EMAIL, &self.email)?).map_err(|e| broken(1, &e))?;
        let name = PersonName::parse(&key.open(NAME, &self.name)?).map_err(|e| broken(2, &e))?;
        Ok(Account {
            id,
            email: Personal::of(id, email),
            name: Personal::of(id, name),
            locale: Locale::new(&self.locale),
            password: Some(self.password).filter(|hash| !hash.is_empty()).map(PasswordHash::new),
            standing: self.standing,
            created_at: self.created_at,
            version: self.version,
            events: self.events,
            email_verified_at: self.email_verified_at,
        })
    }
}

/// Nothing at all stands for no password: no hash is empty.
fn hash(account: &Account) -> &str {
    account.password.as_ref().map_or("", PasswordHash::as_str)
}

/// The two columns of a role: of a built-in one, of one of the shop's own.
fn role(account: &Account) -> (Option<&'static str>, Option<&str>) {
    account.standing.role().map_or((None, None), roles::columns)
}

/// What is stored of an account's texts.
struct Sealed {
    email: String,
    email_key: String,
    name: String,
}

impl SqlAccounts {
    async fn seal(&self, tx: &mut Tx, account: &Account) -> Result<Sealed, DbError> {
        let email = account.email.reveal();
        let email_key = self.vault.index(tx).await?.of(ACCOUNT_KEY, email.key());
        let key = self.vault.of(tx, account.id).await?;
        let name = key.seal(NAME, account.name.reveal().as_str())?;
        Ok(Sealed { email: key.seal(EMAIL, email.as_str())?, email_key, name })
    }

    /// Nothing was written: a key that was made for it is nobody's, unless the account is there all the same.
    async fn drop_key(&self, tx: &mut Tx, id: UserId) -> Result<(), DbError> {
        let there = tx.query_opt("select 1 from accounts where id = $1", &[&id], |_| Ok(())).await?;
        if there.is_none() {
            self.vault.destroy(tx, id).await?;
        }
        Ok(())
    }

    async fn open(&self, tx: &mut Tx, rows: Vec<Stored>) -> Result<Vec<Account>, DbError> {
        let people: Vec<Subject> = rows.iter().map(|row| row.id.into()).collect();
        let keys = self.vault.find_all(tx, people).await?;
        rows.into_iter()
            .map(|row| {
                let key = keys.of(row.id);
                row.open(&key)
            })
            .collect()
    }
}

#[async_trait]
impl Accounts for SqlAccounts {
    async fn add(&self, tx: &mut Tx, account: &Account) -> Result<bool, DbError> {
        let (sealed, (role, custom)) = (self.seal(tx, account).await?, role(account));
        let added = tx
            .execute(
                "insert into accounts
                   (id, email, email_key, name, locale, password_hash, role, created_at, version, events,
                    email_verified_at, custom_role, keyed)
                 select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1
                 where not exists (select 1 from accounts o where o.email_key = $13)
                 on conflict (email_key) do nothing",
                &[
                    &account.id,
                    &sealed.email,
                    &sealed.email_key,
                    &sealed.name,
                    &account.locale.as_str(),
                    &hash(account),
                    &role,
                    &account.created_at,
                    &account.version,
                    &account.events,
                    &account.email_verified_at,
                    &custom,
                    // As it stands in rows from before.
                    &account.email.reveal().key(),
                ],
            )
            .await?;
        if added == 0 {
            self.drop_key(tx, account.id).await?;
        }
        Ok(added == 1)
    }

    async fn save(&self, tx: &mut Tx, account: &Account) -> Result<bool, DbError> {
        let (sealed, (role, custom)) = (self.seal(tx, account).await?, role(account));
        let saved = tx
            .execute(
                "update accounts set email = $3, email_key = $4, name = $5, locale = $6, password_hash = $7,
                   role = $8, events = $9, email_verified_at = $10, custom_role = $11, version = version + 1
                 where id = $1 and version = $2",
                &[
                    &account.id,
                    &account.version,
                    &sealed.email,
                    &sealed.email_key,
                    &sealed.name,
                    &account.locale.as_str(),
                    &hash(account),
                    &role,
                    &account.events,
                    &account.email_verified_at,
                    &custom,
                ],
            )
            .await?;
        if saved == 0 {
            self.drop_key(tx, account.id).await?;
        }
        Ok(saved == 1)
    }

    async fn by_email(&self, tx: &mut Tx, email: &EmailAddress) -> Result<Option<Account>, DbError> {
        let Sought { blind, plain } = sought(tx, &self.vault, ACCOUNT_KEY, email).await?;
        let sql = format!("{SELECT} where a.email_key in ($1, $2) order by a.email_key limit 1");
        let row = tx.query_opt(&sql, &[&blind, &plain], stored).await?;
        let owner = row.as_ref().map(|row| Subject::from(row.id));
        let key = self.vault.find_unnoticed(tx, owner).await?;
        row.map(|row| row.open(&key)).transpose()
    }

    async fn by_ids(&self, tx: &mut Tx, ids: &[UserId]) -> Result<Vec<Account>, DbError> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let sql = format!("{SELECT} where a.id in {} order by a.id", list(1, ids.len()));
        let params: Vec<&dyn hanse_database::sql::Bind> = ids.iter().map(|id| id as _).collect();
        let rows = tx.query(&sql, &params, stored).await?;
        self.open(tx, rows).await
    }

    async fn keeps_password(&self, tx: &mut Tx, proven: &Account) -> Result<bool, DbError> {
        let sql = "update accounts set password_hash = password_hash where id = $1 and password_hash = $2";
        let hash = proven.password.as_ref().map_or("", PasswordHash::as_str);
        Ok(tx.execute(sql, &[&proven.id, &hash]).await? == 1)
    }

    async fn staff(&self, tx: &mut Tx, after: Option<UserId>, limit: Limit) -> Result<Vec<Account>, DbError> {
        let after = after.unwrap_or(UserId::new(uuid::Uuid::nil()));
        let sql = format!("{SELECT} where {IS_STAFF} and a.id > $1 order by a.id limit $2");
        let rows = tx.query(&sql, &[&after, &limit.with_peek()], stored).await?;
        self.open(tx, rows).await
    }

    async fn works_here(&self, tx: &mut Tx, id: UserId) -> Result<bool, DbError> {
        let sql = format!("select 1 from accounts a where a.id = $1 and {IS_STAFF}");
        Ok(tx.query_opt(&sql, &[&id], |_| Ok(())).await?.is_some())
    }

    async fn remove(&self, tx: &mut Tx, id: UserId) -> Result<bool, DbError> {
        let Some(account) = self.by_ids(tx, &[id]).await?.pop() else {
            // An answer that was given in the moment of an erasure may have left one.
            self.vault.destroy(tx, id).await?;
            return Ok(false);
        };
        let Sought { blind, plain } = sought(tx, &self.vault, INVITED_KEY, account.email.reveal()).await?;
        let invited = "delete from account_links where id in
                         (select link_id from invitations where email_key in ($1, $2))";
        tx.execute(invited, &[&blind, &plain]).await?;
        // Everything of a person's refers to the account and goes with it (on delete cascade).
        let gone = tx.execute("delete from accounts where id = $1", &[&id]).await? == 1;
        self.vault.destroy(tx, id).await?;
        Ok(gone)
    }

    async fn has_staff(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = format!("select 1 from accounts a where {IS_STAFF} limit 1");
        Ok(tx.query_opt(&sql, &[], |_| Ok(())).await?.is_some())
    }

    async fn other_owner(&self, tx: &mut Tx, than: UserId) -> Result<bool, DbError> {
        let sql = "select 1 from accounts where role = 'owner' and id <> $1 limit 1";
        Ok(tx.query_opt(sql, &[&than], |_| Ok(())).await?.is_some())
    }
}
