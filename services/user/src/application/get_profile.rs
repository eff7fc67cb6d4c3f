//! Tells another service what a person is called and which language they speak.

use crate::application::UserError;
use crate::application::ports::Profiles;
use crate::application::show_me::{Me, ShowMe};
use crate::domain::Profile;
use hanse_database::{Db, DbError};
use hanse_kernel::{Ctx, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct GetProfile {
    pub db: Db,
    pub profiles: Arc<dyn Profiles>,
    pub show_me: ShowMe,
}

impl GetProfile {
    pub async fn run(&self, ctx: &Ctx, user: UserId) -> Result<Profile, UserError> {
        let found: Result<Option<Profile>, DbError> = self
            .db
            .read((self.profiles.clone(), user), |tx, (profiles, user)| {
                Box::pin(async move { profiles.find(tx, *user).await })
            })
            .await;
        match found? {
            None => Err(UserError::NoSuchPerson),
            Some(profile) if profile.contact_known => Ok(profile),
            Some(profile) => {
                let Me { profile, .. } = self.show_me.complete(ctx, profile).await;
                Ok(profile)
            }
        }
    }
}
