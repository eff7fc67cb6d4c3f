//! Who works for the merchant.

use crate::application::AuthError;
use crate::application::ports::Store;
use crate::domain::Account;
use hanse_kernel::{Limit, Page, UserId};

#[derive(Clone)]
pub struct ListStaff {
    pub store: Store,
}

impl ListStaff {
    pub async fn run(&self, after: Option<UserId>, limit: Limit) -> Result<Page<Account>, AuthError> {
        let found = self
            .store
            .db
            .read((self.store.accounts.clone(), after, limit), |tx, (accounts, after, limit)| {
                Box::pin(async move { accounts.staff(tx, *after, *limit).await })
            });
        Ok(Page::cut(found.await?, limit, |account: &Account| account.id))
    }
}
