//! Somebody keeps their address book. Whose book it is comes from who asks and from nothing else: another person's
//! address is not there.

use crate::application::UserError;
use crate::application::ports::{AddressBooks, Erasures, Profiles};
use crate::domain::address::Parts;
use crate::domain::{AddressBook, PostalAddress, Profile, SavedAddress};
use hanse_database::{Db, Tx};
use hanse_kernel::{Actor, AddressId, Ctx, Effects, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct AddressUse {
    pub db: Db,
    pub effects: Effects,
    pub profiles: Arc<dyn Profiles>,
    pub books: Arc<dyn AddressBooks>,
    pub erasures: Arc<dyn Erasures>,
}

pub struct NewAddress {
    pub parts: Parts,
    pub is_default: bool,
}

/// Only what is `Some` changes; an inner `None` empties the part.
#[derive(Clone, Default)]
pub struct AddressChange {
    pub name: Option<String>,
    pub line1: Option<String>,
    pub line2: Option<Option<String>>,
    pub city: Option<String>,
    pub postal_code: Option<String>,
    pub region: Option<Option<String>>,
    pub country: Option<String>,
    pub phone: Option<Option<String>>,
    pub is_default: bool,
}

impl AddressChange {
    fn over(self, old: &Parts) -> Parts {
        let old = old.clone();
        Parts {
            name: self.name.unwrap_or(old.name),
            line1: self.line1.unwrap_or(old.line1),
            line2: self.line2.unwrap_or(old.line2),
            city: self.city.unwrap_or(old.city),
            postal_code: self.postal_code.unwrap_or(old.postal_code),
            region: self.region.unwrap_or(old.region),
            country: self.country.unwrap_or(old.country),
            phone: self.phone.unwrap_or(old.phone),
        }
    }
}

impl AddressUse {
    pub async fn list(&self, ctx: &Ctx) -> Result<Vec<SavedAddress>, UserError> {
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        let book = self.db.read((self.books.clone(), user), |tx, (books, user)| {
            Box::pin(async move { Ok::<_, UserError>(books.load(tx, *user).await?) })
        });
        Ok(book.await?.addresses().to_vec())
    }

    pub async fn add(&self, ctx: &Ctx, new: NewAddress) -> Result<SavedAddress, UserError> {
        let address = PostalAddress::read(&new.parts).map_err(UserError::Invalid)?;
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        let id: AddressId = self.effects.id();
        let input = (self.clone(), ctx.clone(), user, id, address, new.is_default);
        self.db
            .tx(input, |tx, (this, ctx, user, id, address, is_default)| {
                Box::pin(async move {
                    this.open(tx, ctx, *user).await?;
                    let mut book = this.books.load(tx, *user).await?;
                    book.add(*id, address.clone(), *is_default, this.effects.now())?;
                    this.keep(tx, &book, *id).await
                })
            })
            .await
    }

    pub async fn change(
        &self,
        ctx: &Ctx,
        id: AddressId,
        change: AddressChange,
    ) -> Result<SavedAddress, UserError> {
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        self.db
            .tx((self.clone(), user, id, change), |tx, (this, user, id, change)| {
                Box::pin(async move {
                    let mut book = this.books.load(tx, *user).await?;
                    let parts = change.clone().over(book.find(*id)?.address.reveal().parts());
                    let address = PostalAddress::read(&parts).map_err(UserError::Invalid)?;
                    book.change(*id, address, change.is_default)?;
                    this.keep(tx, &book, *id).await
                })
            })
            .await
    }

    pub async fn remove(&self, ctx: &Ctx, id: AddressId) -> Result<(), UserError> {
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        self.db
            .tx((self.books.clone(), user, id), |tx, (books, user, id)| {
                Box::pin(async move {
                    let mut book = books.load(tx, *user).await?;
                    book.remove(*id)?;
                    Ok::<_, UserError>(books.save(tx, &book).await?)
                })
            })
            .await
    }

    async fn keep(&self, tx: &mut Tx, book: &AddressBook, id: AddressId) -> Result<SavedAddress, UserError> {
        self.books.save(tx, book).await?;
        Ok(book.find(id)?.clone())
    }

    /// A first write does not wait for the message that opens profiles.
    async fn open(&self, tx: &mut Tx, ctx: &Ctx, user: UserId) -> Result<(), UserError> {
        // What they were let in with is good for some minutes more.
        if self.erasures.has(tx, user).await? {
            return Err(UserError::Nobody);
        }
        let staff = matches!(ctx.actor, Actor::Staff { .. });
        let profile = Profile::new(user, staff, ctx.locale.clone(), self.effects.now());
        Ok(self.profiles.add(tx, &profile).await?)
    }
}
