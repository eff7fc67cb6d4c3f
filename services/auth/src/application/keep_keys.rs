//! Keeps the signing keys to their schedule: the first at the first start, then each in its turn, the spent ones gone.

use crate::application::AuthError;
use crate::application::ports::{AccessTokens, KeyMaker, PublicKey, SigningKeys};
use crate::domain::{KeyPair, KeySchedule, SigningKey};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::Effects;
use std::sync::Arc;

#[derive(Clone)]
pub struct KeepKeys {
    pub db: Db,
    pub effects: Effects,
    pub signing_keys: Arc<dyn SigningKeys>,
    pub key_maker: Arc<dyn KeyMaker>,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub schedule: KeySchedule,
}

impl KeepKeys {
    /// At the start, and again every now and then: other processes make keys too, and they have to be known here.
    pub async fn run(&self) -> Result<(), AuthError> {
        // Made outside, because a unit may run more than once; most of the time nobody needs it.
        let spare = self.key_maker.make();
        let keys = self.db.tx((self.clone(), spare), |tx, (this, spare)| Box::pin(this.turn(tx, spare)));
        self.access_tokens.hold(keys.await?)
    }

    async fn turn(&self, tx: &mut Tx, spare: &KeyPair) -> Result<Vec<SigningKey>, DbError> {
        let keys = self.signing_keys.all(tx).await?;
        let now = self.effects.now();
        let plan = self.schedule.plan(&keys, now);
        if plan.spent.is_empty() && plan.due.is_none() {
            return Ok(keys);
        }
        for spent in &plan.spent {
            self.signing_keys.remove(tx, &keys[*spent].pair.kid).await?;
        }
        if let Some(signs_from) = plan.due {
            let generation = keys.last().map_or(1, |last| last.generation + 1);
            let key = SigningKey { pair: spare.clone(), generation, created_at: now, signs_from };
            self.signing_keys.add(tx, &key).await?;
        }
        self.signing_keys.all(tx).await
    }

    /// The public halves that tokens may be verified with now.
    pub fn published(&self) -> Vec<PublicKey> {
        self.access_tokens.published(self.effects.now())
    }
}
