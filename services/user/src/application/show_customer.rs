//! Shows staff one customer, addresses included.

use crate::application::UserError;
use crate::application::ports::{AddressBooks, Profiles};
use crate::application::show_me::{Me, ShowMe};
use crate::domain::{AddressBook, SavedAddress};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Ctx, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct ShowCustomer {
    pub db: Db,
    pub profiles: Arc<dyn Profiles>,
    pub books: Arc<dyn AddressBooks>,
    pub show_me: ShowMe,
}

pub struct Customer {
    pub person: Me,
    pub addresses: Vec<SavedAddress>,
}

impl ShowCustomer {
    pub async fn run(&self, ctx: &Ctx, user: UserId) -> Result<Customer, UserError> {
        let found = self.db.read((self.clone(), user), |tx, (this, user)| Box::pin(this.find(tx, *user)));
        let (profile, book) = found.await?.ok_or(UserError::NoSuchPerson)?;
        let person = self.show_me.complete(ctx, profile).await;
        Ok(Customer { person, addresses: book.addresses().to_vec() })
    }

    /// Staff are no customers: their profiles are not looked into here.
    async fn find(
        &self,
        tx: &mut Tx,
        user: UserId,
    ) -> Result<Option<(crate::domain::Profile, AddressBook)>, DbError> {
        let profile = self.profiles.find(tx, user).await?.filter(|profile| !profile.staff);
        let Some(profile) = profile else { return Ok(None) };
        Ok(Some((profile, self.books.load(tx, user).await?)))
    }
}
