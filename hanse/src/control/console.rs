//! What the operator's verbs work with, wherever the shop runs.

use crate::backup::{Backup, Restored};
use crate::compose::{HOME, ServiceInfo};
use crate::config::Config;
use axum::Router;
use hanse_database::DbError;
use hanse_kernel::{Ctx, Effects, Whence};
use hanse_messaging::Consumers;
use hanse_record::Entry;
use hanse_rpc::{Network, OPERATOR};
use hanse_runtime::Host;
use serde_json::json;
use std::sync::Arc;

/// In whose log stands what is done to the shop as a whole.
const OF_THE_WHOLE: &str = HOME;

#[derive(Clone)]
pub struct Console {
    pub effects: Effects,
    /// The services as the operator reaches them.
    pub network: Arc<dyn Network>,
    /// The API without sessions, limits and pages.
    pub api: Router,
    pub services: Vec<ServiceInfo>,
    pub config: Config,
    /// Of the services whose stores are open here.
    pub consumers: Vec<Consumers>,
    /// Services whose stores are open here.
    pub hosts: Vec<Host>,
    /// None where no data folder is open here.
    pub backup: Option<Backup>,
}

impl Console {
    /// The operator's own work, by who is at the command line.
    pub fn operator(&self, by: &str) -> Ctx {
        operator(&self.effects, by)
    }

    /// Writes down what is about to be done to the shop as a whole, where its stores are open here.
    pub async fn note(&self, by: &str, entry: Entry) -> Result<(), DbError> {
        match self.hosts.iter().find(|host| host.service == OF_THE_WHOLE) {
            Some(host) => note(host, self.operator(by), entry).await,
            None => Ok(()),
        }
    }
}

/// What an operator does, by the name of who it is.
pub fn operator(effects: &Effects, by: &str) -> Ctx {
    let mut ctx = Ctx::background(OPERATOR, effects.ids.uuid());
    ctx.whence = Some(Arc::new(Whence { operator: Some(by.into()), ..Whence::default() }));
    ctx
}

/// Writes down, once, that the shop was restored: a folder is made of a backup before there is a shop in it.
pub async fn note_restored(host: &Host, restored: &Restored) -> Result<(), DbError> {
    let Restored { taken_at, restored_at, by } = restored;
    let what = format!("restored {} {}", taken_at.micros(), restored_at.micros());
    let entry = Entry::new("shop.restored", "shop", "shop")
        .became(json!({"taken_at": taken_at, "restored_at": restored_at}));
    let input = (host.record.clone(), operator(&host.effects, by), what, entry);
    host.db.tx(input, |tx, (record, ctx, what, entry)| Box::pin(record.note_once(tx, ctx, what, entry))).await
}

/// Writes down by itself what no unit of the service does.
pub async fn note(host: &Host, ctx: Ctx, entry: Entry) -> Result<(), DbError> {
    let input = (host.record.clone(), ctx, entry);
    host.db.tx(input, |tx, (record, ctx, entry)| Box::pin(record.note(tx, ctx, entry.clone()))).await
}
