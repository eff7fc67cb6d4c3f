//! Somebody who reads an account's mail gives it a new password.

use crate::application::links::{MailLinks, read};
use crate::application::ports::{PasswordHasher, SessionEnds};
use crate::application::{AuthError, Faults};
use crate::domain::{Account, PasswordHash, Purpose, Token, TokenDigest, TokenKind};
use hanse_auth_contract::PasswordChanged;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Secret, SessionId};
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;

#[derive(Clone)]
pub struct ResetPassword {
    pub links: MailLinks,
    pub hasher: Arc<dyn PasswordHasher>,
    pub ends: Arc<dyn SessionEnds>,
}

/// What the unit works on, drawn before it, which may run more than once.
struct Taking {
    token: TokenDigest,
    hash: PasswordHash,
    device: TokenDigest,
}

impl ResetPassword {
    /// Every session of the person ends: whoever made them log in anew may be the one who had the old password. What the device that
    /// it is done on is known by from now on: who guesses meanwhile must not keep the owner out of the login that follows.
    pub async fn run(&self, ctx: &Ctx, token: Secret, password: Secret) -> Result<Token, AuthError> {
        let token = read(&token)?;
        // Looked at first: nobody without a link makes the shop hash anything.
        let owner = self.peek(token).await?.ok_or(AuthError::LinkRefused)?;
        let mut faults = Faults::default();
        let chosen = faults.password(&password, Some(owner.email.reveal()));
        let hash = self.hasher.hash(&faults.unless(chosen)?).await?;
        // Always a new one: of the one that was brought somebody else may have a copy.
        let device = Token::random(TokenKind::Device, &*self.links.effects.rng);
        let taking = Taking { token, hash, device: device.digest() };
        let input = (self.clone(), ctx.clone(), taking);
        let ended =
            self.links.store.db.tx(input, |tx, (this, ctx, taking)| Box::pin(this.take(tx, ctx, taking)));
        let ended = ended.await?.ok_or(AuthError::LinkRefused)?;
        self.ends.tell(&ended).await;
        Ok(device)
    }

    async fn peek(&self, token: TokenDigest) -> Result<Option<Account>, DbError> {
        let input = (self.links.clone(), token);
        let read = self
            .links
            .store
            .db
            .read(input, |tx, (links, token)| Box::pin(links.holder(tx, token, Purpose::ResetPassword)));
        read.await
    }

    async fn take(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        Taking { token, hash, device }: &Taking,
    ) -> Result<Option<Vec<SessionId>>, DbError> {
        let MailLinks { store, outbox, effects } = &self.links;
        let Some(mut owner) = self.links.holder(tx, token, Purpose::ResetPassword).await? else {
            return Ok(None);
        };
        let now = effects.now();
        owner.password = Some(hash.clone());
        let mut factors_removed = false;
        if owner.email_verified_at.is_none() && !owner.standing.is_staff() {
            // Whoever opened the account did not read its mail; neither who they are at a provider nor a factor of theirs lets them in
            // any longer, or keeps out whose address it is. (Nobody opens an account to work here for somebody else: a factor of staff
            // is theirs, and stays.)
            store.identities.remove_all(tx, owner.id).await?;
            factors_removed = store.remove_factors(tx, owner.id).await?;
        }
        owner.verify_email(now);
        let aggver = owner.next_event();
        if !store.accounts.save(tx, &owner).await? {
            return Ok(None);
        }
        store.links.close(tx, owner.id, Purpose::ResetPassword, now).await?;
        // So may a device of theirs be the one that had the old password.
        store.devices.forget_all(tx, owner.id).await?;
        store.devices.meet(tx, owner.id, device, now).await?;
        // A second factor of theirs stays: who reads the mail does not thereby hold it.
        store.give_up_begun(tx, owner.id, now).await?;
        let event = PasswordChanged { user_id: owner.id, changed_at: now };
        outbox.event(tx, ctx, &owner.id, aggver, &event).await?;
        let entry = Entry::new("password.reset", "user", owner.id).by(owner.id, owner.standing.is_staff());
        let entry = entry.became(json!({"factors_removed": factors_removed}));
        store.record.note(tx, ctx, entry).await?;
        store.sessions.end_all(tx, owner.id, None, now).await.map(Some)
    }
}
