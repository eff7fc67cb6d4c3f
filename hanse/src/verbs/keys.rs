//! `hanse keys`: the keys that all services of a shop share.

use crate::cli::Keys;
use crate::say;
use crate::secrets::Secrets;
use anyhow::Result;
use hanse_kernel::system::SystemRng;
use std::path::Path;
use std::process::ExitCode;

pub fn run(options: &Keys) -> Result<ExitCode> {
    if options.file == Path::new("-") {
        say!("{}", Secrets::made(&SystemRng)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    Secrets::make(&options.file, &SystemRng)?;
    say!(
        "{} holds the shop's keys. Give it to all services as keys.file, and keep a copy.",
        options.file.display()
    )?;
    Ok(ExitCode::SUCCESS)
}
