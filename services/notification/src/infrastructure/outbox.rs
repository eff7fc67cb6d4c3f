//! Delivery into the outbox: a shop without an SMTP server keeps its mails for reading in the browser.

use crate::application::error::SendError;
use crate::application::ports::{KeptMails, Mail, Mailer};
use async_trait::async_trait;
use hanse_database::{Db, DbError};
use hanse_kernel::Effects;
use std::sync::Arc;

pub struct OutboxMailer {
    pub db: Db,
    pub mails: Arc<dyn KeptMails>,
    pub effects: Effects,
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn deliver(&self, mail: &Mail) -> Result<(), SendError> {
        let input = (self.mails.clone(), mail.clone(), self.effects.now());
        let kept: Result<(), DbError> = self
            .db
            .tx(input, |tx, (mails, mail, now)| Box::pin(async move { mails.keep(tx, mail, *now).await }))
            .await;
        kept.map_err(|e| SendError::Later(e.to_string()))
    }
}
