//! Somebody is to be forgotten: their account goes, and with it everything that hangs on it.

use crate::application::ports::Store;
use hanse_database::{DbError, Tx};
use hanse_kernel::UserId;

#[derive(Clone)]
pub struct EraseAccount {
    pub store: Store,
}

impl EraseAccount {
    /// The address is free for another account as soon as the unit has been committed; gateways notice within 20 s that the
    /// sessions are no more. Without an account nothing happens. Whoever works here is not erased, whatever `user` knows of them:
    /// the shop could be left without an owner by a list of another's.
    pub async fn run(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        if self.store.accounts.works_here(tx, user).await? {
            tracing::error!(%user, "somebody who works here was to be erased as a customer: their account stays");
            return Ok(());
        }
        if self.store.accounts.remove(tx, user).await? {
            tracing::info!(%user, "an account has been erased");
        }
        Ok(())
    }
}
