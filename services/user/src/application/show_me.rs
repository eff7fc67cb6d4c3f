//! Shows somebody their own profile.

use crate::application::UserError;
use crate::application::ports::{People, Profiles};
use crate::domain::{PersonName, Profile};
use hanse_database::{Db, DbError};
use hanse_kernel::{Actor, Ctx, Effects, Locale, Personal};
use std::sync::Arc;

#[derive(Clone)]
pub struct ShowMe {
    pub db: Db,
    pub effects: Effects,
    pub profiles: Arc<dyn Profiles>,
    pub people: Arc<dyn People>,
}

pub struct Me {
    pub profile: Profile,
    /// Auth's to know; `None` while auth cannot be asked.
    pub email: Option<Personal<String>>,
}

impl ShowMe {
    pub async fn run(&self, ctx: &Ctx) -> Result<Me, UserError> {
        let profile = self.profile(ctx).await?;
        Ok(self.complete(ctx, profile).await)
    }

    /// The stored profile, or the one that the message from auth is about to open.
    async fn profile(&self, ctx: &Ctx) -> Result<Profile, UserError> {
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        let found: Result<Option<Profile>, DbError> = self
            .db
            .read((self.profiles.clone(), user), |tx, (profiles, user)| {
                Box::pin(async move { profiles.find(tx, *user).await })
            })
            .await;
        let staff = matches!(ctx.actor, Actor::Staff { .. });
        Ok(found?.unwrap_or_else(|| Profile::new(user, staff, ctx.locale.clone(), self.effects.now())))
    }

    /// Adds what auth knows. Without auth the profile is shown as far as it is known here.
    pub async fn complete(&self, ctx: &Ctx, mut profile: Profile) -> Me {
        let contact = match self.people.contacts(ctx, &[profile.user]).await {
            Ok(found) => found.into_iter().next(),
            Err(away) => {
                tracing::warn!(error = %away, "a profile is shown without what auth knows");
                None
            }
        };
        let email = contact.as_ref().map(|contact| Personal::of(profile.user, contact.email.clone()));
        let name = contact.and_then(|c| Some((PersonName::known(&c.name)?, Locale::new(&c.locale))));
        profile.learn(name);
        Me { profile, email }
    }
}
