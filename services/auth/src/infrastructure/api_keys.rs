//! API keys as rows, their names sealed.

use super::sealed::API_KEY;
use crate::application::ports::ApiKeyStore;
use crate::domain::{ApiKey, TokenDigest};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Permission, Timestamp, UserId};
use hanse_vault::{Subject, Vault};

pub struct SqlApiKeys {
    pub vault: Vault,
}

const COLUMNS: &str = "id, user_id, name, permissions, created_at, last_used_at";

/// With the name as it stands there.
fn api_key(row: &Row<'_>) -> Result<ApiKey, DbError> {
    let permissions: String = row.get(3)?;
    Ok(ApiKey {
        id: row.get(0)?,
        owner: row.id(1)?,
        name: row.get(2)?,
        // A name that this version does not know grants nothing.
        permissions: permissions.split(' ').filter_map(Permission::parse).collect(),
        created_at: row.get(4)?,
        last_used_at: row.get(5)?,
    })
}

#[async_trait]
impl ApiKeyStore for SqlApiKeys {
    async fn add(&self, tx: &mut Tx, key: &ApiKey, digest: &TokenDigest) -> Result<bool, DbError> {
        let permissions: Vec<&str> = key.permissions.iter().map(|p| p.as_str()).collect();
        let name = self.vault.of(tx, key.owner).await?.seal(API_KEY, &key.name)?;
        let added = tx
            .execute(
                "insert into api_keys (id, digest, user_id, name, permissions, created_at)
                 select $1, $2, $3, $4, $5, $6 where (select count(*) from api_keys) < $7",
                &[
                    &key.id,
                    &digest.as_bytes(),
                    &key.owner,
                    &name,
                    &permissions.join(" "),
                    &key.created_at,
                    &ApiKey::MOST,
                ],
            )
            .await?;
        Ok(added == 1)
    }

    async fn all(&self, tx: &mut Tx) -> Result<Vec<ApiKey>, DbError> {
        let sql = format!("select {COLUMNS} from api_keys order by created_at desc, id limit $1");
        let mut all = tx.query(&sql, &[&ApiKey::MOST], api_key).await?;
        let keys = self
            .vault
            .find_all(tx, all.iter().map(|one| Subject::from(one.owner)).collect::<Vec<_>>())
            .await?;
        for one in &mut all {
            one.name = keys.of(one.owner).open(API_KEY, &one.name)?;
        }
        Ok(all)
    }

    async fn by_digest(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<ApiKey>, DbError> {
        let sql = format!("select {COLUMNS} from api_keys where digest = $1");
        let Some(mut found) = tx.query_opt(&sql, &[&digest.as_bytes()], api_key).await? else {
            return Ok(None);
        };
        found.name = self.vault.find(tx, found.owner).await?.open(API_KEY, &found.name)?;
        Ok(Some(found))
    }

    async fn used(&self, tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), DbError> {
        tx.execute("update api_keys set last_used_at = $2 where id = $1", &[&id, &now]).await.map(|_| ())
    }

    async fn remove(&self, tx: &mut Tx, id: &str) -> Result<bool, DbError> {
        Ok(tx.execute("delete from api_keys where id = $1", &[&id]).await? == 1)
    }

    async fn remove_all(&self, tx: &mut Tx, owner: UserId) -> Result<(), DbError> {
        tx.execute("delete from api_keys where user_id = $1", &[&owner]).await.map(|_| ())
    }
}
