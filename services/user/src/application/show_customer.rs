//! Shows staff one customer, addresses included.

use crate::application::UserError;
use crate::application::ports::{AddressBooks, ConsentBook, Profiles};
use crate::application::show_me::{Me, ShowMe};
use crate::domain::consent::Consents;
use crate::domain::{AddressBook, Profile, SavedAddress};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Ctx, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct ShowCustomer {
    pub db: Db,
    pub profiles: Arc<dyn Profiles>,
    pub books: Arc<dyn AddressBooks>,
    pub consents: Arc<dyn ConsentBook>,
    pub show_me: ShowMe,
}

pub struct Customer {
    pub person: Me,
    pub addresses: Vec<SavedAddress>,
    pub consents: Consents,
}

impl ShowCustomer {
    pub async fn run(&self, ctx: &Ctx, user: UserId) -> Result<Customer, UserError> {
        let found = self.db.read((self.clone(), user), |tx, (this, user)| Box::pin(this.find(tx, *user)));
        let (profile, book, consents) = found.await?.ok_or(UserError::NoSuchPerson)?;
        let person = self.show_me.complete(ctx, profile).await;
        Ok(Customer { person, addresses: book.addresses().to_vec(), consents })
    }

    /// Staff are no customers: their profiles are not looked into here.
    async fn find(
        &self,
        tx: &mut Tx,
        user: UserId,
    ) -> Result<Option<(Profile, AddressBook, Consents)>, DbError> {
        let profile = self.profiles.find(tx, user).await?.filter(|profile| !profile.staff);
        let Some(profile) = profile else { return Ok(None) };
        let book = self.books.load(tx, user).await?;
        Ok(Some((profile, book, self.consents.load(tx, user).await?)))
    }
}
