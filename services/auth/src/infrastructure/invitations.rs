//! Invitations as rows, sealed, each beside the link that opens it.

use super::sealed::{INVITED, INVITED_KEY, LINK_EMAIL, Sought, sought};
use crate::application::ports::Invitations;
use crate::domain::{EmailAddress, Invitation, PersonName, Purpose, Role};
use crate::infrastructure::roles;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{LinkId, Locale, Personal, Timestamp, UserId};
use hanse_vault::{HeldKey, Subject, Vault};

pub struct SqlInvitations {
    pub vault: Vault,
}

const SELECT: &str =
    "select l.id, l.email, i.name, i.locale, i.invited_by, l.created_at, l.expires_at, i.role, i.custom_role,
    r.permissions
  from invitations i join account_links l on l.id = i.link_id
  left join custom_roles r on r.name = i.custom_role";

/// A row, its texts as they stand there.
struct Stored {
    id: LinkId,
    email: String,
    name: String,
    locale: String,
    invited_by: UserId,
    created_at: Timestamp,
    expires_at: Timestamp,
    role: Role,
}

/// A row that breaks a rule of the domain is reported without its value, which is personal.
fn broken(index: usize, message: impl ToString) -> DbError {
    DbError::Column { index, message: message.to_string() }
}

fn stored(row: &Row<'_>) -> Result<Stored, DbError> {
    Ok(Stored {
        id: row.id(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        locale: row.get(3)?,
        invited_by: row.id(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        role: roles::role(row, 7)?.ok_or_else(|| broken(7, "a role is missing"))?,
    })
}

impl Stored {
    fn open(self, key: &HeldKey) -> Result<Invitation, DbError> {
        let email = EmailAddress::parse(&key.open(LINK_EMAIL, &self.email)?).map_err(|e| broken(1, e))?;
        let name = PersonName::parse(&key.open(INVITED, &self.name)?).map_err(|e| broken(2, e))?;
        Ok(Invitation {
            id: self.id,
            email: Personal::guest(email),
            name: Personal::guest(name),
            locale: Locale::new(&self.locale),
            role: self.role,
            invited_by: self.invited_by,
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

#[async_trait]
impl Invitations for SqlInvitations {
    async fn add(&self, tx: &mut Tx, invitation: &Invitation) -> Result<(), DbError> {
        let (role, custom) = roles::columns(&invitation.role);
        let email = invitation.email.reveal();
        let email_key = self.vault.index(tx).await?.of(INVITED_KEY, email.key());
        let key = self.vault.of(tx, Subject::SERVICE).await?;
        let name = key.seal(INVITED, invitation.name.reveal().as_str())?;
        tx.execute(
            "insert into invitations (link_id, email_key, name, locale, role, custom_role, invited_by)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &invitation.id,
                &email_key,
                &name,
                &invitation.locale.as_str(),
                &role,
                &custom,
                &invitation.invited_by,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn by_link(&self, tx: &mut Tx, id: LinkId) -> Result<Option<Invitation>, DbError> {
        let found = tx.query_opt(&format!("{SELECT} where l.id = $1"), &[&id], stored).await?;
        let Some(found) = found else { return Ok(None) };
        found.open(&self.vault.find(tx, Subject::SERVICE).await?).map(Some)
    }

    async fn open(&self, tx: &mut Tx, now: Timestamp) -> Result<Vec<Invitation>, DbError> {
        let sql = format!(
            "{SELECT} where l.closed_at is null and l.expires_at > $1 order by l.created_at desc, l.id limit $2"
        );
        let found = tx.query(&sql, &[&now, &Invitation::MOST], stored).await?;
        let key = self.vault.find(tx, Subject::SERVICE).await?;
        found.into_iter().map(|found| found.open(&key)).collect()
    }

    async fn given_since(&self, tx: &mut Tx, email: &EmailAddress, since: Timestamp) -> Result<i64, DbError> {
        let Sought { blind, plain } = sought(tx, &self.vault, INVITED_KEY, email).await?;
        let sql = "select count(*) from invitations i join account_links l on l.id = i.link_id
                   where i.email_key in ($1, $2) and l.created_at > $3";
        let count = tx.query_opt(sql, &[&blind, &plain, &since], |row| row.get(0)).await?;
        Ok(count.unwrap_or(0))
    }

    async fn replace(&self, tx: &mut Tx, email: &EmailAddress, now: Timestamp) -> Result<(), DbError> {
        let Sought { blind, plain } = sought(tx, &self.vault, INVITED_KEY, email).await?;
        tx.execute(
            "update account_links set closed_at = $3 where closed_at is null
               and id in (select link_id from invitations where email_key in ($1, $2))",
            &[&blind, &plain, &now],
        )
        .await
        .map(|_| ())
    }

    async fn close(&self, tx: &mut Tx, id: LinkId, now: Timestamp) -> Result<bool, DbError> {
        let closed = tx
            .execute(
                "update account_links set closed_at = $2
                 where id = $1 and purpose = $3 and closed_at is null and expires_at > $2",
                &[&id, &now, &Purpose::Invitation.as_str()],
            )
            .await?;
        Ok(closed == 1)
    }
}
