//! Inventory: where stock lies, what is promised to which order, and every change of a count with its reason.
//!
//! It sells nothing that is not there (unless the variant's policy says so) and answers every command about an order's
//! stock with what has become of it, whatever the order in which messages come and however often.

mod api;
mod application;
pub mod domain;
mod infrastructure;

pub use infrastructure::MIGRATIONS;

use application::Desk;
use application::expire_holds::ExpireHolds;
use hanse_http::Idempotency;
use hanse_runtime::{Host, Module, StartError, Worker};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct InventoryConfig {
    /// How long an order's stock is held before it must be paid.
    pub hold: Duration,
    /// How often overdue holds are looked for.
    pub expiry_poll: Duration,
}

impl Default for InventoryConfig {
    fn default() -> Self {
        Self { hold: Duration::from_secs(15 * 60), expiry_poll: Duration::from_secs(1) }
    }
}

pub fn module(host: Host, config: InventoryConfig) -> Result<Module, StartError> {
    if config.hold.is_zero() || config.expiry_poll.is_zero() {
        return Err(StartError::Config {
            key: "inventory.hold, inventory.expiry_poll".into(),
            problem: "must be longer than nothing".into(),
            remedy: "leave them out for 15 minutes and 1 second".into(),
        });
    }
    let host = host.sending(&infrastructure::SENDS);
    let desk = Desk {
        db: host.db.clone(),
        outbox: host.outbox.clone(),
        record: host.record.clone(),
        effects: host.effects.clone(),
        reservations: Arc::new(infrastructure::ReservationTables),
        stocks: Arc::new(infrastructure::StockTables),
        ledger: Arc::new(infrastructure::LedgerTable),
        keys: Arc::new(infrastructure::KeyTable),
        locations: Arc::new(infrastructure::LocationTable),
        hold: config.hold,
    };
    let idempotency = Idempotency::new(host.db.clone(), host.effects.clone(), host.vault.clone());
    let rpc = tonic::service::Routes::new(api::stock_server(desk.clone())).add_service(
        hanse_runtime::audit_server(&host, Arc::new(infrastructure::Examination(host.db.clone()))),
    );
    let (expire, clock) = (ExpireHolds(desk.clone()), host.clone());
    let expiry = Worker::new("inventory.expiry", move |stop| async move {
        let effects = clock.effects.clone();
        stop.every(&effects, config.expiry_poll, || async {
            if let Err(error) = expire.run(&clock.background()).await {
                tracing::warn!(%error, "overdue holds could not be freed; they are tried again");
            }
        })
        .await;
    });
    Ok(Module {
        routes: api::routes_of(desk.clone(), idempotency),
        rpc,
        allow: api::allow(),
        consumers: infrastructure::consumers(host.consumers(), &desk),
        workers: vec![expiry],
        host,
    })
}
