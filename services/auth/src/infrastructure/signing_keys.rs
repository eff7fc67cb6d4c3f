//! Signing keys as rows, their private halves wrapped when there is a key to wrap them with.

use crate::application::ports::SigningKeys;
use crate::domain::{KeyPair, SigningKey};
use crate::infrastructure::Vault;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use std::sync::Arc;
use zeroize::Zeroizing;

pub struct SqlSigningKeys {
    vault: Arc<Vault>,
}

impl SqlSigningKeys {
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }

    fn key(&self, row: &Row<'_>) -> Result<SigningKey, DbError> {
        let kid: String = row.get(0)?;
        let bytes = |index: usize, bytes: &[u8]| {
            let message = || "expected 32 bytes".to_string();
            <[u8; 32]>::try_from(bytes).map_err(|_| DbError::Column { index, message: message() })
        };
        let stored = Zeroizing::new(row.get::<Vec<u8>>(3)?);
        let opened = match row.get::<bool>(4)? {
            true => self.vault.open(&kid, &stored).map_err(|e| DbError::Other(e.to_string()))?,
            false => stored,
        };
        let pair = KeyPair {
            public: bytes(2, &row.get::<Vec<u8>>(2)?)?,
            seed: Zeroizing::new(bytes(3, &opened)?),
            kid,
        };
        Ok(SigningKey { pair, generation: row.get(1)?, created_at: row.get(5)?, signs_from: row.get(6)? })
    }
}

#[async_trait]
impl SigningKeys for SqlSigningKeys {
    async fn all(&self, tx: &mut Tx) -> Result<Vec<SigningKey>, DbError> {
        tx.query(
            "select kid, generation, public_key, private_key, wrapped, created_at, signs_from
             from signing_keys order by generation",
            &[],
            |row| self.key(row),
        )
        .await
    }

    async fn add(&self, tx: &mut Tx, key: &SigningKey) -> Result<(), DbError> {
        let sealed = self.vault.seal(&key.pair.kid, &*key.pair.seed);
        let (private, wrapped) = match &sealed {
            Some(sealed) => (sealed.as_slice(), true),
            None => (key.pair.seed.as_slice(), false),
        };
        tx.execute(
            "insert into signing_keys (kid, generation, public_key, private_key, wrapped, created_at, signs_from)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (generation) do nothing",
            &[
                &key.pair.kid,
                &key.generation,
                &key.pair.public.as_slice(),
                &private,
                &wrapped,
                &key.created_at,
                &key.signs_from,
            ],
        )
        .await?;
        Ok(())
    }

    async fn remove(&self, tx: &mut Tx, kid: &str) -> Result<(), DbError> {
        tx.execute("delete from signing_keys where kid = $1", &[&kid]).await?;
        Ok(())
    }
}
