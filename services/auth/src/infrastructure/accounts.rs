//! Accounts as rows.

use crate::application::ports::Accounts;
use crate::domain::{Account, EmailAddress, PasswordHash, PersonName, Standing};
use crate::infrastructure::roles;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Limit, Locale, Personal, UserId};

pub struct SqlAccounts;

const SELECT: &str =
    "select a.id, a.email, a.name, a.locale, a.password_hash, a.created_at, a.version, a.events,
    a.email_verified_at, a.role, a.custom_role, r.permissions
  from accounts a left join custom_roles r on r.name = a.custom_role";
/// Whoever works here.
const IS_STAFF: &str = "(a.role is not null or a.custom_role is not null)";

fn account(row: &Row<'_>) -> Result<Account, DbError> {
    let id: UserId = row.id(0)?;
    // A row that breaks a rule of the domain is reported without its value, which is personal.
    let broken = |index, e: &dyn std::fmt::Display| DbError::Column { index, message: e.to_string() };
    let email = EmailAddress::parse(&row.get::<String>(1)?).map_err(|e| broken(1, &e))?;
    let name = PersonName::parse(&row.get::<String>(2)?).map_err(|e| broken(2, &e))?;
    let standing = roles::role(row, 9)?.map_or(Standing::Customer, Standing::Staff);
    Ok(Account {
        id,
        email: Personal::of(id, email),
        name: Personal::of(id, name),
        locale: Locale::new(&row.get::<String>(3)?),
        password: Some(row.get::<String>(4)?).filter(|hash| !hash.is_empty()).map(PasswordHash::new),
        standing,
        created_at: row.get(5)?,
        version: row.get(6)?,
        events: row.get(7)?,
        email_verified_at: row.get(8)?,
    })
}

/// Nothing at all stands for no password: no hash is empty.
fn hash(account: &Account) -> &str {
    account.password.as_ref().map_or("", PasswordHash::as_str)
}

/// The two columns of a role: of a built-in one, of one of the shop's own.
fn role(account: &Account) -> (Option<&'static str>, Option<&str>) {
    account.standing.role().map_or((None, None), roles::columns)
}

#[async_trait]
impl Accounts for SqlAccounts {
    async fn add(&self, tx: &mut Tx, account: &Account) -> Result<bool, DbError> {
        let (email, (role, custom)) = (account.email.reveal(), role(account));
        let added = tx
            .execute(
                "insert into accounts
                   (id, email, email_key, name, locale, password_hash, role, created_at, version, events,
                    email_verified_at, custom_role)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                 on conflict (email_key) do nothing",
                &[
                    &account.id,
                    &email.as_str(),
                    &email.key(),
                    &account.name.reveal().as_str(),
                    &account.locale.as_str(),
                    &hash(account),
                    &role,
                    &account.created_at,
                    &account.version,
                    &account.events,
                    &account.email_verified_at,
                    &custom,
                ],
            )
            .await?;
        Ok(added == 1)
    }

    async fn save(&self, tx: &mut Tx, account: &Account) -> Result<bool, DbError> {
        let (email, (role, custom)) = (account.email.reveal(), role(account));
        let saved = tx
            .execute(
                "update accounts set email = $3, email_key = $4, name = $5, locale = $6, password_hash = $7,
                   role = $8, events = $9, email_verified_at = $10, custom_role = $11, version = version + 1
                 where id = $1 and version = $2",
                &[
                    &account.id,
                    &account.version,
                    &email.as_str(),
                    &email.key(),
                    &account.name.reveal().as_str(),
                    &account.locale.as_str(),
                    &hash(account),
                    &role,
                    &account.events,
                    &account.email_verified_at,
                    &custom,
                ],
            )
            .await?;
        Ok(saved == 1)
    }

    async fn by_email(&self, tx: &mut Tx, email: &EmailAddress) -> Result<Option<Account>, DbError> {
        let sql = format!("{SELECT} where a.email_key = $1");
        tx.query_opt(&sql, &[&email.key()], account).await
    }

    async fn by_ids(&self, tx: &mut Tx, ids: &[UserId]) -> Result<Vec<Account>, DbError> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let sql = format!("{SELECT} where a.id in {} order by a.id", list(1, ids.len()));
        let params: Vec<&dyn hanse_database::sql::Bind> = ids.iter().map(|id| id as _).collect();
        tx.query(&sql, &params, account).await
    }

    async fn staff(&self, tx: &mut Tx, after: Option<UserId>, limit: Limit) -> Result<Vec<Account>, DbError> {
        let after = after.unwrap_or(UserId::new(uuid::Uuid::nil()));
        let sql = format!("{SELECT} where {IS_STAFF} and a.id > $1 order by a.id limit $2");
        tx.query(&sql, &[&after, &limit.with_peek()], account).await
    }

    async fn remove(&self, tx: &mut Tx, id: UserId) -> Result<bool, DbError> {
        let invited = "delete from account_links where id in (select i.link_id from invitations i
                         join accounts a on a.email_key = i.email_key where a.id = $1)";
        tx.execute(invited, &[&id]).await?;
        // Everything of a person's refers to the account and goes with it (on delete cascade).
        Ok(tx.execute("delete from accounts where id = $1", &[&id]).await? == 1)
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
