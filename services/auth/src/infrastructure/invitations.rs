//! Invitations as rows, each beside the link that opens it.

use crate::application::ports::Invitations;
use crate::domain::{EmailAddress, Invitation, PersonName, Purpose};
use crate::infrastructure::roles;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{LinkId, Locale, Personal, Timestamp};

pub struct SqlInvitations;

const SELECT: &str =
    "select l.id, l.email, i.name, i.locale, i.invited_by, l.created_at, l.expires_at, i.role, i.custom_role,
    r.permissions
  from invitations i join account_links l on l.id = i.link_id
  left join custom_roles r on r.name = i.custom_role";

fn invitation(row: &Row<'_>) -> Result<Invitation, DbError> {
    // A row that breaks a rule of the domain is reported without its value, which is personal.
    let broken = |index, e: &dyn std::fmt::Display| DbError::Column { index, message: e.to_string() };
    let email = EmailAddress::parse(&row.get::<String>(1)?).map_err(|e| broken(1, &e))?;
    let name = PersonName::parse(&row.get::<String>(2)?).map_err(|e| broken(2, &e))?;
    Ok(Invitation {
        id: row.id(0)?,
        email: Personal::guest(email),
        name: Personal::guest(name),
        locale: Locale::new(&row.get::<String>(3)?),
        invited_by: row.id(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        role: roles::role(row, 7)?.ok_or_else(|| broken(7, &"a role is missing"))?,
    })
}

#[async_trait]
impl Invitations for SqlInvitations {
    async fn add(&self, tx: &mut Tx, invitation: &Invitation) -> Result<(), DbError> {
        let (role, custom) = roles::columns(&invitation.role);
        tx.execute(
            "insert into invitations (link_id, email_key, name, locale, role, custom_role, invited_by)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &invitation.id,
                &invitation.email.reveal().key(),
                &invitation.name.reveal().as_str(),
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
        tx.query_opt(&format!("{SELECT} where l.id = $1"), &[&id], invitation).await
    }

    async fn open(&self, tx: &mut Tx, now: Timestamp) -> Result<Vec<Invitation>, DbError> {
        let sql = format!(
            "{SELECT} where l.closed_at is null and l.expires_at > $1 order by l.created_at desc, l.id limit $2"
        );
        tx.query(&sql, &[&now, &Invitation::MOST], invitation).await
    }

    async fn given_since(&self, tx: &mut Tx, email: &EmailAddress, since: Timestamp) -> Result<i64, DbError> {
        let sql = "select count(*) from invitations i join account_links l on l.id = i.link_id
                   where i.email_key = $1 and l.created_at > $2";
        let count = tx.query_opt(sql, &[&email.key(), &since], |row| row.get(0)).await?;
        Ok(count.unwrap_or(0))
    }

    async fn replace(&self, tx: &mut Tx, email: &EmailAddress, now: Timestamp) -> Result<(), DbError> {
        tx.execute(
            "update account_links set closed_at = $2 where closed_at is null
               and id in (select link_id from invitations where email_key = $1)",
            &[&email.key(), &now],
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
