//! An API key is exchanged for an access token, which goes on to the services and never back to the key's holder.

use crate::application::AuthError;
use crate::application::ports::{AccessToken, AccessTokens, Store};
use crate::domain::{Account, ApiKey, Token, TokenDigest};
use hanse_database::{DbError, Tx};
use hanse_kernel::Effects;
use std::sync::Arc;

#[derive(Clone)]
pub struct UseKey {
    pub store: Store,
    pub effects: Effects,
    pub access_tokens: Arc<dyn AccessTokens>,
}

impl UseKey {
    /// `None` when there is no such key, or its owner does not work here any more.
    pub async fn run(&self, token: &Token) -> Result<Option<AccessToken>, AuthError> {
        let input = (self.clone(), token.digest());
        let found = self.store.db.read(input, |tx, (this, digest)| Box::pin(this.key_and_owner(tx, digest)));
        let Some((key, owner)) = found.await? else { return Ok(None) };
        let Some(permissions) = key.allows(&owner) else { return Ok(None) };
        let now = self.effects.now();
        if key.is_use_to_be_noted(now) {
            let input = (self.store.clone(), key.id, now);
            let noted = self.store.db.tx(input, |tx, (store, id, now)| {
                Box::pin(async move { store.api_keys.used(tx, id, *now).await })
            });
            let noted: Result<(), DbError> = noted.await;
            noted?;
        }
        self.access_tokens.issue_for_key(&owner, &permissions, now).map(Some)
    }

    async fn key_and_owner(
        &self,
        tx: &mut Tx,
        digest: &TokenDigest,
    ) -> Result<Option<(ApiKey, Account)>, DbError> {
        let Some(key) = self.store.api_keys.by_digest(tx, digest).await? else { return Ok(None) };
        let owner = self.store.accounts.by_ids(tx, &[key.owner]).await?.pop();
        Ok(owner.map(|owner| (key, owner)))
    }
}
