//! Somebody who is logged in, and proves with the old password that it is them, takes a new one.

use crate::application::ports::{PasswordHasher, SessionEnds, Store};
use crate::application::{AuthError, Faults, OwnSession, Proofs, ProvePassword};
use crate::domain::{Account, PasswordHash};
use hanse_auth_contract::PasswordChanged;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Secret, SessionId};
use hanse_messaging::Outbox;
use hanse_record::Entry;
use std::sync::Arc;

#[derive(Clone)]
pub struct ChangePassword {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
    pub hasher: Arc<dyn PasswordHasher>,
    pub ends: Arc<dyn SessionEnds>,
    pub own_session: OwnSession,
    pub prove: ProvePassword,
}

/// The account as it was when the old password was checked, and what it becomes.
struct Change {
    account: Account,
    password: PasswordHash,
    keep: Option<SessionId>,
}

impl ChangePassword {
    /// The session it is done in goes on, all others of the person end.
    pub async fn run(
        &self,
        ctx: &Ctx,
        proofs: Proofs,
        current: Secret,
        new: Secret,
    ) -> Result<(), AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let account = self.prove.once_more(ctx, user, &current).await?;
        let mut faults = Faults::default();
        let chosen = faults.password(&new, Some(account.email.reveal()));
        let password = self.hasher.hash(&faults.unless(chosen)?).await?;
        let keep = self.own_session.of(user, proofs).await?;
        let input = (self.clone(), ctx.clone(), Change { account, password, keep });
        let ended = self.store.db.tx(input, |tx, (this, ctx, change)| Box::pin(this.take(tx, ctx, change)));
        let ended = ended.await?.ok_or(AuthError::WrongCredentials)?;
        self.ends.tell(&ended).await;
        Ok(())
    }

    /// None: the account was changed since the old password was checked, which therefore proves nothing any more.
    async fn take(&self, tx: &mut Tx, ctx: &Ctx, change: &Change) -> Result<Option<Vec<SessionId>>, DbError> {
        let (now, mut account) = (self.effects.now(), change.account.clone());
        account.password = Some(change.password.clone());
        let aggver = account.next_event();
        if !self.store.accounts.save(tx, &account).await? {
            return Ok(None);
        }
        let event = PasswordChanged { user_id: account.id, changed_at: now };
        self.outbox.event(tx, ctx, &account.id, aggver, &event).await?;
        self.store.give_up_begun(tx, account.id, now).await?;
        self.store.record.note(tx, ctx, Entry::new("password.changed", "user", account.id)).await?;
        self.store.sessions.end_all(tx, account.id, change.keep, now).await.map(Some)
    }
}
