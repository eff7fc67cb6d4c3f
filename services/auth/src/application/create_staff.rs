//! Somebody is let in to work for the merchant: by an owner, or by the operator's command line.

use crate::application::ports::{PasswordHasher, Store};
use crate::application::roles::may_grant;
use crate::application::{AuthError, Faults};
use crate::domain::account::Opening;
use crate::domain::{Account, EmailAddress, Password, PersonName, Role, Standing};
use hanse_auth_contract::UserRegistered;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Personal, Secret};
use hanse_messaging::Outbox;
use hanse_record::Entry;
use serde_json::json;
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
    RoleGone,
}

impl CreateStaff {
    pub async fn run(&self, ctx: &Ctx, new: NewStaff) -> Result<StaffCreated, AuthError> {
        let role = self.store.role_named(&new.role).await?;
        let (email, name, role) = self.check(&new, role)?;
        may_grant(&ctx.actor, &role.permissions())?;
        let mut faults = Faults::default();
        let chosen = match &new.password {
            Some(text) => faults.password(text, Some(&email)),
            None => Some(Password::generate(&*self.effects.rng)),
        };
        let chosen = faults.unless(chosen)?;
        let password = Some(self.hasher.hash(&chosen).await?);
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
            Outcome::RoleGone => Err(AuthError::UnknownRole),
        }
    }

    fn check(
        &self,
        new: &NewStaff,
        role: Option<Role>,
    ) -> Result<(EmailAddress, PersonName, Role), AuthError> {
        let mut faults = Faults::default();
        let email = faults.email(new.email.reveal());
        let role = faults.role(role);
        // Nobody is called by an empty name; until they say how, the role will do.
        let name = match &new.name {
            Some(name) => faults.name(name.reveal()),
            None => role.as_ref().and_then(|role| PersonName::parse(role.name()).ok()),
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
        if !self.store.still_has(tx, &account.standing).await? {
            return Ok(Outcome::RoleGone);
        }
        if !self.store.accounts.add(tx, account).await? {
            return Ok(Outcome::Taken);
        }
        let event = UserRegistered { user_id: account.id, staff: true };
        self.outbox.event(tx, ctx, &account.id, account.events, &event).await?;
        let role = account.standing.role().map(Role::name);
        let entry = Entry::new("staff.hired", "user", account.id).became(json!({"role": role}));
        self.store.record.note(tx, ctx, entry).await?;
        Ok(Outcome::Created)
    }
}
