//! The settings as the quote reads them: one copy in memory, dropped when a change has been committed.
//!
//! Another process may change them too, so a copy is used for a few seconds at most.

use crate::application::ports::{SettingsCache, SettingsStore};
use crate::domain::TaxTable;
use crate::domain::quote::Settings;
use async_trait::async_trait;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{ChannelId, Clock, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

const MAX_AGE: Duration = Duration::from_secs(5);

pub struct CachedSettings {
    db: Db,
    clock: Arc<dyn Clock>,
    store: Arc<dyn SettingsStore>,
    copies: Arc<RwLock<Copies>>,
}

#[derive(Default)]
struct Copies {
    /// Grows with every change: what was read before a change is not kept after it.
    generation: u64,
    by_channel: BTreeMap<ChannelId, (Timestamp, Arc<Settings>)>,
}

impl CachedSettings {
    pub fn new(db: Db, clock: Arc<dyn Clock>, store: Arc<dyn SettingsStore>) -> Self {
        Self { db, clock, store, copies: Arc::default() }
    }

    async fn read(&self, channel: &ChannelId) -> Result<Option<Settings>, DbError> {
        let input = (self.store.clone(), channel.clone());
        self.db
            .read(input, |tx, (store, id)| {
                Box::pin(async move {
                    let Some(channel) = store.channel(tx, id).await? else { return Ok(None) };
                    let mut methods = store.methods(tx).await?;
                    methods.retain(|m| m.channel == *id);
                    let zones = store.zones(tx).await?;
                    let taxes = TaxTable::new(store.rates(tx).await?);
                    Ok(Some(Settings { channel, zones, methods, taxes }))
                })
            })
            .await
    }
}

#[async_trait]
impl SettingsCache for CachedSettings {
    async fn of(&self, channel: &ChannelId) -> Result<Option<Arc<Settings>>, DbError> {
        let now = self.clock.now();
        let generation = {
            let copies = self.copies.read().unwrap_or_else(|e| e.into_inner());
            if let Some((read_at, settings)) = copies.by_channel.get(channel)
                && now.since(*read_at) < MAX_AGE
            {
                return Ok(Some(settings.clone()));
            }
            copies.generation
        };
        let Some(settings) = self.read(channel).await?.map(Arc::new) else { return Ok(None) };
        let mut copies = self.copies.write().unwrap_or_else(|e| e.into_inner());
        if copies.generation == generation {
            copies.by_channel.insert(channel.clone(), (now, settings.clone()));
        }
        Ok(Some(settings))
    }

    fn changed(&self, tx: &mut Tx) {
        let copies = self.copies.clone();
        tx.after_commit(move || {
            let mut copies = copies.write().unwrap_or_else(|e| e.into_inner());
            copies.generation += 1;
            copies.by_channel.clear();
        });
    }
}
