//! Who people are at providers of logins, as rows.

use crate::application::ports::Identities;
use crate::domain::{Identity, ProviderId, Subject};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{IdentityId, Timestamp, UserId};

pub struct SqlIdentities;

const COLUMNS: &str = "id, user_id, provider, by_owner, linked_at, last_login_at";

pub(super) fn provider(text: &str, index: usize) -> Result<ProviderId, DbError> {
    ProviderId::parse(text).map_err(|e| DbError::Column { index, message: e.to_string() })
}

fn identity(row: &Row<'_>) -> Result<Identity, DbError> {
    Ok(Identity {
        id: row.id(0)?,
        user: row.id(1)?,
        provider: provider(&row.get::<String>(2)?, 2)?,
        by_owner: row.get(3)?,
        linked_at: row.get(4)?,
        last_login_at: row.get(5)?,
    })
}

#[async_trait]
impl Identities for SqlIdentities {
    async fn add(&self, tx: &mut Tx, identity: &Identity, subject: &Subject) -> Result<bool, DbError> {
        let added = tx
            .execute(
                "insert into identities (id, user_id, provider, subject, by_owner, linked_at, last_login_at)
                 values ($1, $2, $3, $4, $5, $6, $7) on conflict (provider, subject) do nothing",
                &[
                    &identity.id,
                    &identity.user,
                    &identity.provider.as_str(),
                    &subject.as_bytes(),
                    &identity.by_owner,
                    &identity.linked_at,
                    &identity.last_login_at,
                ],
            )
            .await?;
        Ok(added == 1)
    }

    async fn by_subject(
        &self,
        tx: &mut Tx,
        provider: &ProviderId,
        subject: &Subject,
    ) -> Result<Option<Identity>, DbError> {
        let sql = format!("select {COLUMNS} from identities where provider = $1 and subject = $2");
        tx.query_opt(&sql, &[&provider.as_str(), &subject.as_bytes()], identity).await
    }

    async fn of(&self, tx: &mut Tx, user: UserId) -> Result<Vec<Identity>, DbError> {
        let sql = format!("select {COLUMNS} from identities where user_id = $1 order by id");
        tx.query(&sql, &[&user], identity).await
    }

    async fn used(&self, tx: &mut Tx, id: IdentityId, now: Timestamp) -> Result<(), DbError> {
        tx.execute("update identities set last_login_at = $2 where id = $1", &[&id, &now]).await.map(|_| ())
    }

    async fn claim(&self, tx: &mut Tx, id: IdentityId) -> Result<(), DbError> {
        tx.execute("update identities set by_owner = $2 where id = $1", &[&id, &true]).await.map(|_| ())
    }

    async fn remove(&self, tx: &mut Tx, id: IdentityId) -> Result<(), DbError> {
        tx.execute("delete from identities where id = $1", &[&id]).await.map(|_| ())
    }

    async fn remove_all(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        tx.execute("delete from identities where user_id = $1", &[&user]).await.map(|_| ())
    }
}
