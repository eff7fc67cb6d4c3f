//! The verbs, one file each.

mod admin;
mod audit;
mod config;
mod import;
mod parked;
mod services;
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
        Verb::Audit(options) => audit::run(&options).await,
    }
}
