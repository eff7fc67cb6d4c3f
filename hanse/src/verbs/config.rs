//! `hanse config`: what is in force, secrets masked.

use crate::cli::Reach;
use crate::config::Config;
use crate::control::Reached;
use crate::say;
use anyhow::{Context, Result};
use std::process::ExitCode;

pub async fn run(reach: &Reach) -> Result<ExitCode> {
    let (config, whose) = match &reach.league {
        // Each of its processes may have been told more by its own environment; none of them tells it to others.
        Some(file) => (Config::load_from(file)?, "for the next start of a process of the league"),
        None => of_folder(reach).await?,
    };
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&config)?)?;
    } else {
        match &reach.league {
            Some(file) => say!("# In force {whose}; change it in {},", file.display())?,
            None => say!("# In force {whose} in {}; change it in hanse.toml there,", reach.data.display())?,
        }
        say!("# or by the environment: HANSE__SERVER__LISTEN=127.0.0.1:9000 and so on.\n")?;
        say!("{}", toml::to_string_pretty(&config)?.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A running shop was told more than its file says: by its command line and its own environment.
async fn of_folder(reach: &Reach) -> Result<(Config, &'static str)> {
    let Some(shop) = Reached::running(&reach.data).await else {
        return Ok((Config::load(&reach.data)?, "for the next start of the shop"));
    };
    let told = shop.get("/control/config").await?.ok()?;
    let config = serde_json::from_value::<Config>(told).context("the shop told no configuration")?;
    Ok((config, "of the running shop"))
}
