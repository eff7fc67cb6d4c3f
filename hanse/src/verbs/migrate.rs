//! `hanse migrate`: brings the databases of services up to date and makes room for their messages, before they start.

use crate::cli::Migrate;
use crate::compose::{Berth, Carrier, Means, Neighbours, Place, module};
use crate::config::Config;
use crate::league::names;
use crate::say;
use crate::secrets::Secrets;
use anyhow::{Result, bail};
use hanse_rpc::Switchboard;
use hanse_runtime::{Tasks, TokioTimers};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub async fn run(options: Migrate) -> Result<ExitCode> {
    let asked = if options.services.is_empty() { vec!["all".to_string()] } else { options.services };
    let (services, _) = names(&asked)?;
    if services.is_empty() {
        bail!("the gateway has no database");
    }
    let config = Config::load_from(&options.config.file)?;
    config.check_league()?;
    hanse_telemetry::logs(&config.log.filter, config.log.json, "hanse")?;
    let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
    let known = Neighbours::draw(&config, &effects).await?;
    let board = Switchboard::new(effects.clone());
    let ways = |service| board.network_of(service);
    let place = Place::of(&config, Path::new(""));
    // Auth makes its first signing key with its tables, and wraps it.
    let secrets = Secrets::of(&config.keys, &effects).await?;
    let berth = Berth::new(place.clone(), &effects, &ways, secrets.keyring());
    let means = Means { config: &config, secrets: &secrets, redis: None, ended_sessions: Default::default() };
    for name in services {
        module(name, &berth, &means).await?;
        say!("{name:<13} {}", place.shown(name))?;
    }
    for (_, store) in berth.into_stores() {
        store.close().await;
    }
    let carrier = Carrier::new(&config, &effects)?;
    let queues = known.flows.len();
    carrier.know(known.flows);
    carrier.declare(&effects).await?;
    say!("{:<13} {} queues at {}", "messages", queues, config.broker.url)?;
    Ok(ExitCode::SUCCESS)
}
