//! Somebody changes what the shop calls them, or the language it speaks to them.

use crate::application::UserError;
use crate::application::ports::{Erasures, Profiles};
use crate::application::show_me::{Me, ShowMe};
use crate::domain::{Faults, PersonName, Profile};
use hanse_database::{Db, Tx};
use hanse_kernel::{Actor, Ctx, Effects, Locale, Personal, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct ChangeMe {
    pub db: Db,
    pub effects: Effects,
    pub profiles: Arc<dyn Profiles>,
    pub erasures: Arc<dyn Erasures>,
    pub show_me: ShowMe,
}

#[derive(Clone, Default)]
pub struct MyChange {
    pub name: Option<Personal<String>>,
    pub locale: Option<String>,
    /// The version that is meant; any when `None`.
    pub of_version: Option<i64>,
}

impl ChangeMe {
    pub async fn run(&self, ctx: &Ctx, change: MyChange) -> Result<Me, UserError> {
        let mut faults = Faults::default();
        let name = change.name.as_ref().map(|name| PersonName::read(name.reveal(), &mut faults));
        let locale = change.locale.as_ref().map(|tag| read_locale(tag, &mut faults));
        faults.check().map_err(UserError::Invalid)?;
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        let input = (self.clone(), ctx.clone(), user, name, locale, change.of_version);
        let profile = self
            .db
            .tx(input, |tx, (this, ctx, user, name, locale, version)| {
                Box::pin(async move {
                    let mut profile = this.open(tx, ctx, *user).await?;
                    if version.is_some_and(|meant| meant != profile.version) {
                        return Err(UserError::OtherVersion);
                    }
                    if let Some(name) = name {
                        profile.call(name.clone());
                    }
                    if let Some(locale) = locale {
                        profile.locale = locale.clone();
                    }
                    if !this.profiles.save(tx, &profile).await? {
                        return Err(UserError::OtherVersion);
                    }
                    profile.version += 1;
                    Ok(profile)
                })
            })
            .await?;
        Ok(self.show_me.complete(ctx, profile).await)
    }

    /// A first write does not wait for the message that opens profiles.
    async fn open(&self, tx: &mut Tx, ctx: &Ctx, user: UserId) -> Result<Profile, UserError> {
        if let Some(profile) = self.profiles.find(tx, user).await? {
            return Ok(profile);
        }
        // What they were let in with is good for some minutes more.
        if self.erasures.has(tx, user).await? {
            return Err(UserError::Nobody);
        }
        let staff = matches!(ctx.actor, Actor::Staff { .. });
        let profile = Profile::new(user, staff, ctx.locale.clone(), self.effects.now());
        self.profiles.add(tx, &profile).await?;
        Ok(profile)
    }
}

fn read_locale(tag: &str, faults: &mut Faults) -> Locale {
    let locale = Locale::new(tag);
    // What is no tag becomes the default: only the default's own tag may do so.
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    if !primary.eq_ignore_ascii_case(locale.as_str()) || tag.len() > 35 {
        faults.add("locale", "format", "must be a language tag such as en or de-AT");
    }
    locale
}
