//! Somebody is to be forgotten: their account goes, and with it everything that hangs on it.

use crate::application::ports::Store;
use futures::channel::mpsc::UnboundedSender;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Effects, SessionId, UserId};

#[derive(Clone)]
pub struct EraseAccount {
    pub store: Store,
    pub effects: Effects,
    /// Takes sessions that the gateways are to be told are over.
    pub ended: UnboundedSender<Vec<SessionId>>,
}

impl EraseAccount {
    /// The address is free for another account as soon as the unit has been committed; gateways are told then that the
    /// sessions are no more. Without an account nothing happens. Whoever works here is not erased, whatever `user` knows of them:
    /// the shop could be left without an owner by a list of another's.
    pub async fn run(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError> {
        if self.store.accounts.works_here(tx, user).await? {
            tracing::error!(%user, "somebody who works here was to be erased as a customer: their account stays");
            return Ok(());
        }
        let ended = self.store.sessions.end_all(tx, user, None, self.effects.now()).await?;
        if self.store.accounts.remove(tx, user).await? {
            let told = self.ended.clone();
            tx.after_commit(move || {
                // Nobody listens where the service does not run; a gateway notices by itself then.
                let _ = told.unbounded_send(ended);
            });
            tracing::info!(%user, "an account has been erased");
        }
        Ok(())
    }
}
