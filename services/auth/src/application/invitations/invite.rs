//! An owner asks somebody to work here.

use crate::application::ports::Store;
use crate::application::roles::may_grant;
use crate::application::{AuthError, Faults};
use crate::domain::{AccountLink, Invitation, Purpose, Standing};
use hanse_auth_contract::{LinkAsked, LinkPurpose};
use hanse_database::Tx;
use hanse_kernel::{Actor, Ctx, Effects, Personal};
use hanse_messaging::Outbox;
use hanse_record::Entry;
use serde_json::json;

#[derive(Clone)]
pub struct Invite {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
}

/// Who is asked, and to be what.
pub struct Invited {
    pub email: Personal<String>,
    pub name: Personal<String>,
    pub role: String,
}

impl Invite {
    /// A link is mailed. What the address was invited by before is void.
    pub async fn run(&self, ctx: &Ctx, invited: Invited) -> Result<Invitation, AuthError> {
        let Actor::Staff { user, .. } = &ctx.actor else { return Err(AuthError::RoleBeyondOwn) };
        let role = self.store.role_named(&invited.role).await?;
        let mut faults = Faults::default();
        let email = faults.email(invited.email.reveal());
        let name = faults.name(invited.name.reveal());
        let role = faults.role(role);
        let ((email, name), role) = faults.unless(email.zip(name).zip(role))?;
        may_grant(&ctx.actor, &role.permissions())?;
        let now = self.effects.now();
        let invitation = Invitation {
            id: self.effects.id(),
            email: Personal::guest(email),
            name: Personal::guest(name),
            locale: ctx.locale.clone(),
            role,
            invited_by: *user,
            created_at: now,
            expires_at: now.plus(Purpose::Invitation.lifetime()),
        };
        let input = (self.clone(), ctx.clone(), invitation.clone());
        let made = self.store.db.tx(input, |tx, (this, ctx, new)| Box::pin(this.store(tx, ctx, new)));
        made.await.map(|()| invitation)
    }

    async fn store(&self, tx: &mut Tx, ctx: &Ctx, new: &Invitation) -> Result<(), AuthError> {
        let Store { accounts, links, invitations, .. } = &self.store;
        let (email, now) = (new.email.reveal(), new.created_at);
        let staff = accounts.by_email(tx, email).await?.is_some_and(|account| account.standing.is_staff());
        if staff {
            return Err(AuthError::AddressTaken);
        }
        if !self.store.still_has(tx, &Standing::Staff(new.role.clone())).await? {
            return Err(AuthError::UnknownRole);
        }
        let lately = invitations.given_since(tx, email, now.minus(AccountLink::PER)).await?;
        if lately >= AccountLink::MOST {
            return Err(AuthError::InvitedOften);
        }
        invitations.replace(tx, email, now).await?;
        if invitations.open(tx, now).await?.len() as i64 >= Invitation::MOST {
            return Err(AuthError::TooManyInvitations);
        }
        links.add(tx, &new.link()).await?;
        invitations.add(tx, new).await?;
        let asked = LinkAsked { link_id: new.id, user_id: new.stranger(), purpose: LinkPurpose::Invitation };
        self.outbox.event(tx, ctx, &new.id, 1, &asked).await?;
        let entry =
            Entry::new("staff.invited", "invitation", new.id).became(json!({"role": new.role.name()}));
        Ok(self.store.record.note(tx, ctx, entry).await?)
    }
}
