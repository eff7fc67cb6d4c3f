//! Whoever reads the mail of an invitation begins to work here.

use crate::application::links::read;
use crate::application::ports::{PasswordHasher, SessionEnds, Store};
use crate::application::{AuthError, Faults, ProvePassword};
use crate::domain::account::Opening;
use crate::domain::{Account, Invitation, Purpose, Standing, TokenDigest};
use hanse_auth_contract::UserRegistered;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Permission, Secret, SessionId, UserId};
use hanse_messaging::Outbox;
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;

#[derive(Clone)]
pub struct Accept {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
    pub hasher: Arc<dyn PasswordHasher>,
    pub prove: ProvePassword,
    pub ends: Arc<dyn SessionEnds>,
}

/// What an invitation tells whoever has followed its link.
pub struct Shown {
    pub invitation: Invitation,
    /// The address is a shopper's, who goes on with the password that they have.
    pub has_account: bool,
}

/// How somebody goes on: with the account that they have, or with a new one.
enum Entrance {
    Known(UserId),
    New(Box<Account>),
}

impl Accept {
    pub async fn show(&self, token: Secret) -> Result<Shown, AuthError> {
        let (invitation, account) = self.look(read(&token)?).await?.ok_or(AuthError::LinkRefused)?;
        Ok(Shown { invitation, has_account: account.is_some() })
    }

    /// `password` is the new account's; of an address that has an account, that account's.
    pub async fn run(&self, ctx: &Ctx, token: Secret, password: Secret) -> Result<(), AuthError> {
        let token = read(&token)?;
        // Looked at first: nobody without a link makes the shop hash anything.
        let (invitation, account) = self.look(token).await?.ok_or(AuthError::LinkRefused)?;
        let entrance = match account {
            Some(account) => Entrance::Known(self.prove.once_more(ctx, account.id, &password).await?.id),
            None => Entrance::New(Box::new(self.opened(&invitation, &password).await?)),
        };
        let input = (self.clone(), ctx.clone(), token, entrance);
        let begun = self
            .store
            .db
            .tx(input, |tx, (this, ctx, token, entrance)| Box::pin(this.begin(tx, ctx, token, entrance)));
        let ended = begun.await?;
        self.ends.tell(&ended).await;
        Ok(())
    }

    async fn opened(&self, invitation: &Invitation, password: &Secret) -> Result<Account, AuthError> {
        let mut faults = Faults::default();
        let email = invitation.email.reveal();
        let chosen = faults.password(password, Some(email));
        let opening = Opening {
            email: email.clone(),
            name: invitation.name.reveal().clone(),
            locale: invitation.locale.clone(),
            password: Some(self.hasher.hash(&faults.unless(chosen)?).await?),
            standing: Standing::Customer,
        };
        Ok(Account::open(self.effects.id(), opening, self.effects.now()))
    }

    /// The sessions that ended: those of a shopper were begun for longer, and left open where nobody minded.
    async fn begin(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: &TokenDigest,
        entrance: &Entrance,
    ) -> Result<Vec<SessionId>, AuthError> {
        let Store { accounts, invitations, .. } = &self.store;
        let (invitation, found) = self.holder(tx, token).await?.ok_or(AuthError::LinkRefused)?;
        let now = self.effects.now();
        let staff = |mut account: Account| {
            account.standing = Standing::Staff(invitation.role.clone());
            account.verify_email(now);
            account
        };
        let begins = match entrance {
            Entrance::Known(user) => *user,
            Entrance::New(account) => account.id,
        };
        let kept = match (entrance, found) {
            // As it is now: what was proven is whose it is.
            (Entrance::Known(proven), Some(account)) if *proven == account.id => {
                accounts.save(tx, &staff(account)).await?
            }
            (Entrance::New(account), None) => {
                let account = staff((**account).clone());
                let event = UserRegistered { user_id: account.id, staff: true };
                self.outbox.event(tx, ctx, &account.id, account.events, &event).await?;
                accounts.add(tx, &account).await?
            }
            // The address was given to an account, or to another, meanwhile.
            _ => false,
        };
        if !kept || !invitations.close(tx, invitation.id, now).await? {
            return Err(AuthError::LinkRefused);
        }
        let entry = Entry::new("staff.hired", "user", begins).by(begins, true).became(json!({
            "role": invitation.role.name(), "invitation": invitation.id, "invited_by": invitation.invited_by,
        }));
        self.store.record.note(tx, ctx, entry).await?;
        self.store.give_up_begun(tx, begins, now).await?;
        Ok(self.store.sessions.end_all(tx, begins, None, now).await?)
    }

    async fn look(&self, token: TokenDigest) -> Result<Option<(Invitation, Option<Account>)>, DbError> {
        let input = (self.clone(), token);
        self.store.db.read(input, |tx, (this, token)| Box::pin(this.holder(tx, token))).await
    }

    /// The open invitation that the token is of, and the shopper's account that its address has. None, too, when whoever invited
    /// may not any more, or the address is of somebody who works here already.
    async fn holder(
        &self,
        tx: &mut Tx,
        token: &TokenDigest,
    ) -> Result<Option<(Invitation, Option<Account>)>, DbError> {
        let Store { links, invitations, accounts, .. } = &self.store;
        let link = links.by_token(tx, token).await?;
        let Some(link) = link.filter(|link| link.is_good(Purpose::Invitation, self.effects.now())) else {
            return Ok(None);
        };
        let Some(invitation) = invitations.by_link(tx, link.id).await? else { return Ok(None) };
        let inviter = accounts.by_ids(tx, &[invitation.invited_by]).await?.pop();
        let may = inviter.map(|inviter| inviter.standing.permissions()).unwrap_or_default();
        if !may.contains(&Permission::StaffWrite) || !invitation.role.permissions().is_subset(&may) {
            return Ok(None);
        }
        let account = accounts.by_email(tx, invitation.email.reveal()).await?;
        if account.as_ref().is_some_and(|account| account.standing.is_staff()) {
            return Ok(None);
        }
        Ok(Some((invitation, account)))
    }
}
