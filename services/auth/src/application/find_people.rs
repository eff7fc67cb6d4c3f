//! Other services learn here how to reach a person, at the moment they need it and not before.

use crate::application::AuthError;
use crate::application::ports::Store;
use crate::domain::{Account, EmailAddress};
use hanse_kernel::UserId;

#[derive(Clone)]
pub struct FindPeople {
    pub store: Store,
}

impl FindPeople {
    /// At most so many at once: the longest page of a list.
    pub const MOST: usize = 100;

    /// Those of `ids` that there are, in no particular order.
    pub async fn by_ids(&self, ids: Vec<UserId>) -> Result<Vec<Account>, AuthError> {
        let found = self.store.db.read((self.store.accounts.clone(), ids), |tx, (accounts, ids)| {
            Box::pin(async move { accounts.by_ids(tx, ids).await })
        });
        Ok(found.await?)
    }

    pub async fn by_email(&self, email: &str) -> Result<Option<Account>, AuthError> {
        let Ok(email) = EmailAddress::parse(email) else { return Ok(None) };
        let found = self.store.db.read((self.store.accounts.clone(), email), |tx, (accounts, email)| {
            Box::pin(async move { accounts.by_email(tx, email).await })
        });
        Ok(found.await?)
    }
}
