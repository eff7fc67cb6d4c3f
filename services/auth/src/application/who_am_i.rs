//! Tells somebody who they are logged in as.

use crate::application::AuthError;
use crate::application::ports::Store;
use crate::domain::Account;
use hanse_kernel::Ctx;

#[derive(Clone)]
pub struct WhoAmI {
    pub store: Store,
}

impl WhoAmI {
    pub async fn run(&self, ctx: &Ctx) -> Result<Account, AuthError> {
        let user = ctx.actor.user().ok_or(AuthError::UnknownAccount)?;
        let found = self
            .store
            .db
            .read((self.store.accounts.clone(), user), |tx, (accounts, user)| {
                Box::pin(async move { accounts.by_ids(tx, &[*user]).await })
            })
            .await?;
        // An access token outlives its account by minutes at most.
        found.into_iter().next().ok_or(AuthError::UnknownAccount)
    }
}
