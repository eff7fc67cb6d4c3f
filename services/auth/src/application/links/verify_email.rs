//! Somebody followed the link in a mail: the address is theirs.

use crate::application::AuthError;
use crate::application::links::{MailLinks, read};
use crate::domain::{Purpose, TokenDigest};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Secret};

#[derive(Clone)]
pub struct VerifyEmail {
    pub links: MailLinks,
}

impl VerifyEmail {
    pub async fn run(&self, _: &Ctx, token: Secret) -> Result<(), AuthError> {
        let token = read(&token)?;
        let taken =
            self.links.store.db.tx((self.clone(), token), |tx, (this, token)| Box::pin(this.take(tx, token)));
        if taken.await? { Ok(()) } else { Err(AuthError::LinkRefused) }
    }

    async fn take(&self, tx: &mut Tx, token: &TokenDigest) -> Result<bool, DbError> {
        let MailLinks { store, effects, .. } = &self.links;
        let Some(mut owner) = self.links.holder(tx, token, Purpose::VerifyEmail).await? else {
            return Ok(false);
        };
        owner.verify_email(effects.now());
        store.links.close(tx, owner.id, Purpose::VerifyEmail, effects.now()).await?;
        store.accounts.save(tx, &owner).await
    }
}
