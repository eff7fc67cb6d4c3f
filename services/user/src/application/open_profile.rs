//! Somebody has registered: they get a profile.

use crate::application::ports::{Erasures, Profiles};
use crate::domain::Profile;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Locale, Timestamp, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct OpenProfile {
    pub profiles: Arc<dyn Profiles>,
    pub erasures: Arc<dyn Erasures>,
}

impl OpenProfile {
    /// The person may have been quicker than the message and have a profile already: then it only learns who it is of.
    pub async fn run(&self, tx: &mut Tx, user: UserId, staff: bool, at: Timestamp) -> Result<(), DbError> {
        match self.profiles.find(tx, user).await? {
            // The message was overtaken by the erasure.
            None if self.erasures.has(tx, user).await? => Ok(()),
            None => self.profiles.add(tx, &Profile::new(user, staff, Locale::default(), at)).await,
            Some(profile) if profile.staff != staff => {
                self.profiles.save(tx, &Profile { staff, ..profile }).await.map(|_| ())
            }
            Some(_) => Ok(()),
        }
    }
}
