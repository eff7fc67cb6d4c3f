//! What the operator's verbs work with, wherever the shop runs.

use crate::backup::Backup;
use crate::compose::ServiceInfo;
use crate::config::Config;
use axum::Router;
use hanse_kernel::Effects;
use hanse_messaging::Consumers;
use hanse_rpc::Network;
use hanse_runtime::Host;
use std::sync::Arc;

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
