//! What auth holds about a person, for whoever wants to have it. Digests and the password's hash are secrets and left out.

use super::sealed::{API_KEY, EMAIL, INVITED, INVITED_KEY, LINK_EMAIL, NAME, PASSKEY, Sought, sought};
use crate::domain::EmailAddress;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{LinkId, SessionId, Timestamp, UserId};
use hanse_runtime::{Holds, Portion, Whose};
use hanse_vault::{Subject, Vault};
use serde_json::{Value, json};

/// Nobody's own sessions, devices or keys are more than fit into so many rows of each kind.
const MOST: i64 = 1000;

pub struct OwnAccounts {
    pub db: Db,
    pub vault: Vault,
}

#[async_trait]
impl Holds for OwnAccounts {
    async fn about(&self, whose: &Whose) -> Result<Portion, DbError> {
        let input = (self.vault.clone(), whose.user);
        self.db.scan(input, |tx, (vault, user)| Box::pin(about(tx, vault, *user))).await
    }
}

async fn about(tx: &mut Tx, vault: &Vault, user: UserId) -> Result<Portion, DbError> {
    let mut told = Portion::default();
    let key = vault.find(tx, user).await?;
    let of: [&dyn Bind; 2] = [&user, &MOST];
    let sql = "select email, name, locale, email_verified_at, created_at, role from accounts where id = $1";
    let account = tx
        .query_opt(sql, &[&user], |r| {
            Ok(json!({
                "email": key.open(EMAIL, &r.get::<String>(0)?)?, "name": key.open(NAME, &r.get::<String>(1)?)?, "locale": r.get::<String>(2)?,
                "email_verified_at": r.get::<Option<Timestamp>>(3)?, "created_at": r.get::<Timestamp>(4)?,
                "role": r.get::<Option<String>>(5)?,
            }))
        })
        .await?;
    let email = account.as_ref().and_then(|account| EmailAddress::parse(account["email"].as_str()?).ok());
    tell(&mut told, "account", account);
    let sql = "select id, transport, device, started_at, expires_at, ended_at from sessions
               where user_id = $1 order by id desc limit $2";
    let sessions = tx.query(sql, &of, |r| {
        Ok(json!({
            "id": r.id::<SessionId>(0)?, "transport": r.get::<String>(1)?, "device": r.get::<Option<String>>(2)?,
            "started_at": r.get::<Timestamp>(3)?, "expires_at": r.get::<Timestamp>(4)?,
            "ended_at": r.get::<Option<Timestamp>>(5)?,
        }))
    });
    tell(&mut told, "session", sessions.await?);
    let sql = "select last_login_at from devices where user_id = $1 order by last_login_at desc limit $2";
    let devices = tx.query(sql, &of, |r| Ok(json!({"last_login_at": r.get::<Timestamp>(0)?})));
    tell(&mut told, "device", devices.await?);
    let sql = "select id, purpose, email, created_at, expires_at, closed_at from account_links
               where user_id = $1 order by created_at desc, id limit $2";
    let links = tx.query(sql, &of, |r| {
        Ok(json!({
            "id": r.id::<LinkId>(0)?, "purpose": r.get::<String>(1)?,
            "email": key.open_some(LINK_EMAIL, r.get::<Option<String>>(2)?.as_deref())?,
            "created_at": r.get::<Timestamp>(3)?, "expires_at": r.get::<Timestamp>(4)?,
            "closed_at": r.get::<Option<Timestamp>>(5)?,
        }))
    });
    tell(&mut told, "mailed_link", links.await?);
    let sql = "select name, permissions, created_at, last_used_at from api_keys
               where user_id = $1 order by created_at desc, id limit $2";
    let keys = tx.query(sql, &of, |r| {
        Ok(json!({
            "name": key.open(API_KEY, &r.get::<String>(0)?)?, "permissions": r.get::<String>(1)?,
            "created_at": r.get::<Timestamp>(2)?, "last_used_at": r.get::<Option<Timestamp>>(3)?,
        }))
    });
    tell(&mut told, "api_key", keys.await?);
    if let Some(email) = email {
        tell(&mut told, "invitation", invitations(tx, vault, &email).await?);
    }
    let sql = "select created_at, confirmed_at from totp_factors where user_id = $1 limit $2";
    let apps = tx.query(sql, &of, |r| {
        Ok(json!({"created_at": r.get::<Timestamp>(0)?, "confirmed_at": r.get::<Option<Timestamp>>(1)?}))
    });
    tell(&mut told, "authenticator_app", apps.await?);
    let sql = "select name, created_at, last_used_at from passkeys where user_id = $1 order by created_at, id limit $2";
    let passkeys = tx.query(sql, &of, |r| {
        Ok(json!({
            "name": key.open(PASSKEY, &r.get::<String>(0)?)?, "created_at": r.get::<Timestamp>(1)?,
            "last_used_at": r.get::<Option<Timestamp>>(2)?,
        }))
    });
    tell(&mut told, "passkey", passkeys.await?);
    let sql = "select provider, linked_at, last_login_at from identities where user_id = $1 order by linked_at, id limit $2";
    let identities = tx.query(sql, &of, |r| {
        Ok(json!({
            "provider": r.get::<String>(0)?, "linked_at": r.get::<Timestamp>(1)?,
            "last_login_at": r.get::<Option<Timestamp>>(2)?,
        }))
    });
    tell(&mut told, "identity", identities.await?);
    Ok(told)
}

async fn invitations(tx: &mut Tx, vault: &Vault, email: &EmailAddress) -> Result<Vec<Value>, DbError> {
    let Sought { blind, plain } = sought(tx, vault, INVITED_KEY, email).await?;
    let key = vault.find(tx, Subject::SERVICE).await?;
    let sql = "select name, locale, role, custom_role from invitations where email_key in ($1, $2)
               order by link_id limit $3";
    tx.query(sql, &[&blind, &plain, &MOST], |r| {
        Ok(json!({
            "name": key.open(INVITED, &r.get::<String>(0)?)?, "locale": r.get::<String>(1)?,
            "role": r.get::<Option<String>>(2)?, "custom_role": r.get::<Option<String>>(3)?,
        }))
    })
    .await
}

fn tell(told: &mut Portion, kind: &str, found: impl IntoIterator<Item = Value>) {
    for json in found {
        told.tell(kind, &json);
    }
}
