//! The verbs, one file each.

mod admin;
mod audit;
mod audit_log;
mod backup;
mod by_hand;
mod certs;
mod config;
mod dlq;
mod erasures;
mod import;
mod keys;
mod migrate;
mod moving;
mod parked;
mod reconcile;
mod restore;
mod serve;
mod services;
mod signal;
mod up;

use crate::cli::{Admin, Cli, Verb};
use anyhow::Result;
use std::process::ExitCode;

pub async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.verb {
        Verb::Up(options) => up::run(options).await,
        Verb::Services(reach) => services::run(&reach).await,
        Verb::Config(show) => config::run(&show.reach).await,
        Verb::Admin { verb: Admin::Create(create) } => admin::create(&create).await,
        Verb::Import(import) => import::run(&import).await,
        Verb::Parked { verb } => parked::run(verb).await,
        Verb::Dlq { verb } => dlq::run(verb).await,
        Verb::Serve(options) => serve::run(options).await,
        Verb::Migrate(options) => migrate::run(options).await,
        Verb::Move(options) => moving::run(&options).await,
        Verb::Certs(options) => certs::run(&options),
        Verb::Keys(options) => keys::run(&options),
        Verb::Audit(options) => audit::run(&options).await,
        Verb::AuditLog(options) => audit_log::run(&options).await,
        Verb::Backup(options) => backup::run(&options).await,
        Verb::Restore(options) => restore::run(&options).await,
        Verb::Erasures(options) => erasures::run(&options).await,
        Verb::Reconcile(options) => reconcile::run(&options).await,
    }
}
