//! Forgets sessions, tokens, mailed links, devices, tries, challenges and errands that can never matter again.

use crate::application::AuthError;
use crate::application::ports::Store;
use crate::domain::{device, tries};
use hanse_database::DbError;
use hanse_kernel::Effects;
use std::time::Duration;

/// Rows per unit: no unit may grow with what has piled up.
const BATCH: i64 = 500;
/// How long a session that is over can still be looked up, for whoever asks why it ended.
const KEEP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a batch is of, in its order.
const WHAT: [&str; 8] = [
    "refresh_tokens",
    "sessions",
    "mailed_links",
    "devices",
    "password_tries",
    "login_challenges",
    "passkey_ceremonies",
    "provider_errands",
];

#[derive(Clone)]
pub struct Sweep {
    pub store: Store,
    pub effects: Effects,
}

impl Sweep {
    /// How many rows are gone.
    pub async fn run(&self) -> Result<u64, AuthError> {
        let mut gone = 0;
        loop {
            let batch = self.batch().await?;
            for (what, rows) in WHAT.into_iter().zip(batch) {
                metrics::counter!("retention_deleted_total", "what" => what).increment(rows);
            }
            gone += batch.iter().sum::<u64>();
            if batch.iter().all(|rows| *rows < BATCH.unsigned_abs()) {
                return Ok(gone);
            }
        }
    }

    async fn batch(&self) -> Result<[u64; 8], DbError> {
        self.store
            .db
            .tx((self.clone(), self.effects.now()), |tx, (this, now)| {
                Box::pin(async move {
                    let tokens = this.store.refresh_tokens.forget(tx, *now, BATCH).await?;
                    let sessions = this.store.sessions.forget(tx, now.minus(KEEP), BATCH).await?;
                    let links = this.store.links.forget(tx, *now, BATCH).await?;
                    let devices = this.store.devices.forget(tx, now.minus(device::KEPT), BATCH).await?;
                    let tries = this.store.tries.forget(tx, now.minus(tries::LONGEST), BATCH).await?;
                    let challenges = this.store.challenges.forget(tx, *now, BATCH).await?;
                    let ceremonies = this.store.passkeys.forget(tx, *now, BATCH).await?;
                    let errands = this.store.errands.forget(tx, *now, BATCH).await?;
                    Ok([tokens, sessions, links, devices, tries, challenges, ceremonies, errands])
                })
            })
            .await
    }
}
