//! Whom somebody's account is linked with, and ending that.

use crate::application::ports::Store;
use crate::application::providers::Providers;
use crate::application::{AuthError, just_now};
use crate::domain::Identity;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, IdentityId, UserId};
use hanse_record::Entry;
use serde_json::json;

#[derive(Clone)]
pub struct OwnIdentities {
    pub store: Store,
    pub providers: Providers,
}

pub struct Linked {
    pub identity: Identity,
    /// None: the shop does not ask this provider any more.
    pub label: Option<String>,
}

enum Ended {
    Done,
    Unknown,
    Last,
}

impl OwnIdentities {
    pub async fn list(&self, ctx: &Ctx) -> Result<Vec<Linked>, AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let read = self.store.db.read((self.store.identities.clone(), user), |tx, (identities, user)| {
            Box::pin(async move { identities.of(tx, *user).await })
        });
        let found: Result<Vec<Identity>, DbError> = read.await;
        let linked = |identity: Identity| Linked {
            label: self.providers.label(&identity.provider).map(str::to_string),
            identity,
        };
        Ok(found?.into_iter().map(linked).collect())
    }

    /// Sessions that it began go on: they are their owner's, who has just shown it.
    pub async fn unlink(&self, ctx: &Ctx, id: IdentityId) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        just_now(ctx)?;
        let ended = self.store.db.tx((self.clone(), ctx.clone(), user, id), |tx, (this, ctx, user, id)| {
            Box::pin(this.end(tx, ctx, *user, *id))
        });
        match ended.await? {
            Ended::Done => Ok(()),
            Ended::Unknown => Err(AuthError::UnknownIdentity),
            Ended::Last => Err(AuthError::LastWayIn),
        }
    }

    async fn end(&self, tx: &mut Tx, ctx: &Ctx, user: UserId, id: IdentityId) -> Result<Ended, DbError> {
        let own = self.store.identities.of(tx, user).await?;
        let Some(account) = self.store.accounts.by_ids(tx, &[user]).await?.pop() else {
            return Ok(Ended::Unknown);
        };
        let Some(ended) = own.iter().find(|identity| identity.id == id) else {
            return Ok(Ended::Unknown);
        };
        // One that lets nobody in is no way: whom an address linked does not come in as staff.
        let opens = |other: &Identity| self.providers.has(&other.provider) && other.opens(&account);
        let another = own.iter().any(|other| other.id != id && opens(other));
        if account.password.is_none() && !another {
            return Ok(Ended::Last);
        }
        self.store.identities.remove(tx, id).await?;
        let entry =
            Entry::new("identity.unlinked", "user", user).was(json!({"provider": ended.provider.as_str()}));
        self.store.record.note(tx, ctx, entry).await?;
        Ok(Ended::Done)
    }
}
