//! Mails are kept to be read, and not for ever.

use super::error::NotificationError;
use super::ports::KeptMails;
use hanse_database::Db;
use hanse_kernel::Effects;
use std::sync::Arc;
use std::time::Duration;

const BATCH: i64 = 200;

#[derive(Clone)]
pub struct Retain {
    pub db: Db,
    pub effects: Effects,
    pub mails: Arc<dyn KeptMails>,
    pub keep: Duration,
}

impl Retain {
    /// How many went.
    pub async fn run(&self) -> Result<u64, NotificationError> {
        let (mut gone, before) = (0, self.effects.now().minus(self.keep));
        loop {
            let batch = self.db.tx((self.mails.clone(), before), |tx, (mails, before)| {
                Box::pin(
                    async move { Ok::<_, NotificationError>(mails.forget_old(tx, *before, BATCH).await?) },
                )
            });
            let batch = batch.await?;
            gone += batch;
            if batch < BATCH.unsigned_abs() {
                metrics::counter!("retention_deleted_total", "what" => "mails").increment(gone);
                return Ok(gone);
            }
        }
    }
}
