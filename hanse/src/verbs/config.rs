//! `hanse config`: what is in force, secrets masked.

use crate::cli::Reach;
use crate::config::Config;
use crate::control::Reached;
use crate::say;
use anyhow::{Context, Result};
use std::process::ExitCode;

pub async fn run(reach: &Reach) -> Result<ExitCode> {
    // A running shop was told more than its file says: by its command line and its own environment.
    let (config, whose) = match Reached::running(&reach.data).await {
        Some(shop) => {
            let told = shop.get("/control/config").await?.ok()?;
            let config = serde_json::from_value::<Config>(told).context("the shop told no configuration")?;
            (config, "of the running shop")
        }
        None => (Config::load(&reach.data)?, "for the next start of the shop"),
    };
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&config)?)?;
    } else {
        say!("# In force {whose} in {}; change it in hanse.toml there,", reach.data.display())?;
        say!("# or by the environment: HANSE__SERVER__LISTEN=127.0.0.1:9000 and so on.\n")?;
        say!("{}", toml::to_string_pretty(&config)?.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}
