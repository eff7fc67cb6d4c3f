//! Somebody is let in to work for the merchant: by an owner, or by the operator's command line.

use crate::application::ports::{PasswordHasher, Store};
use crate::application::{AuthError, Faults};
use crate::domain::account::Opening;
use crate::domain::{Account, EmailAddress, Password, PersonName, Role, Standing};
use hanse_auth_contract::UserRegistered;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Actor, Ctx, Effects, Personal, Secret};
use hanse_messaging::Outbox;
use std::sync::Arc;

#[derive(Clone)]
pub struct CreateStaff {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
    pub hasher: Arc<dyn PasswordHasher>,
}

pub struct NewStaff {
    pub email: Personal<String>,
    /// One is made up when there is none.
    pub password: Option<Secret>,
    pub name: Option<Personal<String>>,
    pub role: String,
    /// Do nothing when the shop has staff already.
    pub only_first: bool,
}

pub enum StaffCreated {
    /// `generated` is told this once and stored nowhere.
    Yes {
        account: Box<Account>,
        generated: Option<Secret>,
    },
    ThereIsStaff,
}

enum Outcome {
    Created,
    Taken,
    ThereIsStaff,
}

impl CreateStaff {
    pub async fn run(&self, ctx: &Ctx, new: NewStaff) -> Result<StaffCreated, AuthError> {
        let (email, name, role) = self.check(&new)?;
        may_grant(&ctx.actor, role)?;
        let mut faults = Faults::default();
        let chosen = match &new.password {
            Some(text) => faults.password(text, Some(&email)),
            None => Some(Password::generate(&*self.effects.rng)),
        };
        let chosen = faults.unless(chosen)?;
        let password = self.hasher.hash(&chosen).await?;
        let opening =
            Opening { email, name, locale: ctx.locale.clone(), password, standing: Standing::Staff(role) };
        let account = Account::open(self.effects.id(), opening, self.effects.now());
        let input = (self.clone(), ctx.clone(), account.clone(), new.only_first);
        let outcome = self
            .store
            .db
            .tx(input, |tx, (this, ctx, account, only_first)| {
                Box::pin(this.store(tx, ctx, account, *only_first))
            })
            .await?;
        match outcome {
            Outcome::Created => {
                let generated = new.password.is_none().then(|| chosen.secret().clone());
                Ok(StaffCreated::Yes { account: Box::new(account), generated })
            }
            Outcome::Taken => Err(AuthError::AddressTaken),
            Outcome::ThereIsStaff => Ok(StaffCreated::ThereIsStaff),
        }
    }

    fn check(&self, new: &NewStaff) -> Result<(EmailAddress, PersonName, Role), AuthError> {
        let mut faults = Faults::default();
        let email = faults.email(new.email.reveal());
        let role = new.role.parse::<Role>().map_err(|e| faults.add("role", "enum", e)).ok();
        // Nobody is called by an empty name; until they say how, the role will do.
        let name = match &new.name {
            Some(name) => faults.name(name.reveal()),
            None => role.and_then(|role| PersonName::parse(role.as_str()).ok()),
        };
        faults.unless(email.zip(name).zip(role).map(|((email, name), role)| (email, name, role)))
    }

    async fn store(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        account: &Account,
        only_first: bool,
    ) -> Result<Outcome, DbError> {
        if only_first && self.store.accounts.has_staff(tx).await? {
            return Ok(Outcome::ThereIsStaff);
        }
        if !self.store.accounts.add(tx, account).await? {
            return Ok(Outcome::Taken);
        }
        let event = UserRegistered { user_id: account.id, staff: true };
        self.outbox.event(tx, ctx, &account.id, account.events, &event).await?;
        Ok(Outcome::Created)
    }
}

/// Who may hire may not thereby rise: nobody grants what they do not hold. The operator's command line stands above.
fn may_grant(actor: &Actor, role: Role) -> Result<(), AuthError> {
    let allowed = match actor {
        Actor::Staff { permissions, .. } => role.permissions().is_subset(permissions),
        Actor::Service { .. } => true,
        Actor::Anonymous | Actor::Customer { .. } | Actor::OrderHolder { .. } => false,
    };
    if allowed { Ok(()) } else { Err(AuthError::RoleBeyondOwn) }
}
