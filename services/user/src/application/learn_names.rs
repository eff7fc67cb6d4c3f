//! Asks auth what people are called whose profiles are new: staff find customers by name, and a message handler may not
//! ask.

use crate::application::UserError;
use crate::application::ports::{Away, Contact, People, Profiles};
use crate::domain::{PersonName, Profile};
use hanse_database::{Db, DbError};
use hanse_kernel::{Ctx, Locale, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// People per question and unit.
const BATCH: i64 = 100;

#[derive(Clone)]
pub struct LearnNames {
    pub db: Db,
    pub profiles: Arc<dyn Profiles>,
    pub people: Arc<dyn People>,
}

impl LearnNames {
    /// How many profiles have been looked after.
    pub async fn run(&self, ctx: &Ctx) -> Result<usize, UserError> {
        let mut done = 0;
        loop {
            let found: Result<Vec<Profile>, DbError> = self
                .db
                .read(self.profiles.clone(), |tx, profiles| {
                    Box::pin(async move { profiles.unknown(tx, BATCH).await })
                })
                .await;
            let unknown = found?;
            if unknown.is_empty() {
                return Ok(done);
            }
            done += unknown.len();
            self.learn(ctx, unknown).await?;
        }
    }

    async fn learn(&self, ctx: &Ctx, unknown: Vec<Profile>) -> Result<(), UserError> {
        let users: Vec<UserId> = unknown.iter().map(|profile| profile.user).collect();
        let away = |Away(why)| UserError::AuthAway(why);
        let contacts = self.people.contacts(ctx, &users).await.map_err(away)?;
        let contacts: BTreeMap<UserId, Contact> = contacts.into_iter().map(|c| (c.user, c)).collect();
        self.db
            .tx((self.profiles.clone(), users, contacts), |tx, (profiles, users, contacts)| {
                Box::pin(async move {
                    for user in users {
                        let Some(mut profile) = profiles.find(tx, *user).await? else { continue };
                        let known = contacts.get(user);
                        profile.learn(
                            known.and_then(|c| Some((PersonName::known(&c.name)?, Locale::new(&c.locale)))),
                        );
                        // Whoever saved it in between has said more than auth knows; the next round sees it.
                        profiles.save(tx, &profile).await?;
                    }
                    Ok::<_, UserError>(())
                })
            })
            .await
    }
}
