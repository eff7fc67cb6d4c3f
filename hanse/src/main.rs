//! `hanse`: the only binary and the only composition root. `hanse up` runs a whole shop in one process; the other
//! verbs work on that shop, running or stopped.

mod audit;
mod backup;
mod cli;
mod compose;
mod config;
mod control;
mod erasures;
mod folder;
mod league;
mod listener;
mod moving;
mod sample;
mod say;
mod secrets;
mod verbs;

use clap::Parser;
use std::process::ExitCode;

/// Requests allocate much and briefly, on many threads; docs/adr/0029 has the figures.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("hanse: the runtime does not start: {e}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(verbs::run(cli)) {
        Ok(code) => code,
        Err(e) if e.is::<say::Unheard>() => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("hanse: {e:#}");
            ExitCode::FAILURE
        }
    }
}
