//! A look into the outbox.

use super::error::NotificationError;
use super::ports::{KeptMail, KeptMails};
use hanse_database::{Db, DbError};
use hanse_kernel::MailId;
use std::sync::Arc;

/// The outbox shows so many mails.
const SHOWN: i64 = 200;

#[derive(Clone)]
pub struct Mails {
    pub db: Db,
    pub mails: Arc<dyn KeptMails>,
}

impl Mails {
    pub async fn newest(&self) -> Result<Vec<KeptMail>, NotificationError> {
        let newest = self
            .db
            .read(self.mails.clone(), |tx, mails| Box::pin(async move { mails.newest(tx, SHOWN).await }));
        newest.await.map_err(|e: DbError| e.into())
    }

    pub async fn get(&self, id: MailId) -> Result<Option<KeptMail>, NotificationError> {
        let one = self.db.read((self.mails.clone(), id), |tx, (mails, id)| {
            Box::pin(async move { mails.get(tx, *id).await })
        });
        one.await.map_err(|e: DbError| e.into())
    }
}
