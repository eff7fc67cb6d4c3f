//! `cargo xtask <verb>`: what a person does with this repository, one verb each. It calls cargo, pnpm and the shop's own
//! binary; it is no second build system.

// A build tool lives in the real world: clock, environment and sleeping are its business.
#![allow(clippy::disallowed_methods)]

mod bench;
mod browser;
mod chaos;
mod cluster;
mod fuzz;
mod logins;
mod new_service;
#[path = "../../platform/testkit/src/private_folder.rs"]
mod private_folder;
#[path = "../../platform/testkit/src/private_postgres.rs"]
mod private_postgres;
#[path = "../../platform/testkit/src/private_rabbitmq.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod private_rabbitmq;
#[path = "../../platform/testkit/src/private_redis.rs"]
mod private_redis;
mod process;
mod test;
mod tools;
mod up;
mod web;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Build, run, test and measure Hanse")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build everything and start the shop: `cargo xtask up -- --listen 127.0.0.1:9000`
    Up {
        /// Do not build the storefront; what is built (or the built-in page) is served
        #[arg(long)]
        no_web: bool,
        /// Passed to `hanse up`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Every check that a change has to pass, in the order of their cost
    Test {
        /// Only these steps (repeat or separate by commas)
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<test::Step>,
        /// After `--`: a filter for the Rust tests, for example `-- -p hanse-order refund`
        #[arg(last = true)]
        rust_args: Vec<String>,
    },
    /// Build the storefront into web/storefront/dist when its sources changed
    Web {
        /// Build even when nothing changed
        #[arg(long)]
        force: bool,
    },
    /// Start every service as a process of its own, on private servers, with the sample goods
    Cluster {
        /// The build that tests use: sooner there, and slower
        #[arg(long)]
        debug: bool,
    },
    /// Load the shop and report speed, memory and start time
    Bench {
        /// The shop as services that are processes of their own, beside the same calls on one process
        #[arg(long)]
        cluster: bool,
        /// Ten times as much as one process can do, for a minute: what it still does, and what it refuses
        #[arg(long, conflicts_with = "cluster")]
        overload: bool,
        /// Whether the time that a login, a forgotten password or a registration takes tells who has an account
        #[arg(long, conflicts_with_all = ["cluster", "overload"])]
        enumeration: bool,
        /// With --cluster, --overload or --enumeration, the build that tests use: sooner there, and of no use to compare
        #[arg(long)]
        debug: bool,
        /// Passed to the load generator; see `cargo xtask bench -- --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Kill, cut off and freeze the processes of a real league, again and again
    Chaos {
        /// So many times in a row; the first that fails ends it
        #[arg(long, default_value_t = 1)]
        times: u32,
        /// Die at every point that a process comes to, not only at some
        #[arg(long)]
        all_points: bool,
        /// Only the stories whose names contain this, such as `partitions` or `any_process_may_die`
        #[arg(long)]
        story: Option<String>,
    },
    /// A thousand shoppers at once on a hundred pieces, twenty times; orders that overlap; a code for ten. In both shapes
    Contend {
        /// Only this shape
        #[arg(long, value_enum)]
        shape: Option<test::Shape>,
    },
    /// Look for inputs that break a promise, in what reads tokens, cookies, files, searches, envelopes and signatures
    Fuzz {
        /// Only this one: jwt, cookie, import, search, envelope or webhook
        #[arg(long)]
        target: Option<String>,
        /// How long in each
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Play whole shops in worlds that misbehave, by seed; see `cargo xtask simulate --help`
    #[command(disable_help_flag = true)]
    Simulate {
        /// Passed to the simulator
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Scaffold services/NAME with its contract, four layers, migrations and tests, and register it
    NewService {
        /// One lower-case word of the trade, for example `loyalty`
        name: String,
        /// Take the scaffold away again: the folder and its registration
        #[arg(long)]
        remove: bool,
    },
}

fn main() -> Result<()> {
    match Cli::parse().verb {
        Verb::Up { no_web, args } => up::run(no_web, &args),
        Verb::Test { only, rust_args } => test::run(&only, &rust_args),
        Verb::Web { force } => web::build(force),
        Verb::Cluster { debug } => cluster::run(debug),
        Verb::Bench { cluster: true, debug, args, .. } => bench::cluster(debug, &args),
        Verb::Bench { overload: true, debug, args, .. } => bench::alone("overload", debug, &args),
        Verb::Bench { enumeration: true, debug, args, .. } => bench::alone("enumeration", debug, &args),
        Verb::Bench { debug: true, .. } => {
            anyhow::bail!("--debug goes with --cluster, --overload or --enumeration")
        }
        Verb::Bench { args, .. } => bench::run(&args),
        Verb::Chaos { times, all_points, story } => chaos::run(times, all_points, story.as_deref()),
        Verb::Contend { shape } => {
            test::contend(shape.as_ref().map_or(&test::Shape::BOTH, std::slice::from_ref))
        }
        Verb::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Verb::Simulate { args } => simulate(&args),
        Verb::NewService { name, remove: false } => new_service::add(&process::root(), &name),
        Verb::NewService { name, remove: true } => new_service::remove(&process::root(), &name),
    }
}

fn simulate(args: &[String]) -> Result<()> {
    let mut cargo = process::cargo();
    cargo
        .args(["run", "--quiet", "--package", "hanse-simulation", "--bin", "hanse-simulate", "--"])
        .args(args);
    process::become_program(&mut cargo)
}
