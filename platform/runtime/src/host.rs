//! What the composition root hands a service: its store, its outbox, the way to the others, and the effects.

use crate::sealing;
use hanse_database::Db;
use hanse_kernel::{Ctx, Effects};
use hanse_messaging::{Consumers, Outbox};
use hanse_record::Record;
use hanse_rpc::Network;
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
    pub network: Arc<dyn Network>,
}

impl Host {
    pub fn new(service: &'static str, effects: Effects, db: Db, network: Arc<dyn Network>) -> Self {
        let outbox = Outbox::new(service, effects.clone()).sending(&[sealing::tells(service)]);
        let record = Record::new(service, effects.clone());
        Self { service, effects, db, outbox, record, network }
    }

    /// The same, with an outbox that takes messages of these types besides the end of the audit log, which every service
    /// tells; until then it takes none but that.
    pub fn sending(self, kinds: &[&'static str]) -> Self {
        let all: Vec<&'static str> = kinds.iter().copied().chain([sealing::tells(self.service)]).collect();
        Self { outbox: self.outbox.sending(&all), ..self }
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
