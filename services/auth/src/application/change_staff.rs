//! Somebody who works here gets another role, or works here no longer.

use crate::application::ports::{SessionEnds, Store};
use crate::application::roles::may_grant;
use crate::application::{AuthError, Faults};
use crate::domain::{Account, BuiltIn, Role, Standing};
use hanse_database::Tx;
use hanse_kernel::{Ctx, Effects, SessionId, UserId};
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;

#[derive(Clone)]
pub struct ChangeStaff {
    pub store: Store,
    pub effects: Effects,
    pub ends: Arc<dyn SessionEnds>,
}

impl ChangeStaff {
    /// What they may do changes with their next access token.
    pub async fn role(&self, ctx: &Ctx, user: UserId, role: &str) -> Result<Account, AuthError> {
        let mut faults = Faults::default();
        let role = faults.role(self.store.role_named(role).await?);
        let role = faults.unless(role)?;
        may_grant(&ctx.actor, &role.permissions())?;
        self.change(ctx, user, Standing::Staff(role)).await
    }

    /// They are a shopper from now on: what they were logged in to ends, and the keys that they made open nothing any more.
    pub async fn dismiss(&self, ctx: &Ctx, user: UserId) -> Result<(), AuthError> {
        self.change(ctx, user, Standing::Customer).await.map(|_| ())
    }

    async fn change(&self, ctx: &Ctx, user: UserId, standing: Standing) -> Result<Account, AuthError> {
        let input = (self.clone(), ctx.clone(), user, standing);
        let changed = self
            .store
            .db
            .tx(input, |tx, (this, ctx, user, standing)| Box::pin(this.store(tx, ctx, *user, standing)));
        let (account, ended) = changed.await?;
        self.ends.tell(&ended).await;
        Ok(account)
    }

    async fn store(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        user: UserId,
        standing: &Standing,
    ) -> Result<(Account, Vec<SessionId>), AuthError> {
        let Store { accounts, sessions, api_keys, .. } = &self.store;
        let mut account = accounts.by_ids(tx, &[user]).await?.pop().ok_or(AuthError::UnknownStaff)?;
        let before = account.standing.role().cloned().ok_or(AuthError::UnknownStaff)?;
        // Nobody changes somebody who stands above them.
        may_grant(&ctx.actor, &before.permissions())?;
        if !self.store.still_has(tx, standing).await? {
            return Err(AuthError::UnknownRole);
        }
        if is_owner(Some(&before)) && !is_owner(standing.role()) && !accounts.other_owner(tx, user).await? {
            return Err(AuthError::LastOwner);
        }
        account.standing = standing.clone();
        if !accounts.save(tx, &account).await? {
            // It was read in this unit.
            return Err(AuthError::UnknownStaff);
        }
        let mut ended = vec![];
        if !standing.is_staff() {
            ended = sessions.end_all(tx, user, None, self.effects.now()).await?;
            api_keys.remove_all(tx, user).await?;
        }
        let action = if standing.is_staff() { "staff.role_changed" } else { "staff.dismissed" };
        let entry = Entry::new(action, "user", user)
            .changed(json!({"role": before.name()}), json!({"role": standing.role().map(Role::name)}));
        self.store.record.note(tx, ctx, entry).await?;
        Ok((account, ended))
    }
}

fn is_owner(role: Option<&Role>) -> bool {
    role.and_then(Role::built_in) == Some(BuiltIn::Owner)
}
