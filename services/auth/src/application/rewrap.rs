//! Brings secrets that are wrapped under a former key under the present one, so that the former can be thrown away.

use crate::application::AuthError;
use crate::application::ports::{Rewrapped, WrappedSecrets};
use hanse_database::Db;
use std::sync::Arc;

/// How many the last look found, before it wrapped them anew: 0 says that there was none.
const LEFT: &str = "auth_secrets_under_former_key";

#[derive(Clone)]
pub struct Rewrap {
    pub db: Db,
    pub secrets: Arc<dyn WrappedSecrets>,
}

impl Rewrap {
    /// Looks at all of them. What no key opens counts as left, and is told once a look.
    pub async fn run(&self) -> Result<Rewrapped, AuthError> {
        let mut all = self
            .db
            .tx(self.clone(), |tx, this| Box::pin(async move { this.secrets.signing_keys(tx).await }))
            .await?;
        let mut after = None;
        loop {
            let (page, next) = self
                .db
                .tx((self.clone(), after), |tx, (this, after)| {
                    Box::pin(async move { this.secrets.app_secrets(tx, *after).await })
                })
                .await?;
            all.former += page.former;
            all.unreadable += page.unreadable;
            match next {
                Some(_) => after = next,
                None => break,
            }
        }
        metrics::gauge!(LEFT).set((all.former + all.unreadable) as f64);
        if all.former > 0 {
            tracing::info!(secrets = all.former, "secrets under a former key were wrapped anew");
        }
        if all.unreadable > 0 {
            tracing::error!(
                secrets = all.unreadable,
                "secrets are wrapped with a key that is not known any more: put it back into former_signing_keys"
            );
        }
        Ok(all)
    }
}
