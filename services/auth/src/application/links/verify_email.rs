//! Somebody followed the link in a mail: the address is theirs.

use crate::application::AuthError;
use crate::application::links::{MailLinks, read};
use crate::domain::{Purpose, TokenDigest};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Secret};
use hanse_record::Entry;

#[derive(Clone)]
pub struct VerifyEmail {
    pub links: MailLinks,
}

impl VerifyEmail {
    pub async fn run(&self, ctx: &Ctx, token: Secret) -> Result<(), AuthError> {
        let token = read(&token)?;
        let input = (self.clone(), ctx.clone(), token);
        let taken =
            self.links.store.db.tx(input, |tx, (this, ctx, token)| Box::pin(this.take(tx, ctx, token)));
        if taken.await? { Ok(()) } else { Err(AuthError::LinkRefused) }
    }

    async fn take(&self, tx: &mut Tx, ctx: &Ctx, token: &TokenDigest) -> Result<bool, DbError> {
        let MailLinks { store, effects, .. } = &self.links;
        let Some(mut owner) = self.links.holder(tx, token, Purpose::VerifyEmail).await? else {
            return Ok(false);
        };
        owner.verify_email(effects.now());
        store.links.close(tx, owner.id, Purpose::VerifyEmail, effects.now()).await?;
        let saved = store.accounts.save(tx, &owner).await?;
        if saved {
            let entry =
                Entry::new("email.verified", "user", owner.id).by(owner.id, owner.standing.is_staff());
            store.record.note(tx, ctx, entry).await?;
        }
        Ok(saved)
    }
}
