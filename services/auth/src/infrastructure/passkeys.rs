//! Passkeys as rows, their names sealed, and what devices were asked for.

use super::sealed::PASSKEY;
use crate::application::ports::Passkeys;
use crate::domain::{Ceremony, Passkey, TokenDigest};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Timestamp, UserId};
use hanse_vault::Vault;

pub struct SqlPasskeys {
    pub vault: Vault,
}

/// With the name as it stands there.
fn passkey(row: &Row<'_>) -> Result<Passkey, DbError> {
    Ok(Passkey {
        id: row.get(0)?,
        owner: row.id(1)?,
        name: row.get(2)?,
        credential_id: row.get(3)?,
        credential: row.get(4)?,
        created_at: row.get(5)?,
        last_used_at: row.get(6)?,
    })
}

fn ceremony(row: &Row<'_>) -> Result<Ceremony, DbError> {
    let bytes = |index, bytes: Option<Vec<u8>>| match bytes {
        None => Ok(None),
        Some(bytes) => TokenDigest::from_bytes(&bytes)
            .map(Some)
            .ok_or_else(|| DbError::Column { index, message: "expected 32 bytes".into() }),
    };
    let digest = bytes(0, row.get(0)?)?;
    Ok(Ceremony {
        digest: digest.ok_or_else(|| DbError::Column { index: 0, message: "expected 32 bytes".into() })?,
        rite: row.parse(1)?,
        owner: row.id_opt(2)?,
        device: bytes(3, row.get(3)?)?,
        state: row.get(4)?,
        expires_at: row.get(5)?,
    })
}

#[async_trait]
impl Passkeys for SqlPasskeys {
    async fn all(&self, tx: &mut Tx, user: UserId) -> Result<Vec<Passkey>, DbError> {
        let sql =
            "select id, user_id, name, credential_id, credential, created_at, last_used_at from passkeys
                   where user_id = $1 order by created_at, id";
        let mut passkeys = tx.query(sql, &[&user], passkey).await?;
        if !passkeys.is_empty() {
            let key = self.vault.find(tx, user).await?;
            for passkey in &mut passkeys {
                passkey.name = key.open(PASSKEY, &passkey.name)?;
            }
        }
        Ok(passkeys)
    }

    async fn add(&self, tx: &mut Tx, passkey: &Passkey) -> Result<(), DbError> {
        let name = self.vault.of(tx, passkey.owner).await?.seal(PASSKEY, &passkey.name)?;
        tx.execute(
            "insert into passkeys (id, user_id, name, credential_id, credential, created_at)
             values ($1, $2, $3, $4, $5, $6)",
            &[
                &passkey.id,
                &passkey.owner,
                &name,
                &passkey.credential_id.as_slice(),
                &passkey.credential,
                &passkey.created_at,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn used(&self, tx: &mut Tx, id: &str, credential: &str, now: Timestamp) -> Result<(), DbError> {
        let sql = "update passkeys set credential = $2, last_used_at = $3 where id = $1";
        tx.execute(sql, &[&id, &credential, &now]).await.map(|_| ())
    }

    async fn rename(&self, tx: &mut Tx, user: UserId, id: &str, name: &str) -> Result<bool, DbError> {
        let there = "select 1 from passkeys where user_id = $1 and id = $2";
        // No key is made for somebody who was erased a moment ago.
        if tx.query_opt(there, &[&user, &id], |_| Ok(())).await?.is_none() {
            return Ok(false);
        }
        let name = self.vault.of(tx, user).await?.seal(PASSKEY, name)?;
        let sql = "update passkeys set name = $3 where user_id = $1 and id = $2";
        Ok(tx.execute(sql, &[&user, &id, &name]).await? == 1)
    }

    async fn remove(&self, tx: &mut Tx, user: UserId, id: &str) -> Result<bool, DbError> {
        Ok(tx.execute("delete from passkeys where user_id = $1 and id = $2", &[&user, &id]).await? == 1)
    }

    async fn remove_all(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        tx.execute("delete from passkeys where user_id = $1", &[&user]).await.map(|_| ())
    }

    async fn begin(&self, tx: &mut Tx, ceremony: &Ceremony) -> Result<(), DbError> {
        tx.execute(
            "insert into passkey_ceremonies (digest, rite, user_id, device, state, expires_at)
             values ($1, $2, $3, $4, $5, $6)",
            &[
                &ceremony.digest.as_bytes(),
                &ceremony.rite.as_str(),
                &ceremony.owner,
                &ceremony.device.as_ref().map(TokenDigest::as_bytes),
                &ceremony.state,
                &ceremony.expires_at,
            ],
        )
        .await
        .map(|_| ())
    }

    async fn give_up(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        tx.execute("delete from passkey_ceremonies where user_id = $1", &[&user]).await.map(|_| ())
    }

    async fn take(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<Ceremony>, DbError> {
        let sql = "delete from passkey_ceremonies where digest = $1
                   returning digest, rite, user_id, device, state, expires_at";
        tx.query_opt(sql, &[&digest.as_bytes()], ceremony).await
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        tx.execute(
            "delete from passkey_ceremonies where digest in
               (select digest from passkey_ceremonies where expires_at < $1 order by expires_at, digest limit $2)",
            &[&before, &limit],
        )
        .await
    }
}
