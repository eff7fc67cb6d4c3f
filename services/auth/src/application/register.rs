//! A shopper opens an account. Whether the address had one already shows in nothing that comes back; its owner is told by mail.

use crate::application::links::Wanted;
use crate::application::ports::{PasswordHasher, Store};
use crate::application::{AuthError, Beat, Faults, MailLinks};
use crate::domain::account::Opening;
use crate::domain::{Account, EmailAddress, Password, PersonName, Purpose, Standing, TryKey};
use hanse_auth_contract::{RegistrationRepeated, UserRegistered};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Personal, Secret, UserId};
use hanse_messaging::Outbox;
use std::sync::Arc;

#[derive(Clone)]
pub struct Register {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
    pub hasher: Arc<dyn PasswordHasher>,
    pub links: MailLinks,
    pub beat: Beat,
}

pub struct NewCustomer {
    pub email: Personal<String>,
    pub password: Secret,
    pub name: Personal<String>,
}

impl NewCustomer {
    fn check(&self) -> Result<(EmailAddress, Password, PersonName), AuthError> {
        let mut faults = Faults::default();
        let email = faults.email(self.email.reveal());
        let password = faults.password(&self.password, email.as_ref());
        let name = faults.name(self.name.reveal());
        faults.unless(email.zip(password).zip(name).map(|((email, password), name)| (email, password, name)))
    }
}

impl Register {
    /// The id is fresh either way: where the address was taken it belongs to nobody, and nobody can tell.
    pub async fn run(&self, ctx: &Ctx, new: NewCustomer) -> Result<UserId, AuthError> {
        let fit = new.check()?;
        self.beat.keep(self.open(ctx, fit)).await
    }

    async fn open(
        &self,
        ctx: &Ctx,
        (email, password, name): (EmailAddress, Password, PersonName),
    ) -> Result<UserId, AuthError> {
        let password = Some(self.hasher.hash(&password).await?);
        let opening =
            Opening { email, name, locale: ctx.locale.clone(), password, standing: Standing::Customer };
        let account = Account::open(self.effects.id(), opening, self.effects.now());
        let id = account.id;
        let wanted = self.links.want(Purpose::VerifyEmail);
        self.store
            .db
            .tx((self.clone(), ctx.clone(), account, wanted), |tx, (this, ctx, account, wanted)| {
                Box::pin(this.store(tx, ctx, account, wanted))
            })
            .await?;
        Ok(id)
    }

    /// The same number of rows and messages either way, so that the time it takes tells nothing.
    async fn store(&self, tx: &mut Tx, ctx: &Ctx, account: &Account, wanted: &Wanted) -> Result<(), DbError> {
        let email = account.email.reveal();
        // Counted by address, whether or not it has an account: a mailbox is not to be filled by others.
        let tried = TryKey::of_registrations(email);
        let often = self.store.tries.take(tx, &tried, self.effects.now()).await?.is_some();
        let added = self.store.accounts.add(tx, account).await?;
        if added {
            self.announce(tx, ctx, account).await?;
        } else {
            self.tell_the_owner(tx, ctx, email, often.then_some(account.id)).await?;
        }
        self.links.make(tx, ctx, wanted, added.then_some(account.id)).await
    }

    async fn announce(&self, tx: &mut Tx, ctx: &Ctx, account: &Account) -> Result<(), DbError> {
        let event = UserRegistered { user_id: account.id, staff: false };
        self.outbox.event(tx, ctx, &account.id, account.events, &event).await
    }

    /// Where the owner has been told often enough a stranger is, `instead`: the same is done, and the message leads to nobody.
    async fn tell_the_owner(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        email: &EmailAddress,
        instead: Option<UserId>,
    ) -> Result<(), DbError> {
        let Some(mut owner) = self.store.accounts.by_email(tx, email).await? else { return Ok(()) };
        let (user_id, aggver) = match instead {
            Some(stranger) => (stranger, 1),
            None => (owner.id, owner.next_event()),
        };
        if self.store.accounts.save(tx, &owner).await? {
            self.outbox.event(tx, ctx, &user_id, aggver, &RegistrationRepeated { user_id }).await?;
        }
        Ok(())
    }
}
