//! What the composition root hands a service: its store, its outbox, the way to the others, and the effects.

use crate::sealing;
use hanse_database::Db;
use hanse_kernel::{Ctx, Effects};
use hanse_messaging::{Consumers, Outbox};
use hanse_record::Record;
use hanse_rpc::Network;
use hanse_vault::{Keeper, Keyring, Rows, Vault};
use std::sync::Arc;

/// Everything a service's `module()` needs besides its own configuration. No service knows which engine stands behind
/// `db`, nor whether `network` crosses a process border.
#[derive(Clone)]
pub struct Host {
    pub service: &'static str,
    pub effects: Effects,
    pub db: Db,
    pub outbox: Outbox,
    /// Its audit log.
    pub record: Record,
    /// The keys of the people that it holds something about.
    pub vault: Vault,
    /// What it holds sealed.
    sealed: Arc<[Rows]>,
    pub network: Arc<dyn Network>,
}

impl Host {
    pub fn new(
        service: &'static str,
        effects: Effects,
        db: Db,
        network: Arc<dyn Network>,
        keyring: &Keyring,
    ) -> Self {
        let outbox = Outbox::new(service, effects.clone()).sending(&[sealing::tells(service)]);
        let record = Record::new(service, effects.clone());
        let vault = Vault::new(service, keyring.clone(), effects.clock.clone());
        Self { service, effects, db, outbox, record, network, vault, sealed: Arc::default() }
    }

    /// The same, with an outbox that takes messages of these types besides the end of the audit log, which every service
    /// tells; until then it takes none but that.
    pub fn sending(self, kinds: &[&'static str]) -> Self {
        let all: Vec<&'static str> = kinds.iter().copied().chain([sealing::tells(self.service)]).collect();
        Self { outbox: self.outbox.sending(&all), ..self }
    }

    /// The same, with the tables whose columns it seals: what stands in them from before is sealed by [`Host::keeper`].
    pub fn sealing(self, rows: Vec<Rows>) -> Self {
        Self { sealed: rows.into(), ..self }
    }

    /// Looks after what is sealed, beside the service.
    pub fn keeper(&self) -> Keeper {
        Keeper::new(self.db.clone(), self.vault.clone(), self.effects.clone(), self.sealed.clone())
    }

    /// An empty list of consumers over this service's store.
    pub fn consumers(&self) -> Consumers {
        Consumers::new(self.service, self.db.clone(), self.effects.clone())
    }

    /// A context for work that the service starts by itself.
    pub fn background(&self) -> Ctx {
        Ctx::background(self.service, self.effects.ids.uuid())
    }
}
