//! Keys for the merchant's programs: made, listed, withdrawn.

use crate::application::ports::Store;
use crate::application::{AuthError, Faults};
use crate::domain::{ApiKey, Token, TokenKind};
use hanse_database::DbError;
use hanse_kernel::{Actor, Ctx, Effects, Permission};
use hanse_record::Entry;
use serde_json::json;
use std::collections::BTreeSet;

#[derive(Clone)]
pub struct ApiKeys {
    pub store: Store,
    pub effects: Effects,
}

impl ApiKeys {
    /// The key itself is told this once and stored nowhere.
    pub async fn create(
        &self,
        ctx: &Ctx,
        name: &str,
        permissions: &[String],
    ) -> Result<(ApiKey, Token), AuthError> {
        let Actor::Staff { user, permissions: own } = &ctx.actor else {
            return Err(AuthError::PermissionsBeyondOwn);
        };
        let (name, permissions) = check(name, permissions)?;
        if !permissions.is_subset(own) {
            return Err(AuthError::PermissionsBeyondOwn);
        }
        let token = Token::random(TokenKind::ApiKey, &*self.effects.rng);
        let key = ApiKey::new(&token, *user, name, permissions, self.effects.now());
        let input = (self.store.clone(), ctx.clone(), key.clone(), token.digest());
        let added = self.store.db.tx(input, |tx, (store, ctx, key, digest)| {
            Box::pin(async move {
                let added = store.api_keys.add(tx, key, digest).await?;
                if added {
                    let made = json!({"name": key.name, "permissions": key.permissions});
                    let entry = Entry::new("api_key.made", "api_key", &key.id).became(made);
                    store.record.note(tx, ctx, entry).await?;
                }
                Ok(added)
            })
        });
        let added: Result<bool, DbError> = added.await;
        if added? { Ok((key, token)) } else { Err(AuthError::TooManyKeys) }
    }

    /// All of the shop's, the newest first.
    pub async fn list(&self) -> Result<Vec<ApiKey>, AuthError> {
        let found = self
            .store
            .db
            .read(self.store.clone(), |tx, store| Box::pin(async move { store.api_keys.all(tx).await }));
        Ok(found.await?)
    }

    /// From now on auth knows it no more; a gateway that asked just before believes in it for up to 20 s.
    pub async fn withdraw(&self, ctx: &Ctx, id: String) -> Result<(), AuthError> {
        let removed = self.store.db.tx((self.store.clone(), ctx.clone(), id), |tx, (store, ctx, id)| {
            Box::pin(async move {
                let removed = store.api_keys.remove(tx, id).await?;
                if removed {
                    store.record.note(tx, ctx, Entry::new("api_key.withdrawn", "api_key", id)).await?;
                }
                Ok(removed)
            })
        });
        let removed: Result<bool, DbError> = removed.await;
        if removed? { Ok(()) } else { Err(AuthError::UnknownKey) }
    }
}

fn check(name: &str, permissions: &[String]) -> Result<(String, BTreeSet<Permission>), AuthError> {
    let mut faults = Faults::default();
    let name = ApiKey::name(name).map_err(|e| faults.add("name", "length", e)).ok();
    let permissions = faults.permissions(permissions);
    faults.unless(name.zip(permissions))
}
