//! Somebody asks for a link by mail: to a new password, or to prove their address.

use crate::application::links::MailLinks;
use crate::application::{AuthError, Beat, Faults};
use crate::domain::Purpose;
use hanse_database::DbError;
use hanse_kernel::{Ctx, Personal};

/// For whoever forgot the password.
#[derive(Clone)]
pub struct AskReset {
    pub links: MailLinks,
    pub beat: Beat,
}

impl AskReset {
    /// The same work and the same answer, whether or not the address has an account.
    pub async fn run(&self, ctx: &Ctx, email: Personal<String>) -> Result<(), AuthError> {
        let mut faults = Faults::default();
        let email = faults.email(email.reveal());
        let email = faults.unless(email)?;
        let wanted = self.links.want(Purpose::ResetPassword);
        let input = (self.links.clone(), ctx.clone(), email, wanted);
        let asked = self.links.store.db.tx(input, |tx, (links, ctx, email, wanted)| {
            Box::pin(async move {
                let owner = links.store.accounts.by_email(tx, email).await?;
                links.make(tx, ctx, wanted, owner.map(|owner| owner.id)).await
            })
        });
        let asked: Result<(), DbError> = self.beat.keep(asked).await;
        Ok(asked?)
    }
}

/// For whoever is logged in and did not get, or lost, the mail of the registration.
#[derive(Clone)]
pub struct AskVerification {
    pub links: MailLinks,
}

impl AskVerification {
    /// Does nothing when the address is known to be theirs.
    pub async fn run(&self, ctx: &Ctx) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let wanted = self.links.want(Purpose::VerifyEmail);
        let input = (self.links.clone(), ctx.clone(), user, wanted);
        let known = self.links.store.db.tx(input, |tx, (links, ctx, user, wanted)| {
            Box::pin(async move {
                let Some(account) = links.store.accounts.by_ids(tx, &[*user]).await?.pop() else {
                    return Ok(false);
                };
                if account.email_verified_at.is_none() {
                    links.make(tx, ctx, wanted, Some(account.id)).await?;
                }
                Ok(true)
            })
        });
        let known: Result<bool, DbError> = known.await;
        if known? { Ok(()) } else { Err(AuthError::UnknownAccount) }
    }
}
