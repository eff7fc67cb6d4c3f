//! What a service is given to start with: its store, opened, and its way to the others.

use super::stores::Place;
use anyhow::Result;
use hanse_database::Db;
use hanse_database::migrate::Migrations;
use hanse_kernel::Effects;
use hanse_rpc::Network;
use hanse_runtime::Host;
use hanse_vault::Keyring;
use std::sync::{Arc, Mutex};

/// How a service sees the others.
pub type Ways<'a> = &'a (dyn Fn(&'static str) -> Arc<dyn Network> + Sync);

pub struct Berth<'a> {
    place: Place,
    effects: &'a Effects,
    ways: Ways<'a>,
    keyring: Keyring,
    stores: Mutex<Vec<(&'static str, Db)>>,
}

impl<'a> Berth<'a> {
    pub fn new(place: Place, effects: &'a Effects, ways: Ways<'a>, keyring: Keyring) -> Self {
        Self { place, effects, ways, keyring, stores: Mutex::default() }
    }

    pub(super) async fn host(&self, service: &'static str, migrations: Migrations) -> Result<Host> {
        let history = migrations.name;
        let db = self.place.open(self.effects, service, migrations).await?;
        self.stores.lock().unwrap_or_else(|e| e.into_inner()).push((service, db.clone()));
        let host = Host::new(service, self.effects.clone(), db, (self.ways)(service), &self.keyring);
        if self.keeps() {
            host.vault.check(&host.db).await?;
            let platform = hanse_runtime::platform_migrations().map(|history| history.name);
            let histories = platform.into_iter().chain([history]).collect();
            hanse_record::schema::note(&host.db, &host.record, &host.background(), histories).await?;
        }
        Ok(host)
    }

    /// Whether its stores keep anything.
    pub(super) fn keeps(&self) -> bool {
        !matches!(self.place, Place::Nowhere)
    }

    /// Every store that was opened here.
    pub fn into_stores(self) -> Vec<(&'static str, Db)> {
        self.stores.into_inner().unwrap_or_else(|e| e.into_inner())
    }
}
