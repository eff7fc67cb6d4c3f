//! An account gets another address: asked for with the password, and done by whoever reads the mail of the new one.

use crate::application::links::{MailLinks, Wanted, read};
use crate::application::{AuthError, Beat, Faults, ProvePassword};
use crate::domain::{Account, EmailAddress, Purpose, TokenDigest};
use hanse_auth_contract::EmailChangeAsked;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Personal, Secret, UserId};
use hanse_record::Entry;

#[derive(Clone)]
pub struct AskEmailChange {
    pub links: MailLinks,
    pub prove: ProvePassword,
    pub beat: Beat,
}

/// Who asks, and for what.
struct Asked {
    user: UserId,
    /// As it was when the password was tried.
    proven: Account,
    email: EmailAddress,
    wanted: Wanted,
}

impl AskEmailChange {
    /// The same answer, rows and messages whether or not somebody else has the new address: then nobody is written to there.
    /// The present address is told in any case, but not more often than five times an hour.
    pub async fn run(&self, ctx: &Ctx, current: Secret, email: Personal<String>) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let mut faults = Faults::default();
        let read = faults.email(email.reveal());
        let email = faults.unless(read)?;
        let account = self.prove.once_more(ctx, user, &current).await?;
        if account.email.reveal().key() == email.key() {
            let mut faults = Faults::default();
            faults.add("email", "unchanged", "is the address that the account has");
            return Err(faults.refusal());
        }
        let asked = Asked { user, proven: account, email, wanted: self.links.want(Purpose::ChangeEmail) };
        let input = (self.clone(), ctx.clone(), asked);
        let done =
            self.links.store.db.tx(input, |tx, (this, ctx, asked)| Box::pin(this.take(tx, ctx, asked)));
        let done: Result<bool, DbError> = self.beat.keep(done).await;
        if done? { Ok(()) } else { Err(AuthError::WrongCredentials) }
    }

    /// False: the account was given another password since theirs was tried.
    async fn take(&self, tx: &mut Tx, ctx: &Ctx, asked: &Asked) -> Result<bool, DbError> {
        if !self.links.store.accounts.keeps_password(tx, &asked.proven).await? {
            return Ok(false);
        }
        let taken = self.links.store.accounts.by_email(tx, &asked.email).await?.is_some();
        let to = Personal::of(asked.user, asked.email.clone());
        if !self.links.make_to(tx, ctx, &asked.wanted, to, !taken).await? {
            return Ok(true);
        }
        let event = EmailChangeAsked { user_id: asked.user, link_id: asked.wanted.id };
        self.links.outbox.event(tx, ctx, &asked.wanted.id, 2, &event).await?;
        Ok(true)
    }
}

/// Somebody followed the link that went to the new address.
#[derive(Clone)]
pub struct ChangeEmail {
    pub links: MailLinks,
}

impl ChangeEmail {
    pub async fn run(&self, ctx: &Ctx, token: Secret) -> Result<(), AuthError> {
        let token = read(&token)?;
        let input = (self.clone(), ctx.clone(), token);
        let taken =
            self.links.store.db.tx(input, |tx, (this, ctx, token)| Box::pin(this.take(tx, ctx, token)));
        match taken.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(AuthError::LinkRefused),
            // Somebody opened an account with the address in the same moment.
            Err(error) if error.is_unique("accounts") => Err(AuthError::LinkRefused),
            Err(error) => Err(error.into()),
        }
    }

    /// Links that went to the former address open nothing any more.
    async fn take(&self, tx: &mut Tx, ctx: &Ctx, token: &TokenDigest) -> Result<bool, DbError> {
        let MailLinks { store, effects, .. } = &self.links;
        let Some(link) = store.links.by_token(tx, token).await? else { return Ok(false) };
        let (owner, now) = (link.opens(Purpose::ChangeEmail, effects.now()), effects.now());
        let (Some(owner), Some(email)) = (owner, link.email) else { return Ok(false) };
        let Some(mut account) = store.accounts.by_ids(tx, &[owner]).await?.pop() else { return Ok(false) };
        if store.accounts.by_email(tx, email.reveal()).await?.is_some() {
            return Ok(false);
        }
        account.take_email(email.into_revealed(), now);
        for purpose in Purpose::ALL {
            store.links.close(tx, owner, purpose, now).await?;
        }
        let saved = store.accounts.save(tx, &account).await?;
        if saved {
            let entry = Entry::new("email.changed", "user", owner).by(owner, account.standing.is_staff());
            store.record.note(tx, ctx, entry).await?;
        }
        Ok(saved)
    }
}
