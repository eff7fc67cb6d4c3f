//! Invitations to work for the merchant: made, listed, withdrawn, accepted.

mod accept;
mod invite;

pub use accept::Accept;
pub use invite::{Invite, Invited};

use crate::application::AuthError;
use crate::application::ports::Store;
use crate::domain::Invitation;
use hanse_database::DbError;
use hanse_kernel::{Ctx, Effects, LinkId};
use hanse_record::Entry;

#[derive(Clone)]
pub struct OpenInvitations {
    pub store: Store,
    pub effects: Effects,
}

impl OpenInvitations {
    /// The newest first.
    pub async fn list(&self) -> Result<Vec<Invitation>, AuthError> {
        let input = (self.store.clone(), self.effects.now());
        let found = self
            .store
            .db
            .read(input, |tx, (store, now)| Box::pin(async move { store.invitations.open(tx, *now).await }));
        let found: Result<_, DbError> = found.await;
        Ok(found?)
    }

    /// The link that was mailed opens nothing any more.
    pub async fn withdraw(&self, ctx: &Ctx, id: LinkId) -> Result<(), AuthError> {
        let input = (self.store.clone(), ctx.clone(), id, self.effects.now());
        let closed = self.store.db.tx(input, |tx, (store, ctx, id, now)| {
            Box::pin(async move {
                let closed = store.invitations.close(tx, *id, *now).await?;
                if closed {
                    let entry = Entry::new("staff.invitation_withdrawn", "invitation", id);
                    store.record.note(tx, ctx, entry).await?;
                }
                Ok(closed)
            })
        });
        let closed: Result<bool, DbError> = closed.await;
        if closed? { Ok(()) } else { Err(AuthError::UnknownInvitation) }
    }
}
