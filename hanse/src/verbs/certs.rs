//! `hanse certs`: an authority and a certificate for each service, for a league on one machine or a first trial.

use crate::cli::Certs;
use crate::compose::NAMES;
use crate::league::GATEWAY;
use crate::say;
use anyhow::{Result, bail};
use hanse_kernel::system::SystemClock;
use hanse_rpc::{Authority, OPERATOR};
use serde_json::json;
use std::process::ExitCode;

pub fn run(options: &Certs) -> Result<ExitCode> {
    if !(1..=825).contains(&options.days) {
        bail!("--days must be between 1 and 825");
    }
    let authority = Authority::open(&options.dir, &SystemClock)?;
    let mut made = vec![];
    for service in NAMES.iter().copied().chain([GATEWAY, OPERATOR]) {
        let folder = authority.issue(service, options.days)?;
        made.push(json!({"service": service, "folder": folder}));
    }
    if options.json {
        say!("{}", serde_json::to_string_pretty(&json!({"items": made}))?)?;
    } else {
        say!("{} certificates for {} days in {}", made.len(), options.days, options.dir.display())?;
        say!("Set rpc.certificates to that folder; running services take new ones in by themselves.")?;
        say!("Keep ca-key.pem away from the services: whoever has it can be any of them.")?;
    }
    Ok(ExitCode::SUCCESS)
}
