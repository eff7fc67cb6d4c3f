//! The load generator behind `cargo xtask bench`: it starts the shop on one core, loads it from another, and reports
//! speed, processor time, memory and start time beside a bare server that returns fixed bodies of the same sizes.

// A load generator measures the real world: the system clock, bare tasks and sleeping are its business.
#![allow(clippy::disallowed_methods)]

mod admin;
mod browsing;
mod buying;
mod catalogue;
mod client;
mod enumeration;
mod fixed;
mod identity;
mod league;
mod load;
mod overload;
mod process;
mod report;
mod run;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "hanse-bench", about = "Load scenarios for a Hanse shop and their report")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the scenarios and print the report
    Run(Options),
    /// For `league`: the same calls on the embedded shape and on a bare server, before there is a league
    Embedded(league::Options),
    /// Run the scenarios on services that are processes of their own, and print the report
    League(league::Options),
    /// Ask for several times as much as the shop can do, and print what became of it
    Overload(overload::Options),
    /// Ask for accounts that there are and that there are not, and print whether the time tells which is which
    Enumeration(enumeration::Options),
    /// The server to compare with: answers every path with the file of that name from DIR
    Fixed {
        #[arg(long)]
        dir: PathBuf,
    },
}

#[derive(clap::Args, Clone)]
pub struct Options {
    /// The shop's binary
    #[arg(long, default_value = "target/release/hanse")]
    pub hanse: PathBuf,
    /// Seconds per scenario and number of connections
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Numbers of connections
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    pub connections: Vec<usize>,
    /// Products in the catalogue, three variants each
    #[arg(long, default_value_t = 1000)]
    pub products: usize,
    /// The processor core that the shop, or the server to compare with, runs on
    #[arg(long, default_value_t = 1)]
    pub server_core: usize,
    /// The processor core that the load generator runs on
    #[arg(long, default_value_t = 0)]
    pub load_core: usize,
    /// Where the JSON report goes
    #[arg(long, default_value = "target/bench/report.json")]
    pub json: PathBuf,
    /// Keep the data folder for a look afterwards, and say where it is
    #[arg(long)]
    pub keep: bool,
    /// Fail when a figure misses its target
    #[arg(long)]
    pub strict: bool,
}

fn main() -> Result<()> {
    match Cli::parse().verb {
        Verb::Run(options) => {
            process::pin_self(options.load_core);
            runtime()?.block_on(run::run(&options))
        }
        Verb::Embedded(options) => bounded(&options, league::embedded::run(&options)),
        Verb::League(options) => bounded(&options, league::run(&options)),
        Verb::Overload(options) => bounded_by(options.load_core, options.minutes, overload::run(&options)),
        Verb::Enumeration(options) => bounded_by(options.load_core, 20.0, enumeration::run(&options)),
        Verb::Fixed { dir } => fixed::serve(&dir),
    }
}

/// Ends with the work, with the time that there is, or when it is asked to; what was started ends with it.
fn bounded(options: &league::Options, work: impl Future<Output = Result<()>>) -> Result<()> {
    bounded_by(options.load_core, options.minutes, work)
}

fn bounded_by(core: usize, minutes: f64, work: impl Future<Output = Result<()>>) -> Result<()> {
    process::pin_self(core);
    let limit = std::time::Duration::from_secs_f64(minutes * 60.0);
    runtime()?.block_on(async {
        let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
            _ = end.recv() => bail!("asked to end"),
            () = tokio::time::sleep(limit) => bail!("not done within {minutes} minutes"),
            done = work => done,
        }
    })
}

/// One thread: the generator has one core, and tasks on one thread need no locks.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
