//! What is kept wrapped under a former key, wrapped anew under the present one.

use super::factors::sealed_as;
use crate::application::ports::{Rewrapped, WrappedSecrets};
use crate::infrastructure::Vault;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::UserId;
use std::sync::Arc;

/// Rows per unit.
const BATCH: i64 = 200;

pub struct SqlWrapped {
    vault: Arc<Vault>,
}

impl SqlWrapped {
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }

    /// What is to be stored instead, and counts.
    fn anew(&self, name: &str, stored: &[u8], counts: &mut Rewrapped) -> Option<Vec<u8>> {
        match self.vault.anew(name, stored) {
            Ok(anew) => {
                counts.former += u64::from(anew.is_some());
                anew
            }
            Err(_) => {
                counts.unreadable += 1;
                None
            }
        }
    }
}

#[async_trait]
impl WrappedSecrets for SqlWrapped {
    async fn signing_keys(&self, tx: &mut Tx) -> Result<Rewrapped, DbError> {
        let sql = "select kid, private_key from signing_keys where wrapped order by generation";
        let keys = tx.query(sql, &[], |r| Ok((r.get::<String>(0)?, r.get::<Vec<u8>>(1)?))).await?;
        let mut counts = Rewrapped::default();
        for (kid, stored) in keys {
            if let Some(anew) = self.anew(&kid, &stored, &mut counts) {
                let sql = "update signing_keys set private_key = $2 where kid = $1 and private_key = $3";
                tx.execute(sql, &[&kid, &anew, &stored]).await?;
            }
        }
        Ok(counts)
    }

    async fn app_secrets(
        &self,
        tx: &mut Tx,
        after: Option<UserId>,
    ) -> Result<(Rewrapped, Option<UserId>), DbError> {
        let after = after.unwrap_or(UserId::new(uuid::Uuid::nil()));
        let sql = "select user_id, secret from totp_factors where wrapped and user_id > $1
                   order by user_id limit $2";
        let page =
            tx.query(sql, &[&after, &BATCH], |r| Ok((r.id::<UserId>(0)?, r.get::<Vec<u8>>(1)?))).await?;
        let mut counts = Rewrapped::default();
        for (owner, stored) in &page {
            if let Some(anew) = self.anew(&sealed_as(*owner), stored, &mut counts) {
                // Another one that was enrolled meanwhile stays.
                let sql = "update totp_factors set secret = $2 where user_id = $1 and secret = $3";
                tx.execute(sql, &[owner, &anew, stored]).await?;
            }
        }
        let more = page.len() as i64 == BATCH;
        Ok((counts, page.last().filter(|_| more).map(|(owner, _)| *owner)))
    }
}
