//! How a service writes its log.

use crate::entry::Entry;
use crate::stored::{APPENDED, Stored};
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Notify;

/// Hands entries to the unit of work of one service. Cheap to clone.
#[derive(Clone)]
pub struct Record {
    pub(crate) service: &'static str,
    effects: Effects,
    wake: Arc<Notify>,
}

impl Record {
    pub fn new(service: &'static str, effects: Effects) -> Self {
        Self { service, effects, wake: Arc::default() }
    }

    pub fn service(&self) -> &'static str {
        self.service
    }

    /// Resolves when something has been written here that is to be sealed.
    pub async fn written(&self) {
        self.wake.notified().await;
    }

    /// Writes down what the unit does, in the unit: both are there, or neither. One insert; nobody waits for anybody.
    pub async fn note(&self, tx: &mut Tx, ctx: &Ctx, entry: Entry) -> Result<(), DbError> {
        self.note_all(tx, ctx, &[entry]).await
    }

    /// As [`Record::note`], of what is told any number of times and stands there once: `what` tells it from all others.
    pub async fn note_once(&self, tx: &mut Tx, ctx: &Ctx, what: &str, entry: &Entry) -> Result<(), DbError> {
        let mut id = Sha256::new();
        for part in [b"hanse audit log once v1", what.as_bytes()] {
            id.update((part.len() as u64).to_be_bytes());
            id.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&id.finalize()[..16]);
        let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
        let row = Stored::new(id, self.effects.now(), ctx, entry);
        let head = format!("insert into record_entry ({APPENDED})");
        tx.insert_all(&head, vec![row.values()], "on conflict (id) do nothing").await?;
        let wake = self.wake.clone();
        tx.after_commit(move || wake.notify_one());
        Ok(())
    }

    /// As [`Record::note`], for several at once.
    pub async fn note_all(&self, tx: &mut Tx, ctx: &Ctx, entries: &[Entry]) -> Result<(), DbError> {
        let now = self.effects.now();
        let rows: Vec<Stored> =
            entries.iter().map(|entry| Stored::new(self.effects.ids.uuid(), now, ctx, entry)).collect();
        append(tx, &rows).await?;
        let wake = self.wake.clone();
        tx.after_commit(move || wake.notify_one());
        Ok(())
    }

    /// Counts what may happen any number of times: what is alike by `by` within a minute becomes one entry, as the first of
    /// them was, with how many there were.
    pub async fn tally(&self, tx: &mut Tx, ctx: &Ctx, by: &[&[u8]], entry: Entry) -> Result<(), DbError> {
        let now = self.effects.now();
        let stored = Stored::new(self.effects.ids.uuid(), now, ctx, &entry);
        let mut key = Sha256::new();
        for part in [stored.action.as_bytes()].iter().chain(by) {
            key.update((part.len() as u64).to_be_bytes());
            key.update(part);
        }
        let key = key.finalize().to_vec();
        let text = serde_json::to_string(&stored).map_err(|e| DbError::Other(e.to_string()))?;
        tx.execute(
            "insert into record_tally (key, since, times, entry) values ($1, $2, 1, $3)
             on conflict (key) do update set times = record_tally.times + 1",
            &[&key, &now, &text],
        )
        .await
        .map(|_| ())
    }
}

pub(crate) async fn append(tx: &mut Tx, rows: &[Stored]) -> Result<(), DbError> {
    let head = format!("insert into record_entry ({APPENDED})");
    tx.insert_all(&head, rows.iter().map(Stored::values).collect(), "").await.map(|_| ())
}
