//! `hanse config`: what is in force, secrets masked.

use crate::cli::Reach;
use crate::config::Config;
use anyhow::Result;
use std::process::ExitCode;

pub fn run(reach: &Reach) -> Result<ExitCode> {
    let config = Config::load(&reach.data)?.masked();
    if reach.json {
        println!("{}", serde_json::to_string_pretty(&config)?);
    } else {
        println!("# In force for the shop in {}; change it in hanse.toml there,", reach.data.display());
        println!("# or by the environment: HANSE__SERVER__LISTEN=127.0.0.1:9000 and so on.\n");
        print!("{}", toml::to_string_pretty(&config)?);
    }
    Ok(ExitCode::SUCCESS)
}
