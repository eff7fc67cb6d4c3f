//! `cargo xtask test`: every check that a change has to pass, with what each needs started and ended around it.

use crate::{browser, private_postgres, private_rabbitmq, private_redis, process, tools, web};
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::ffi::OsString;
use std::num::NonZero;
use std::time::Instant;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// Formatting
    Fmt,
    /// The house rules: layers, licences, style (part of `rust`)
    Arch,
    /// Storefront: types, unit tests, build, size budget
    Web,
    /// Lints, warnings denied
    Clippy,
    /// Unit, property, contract (both databases) and journey tests
    Rust,
    /// The storefront in a real browser against a real shop
    E2e,
}

/// Cheap ones first; the web before Rust, because the binary carries what is built of it.
const ALL: [Step; 5] = [Step::Fmt, Step::Web, Step::Clippy, Step::Rust, Step::E2e];

const POSTGRES: &str = "HANSE_TEST_POSTGRES_URL";
const RABBITMQ: &str = "HANSE_TEST_RABBITMQ_URL";
const REDIS: &str = "HANSE_TEST_REDIS_URL";
/// nextest's own: how many tests run at once.
const TEST_THREADS: &str = "NEXTEST_TEST_THREADS";

pub fn run(only: &[Step], rust_args: &[String]) -> Result<()> {
    let steps = if only.is_empty() { ALL.to_vec() } else { only.to_vec() };
    let mut report = Vec::new();
    let mut failure = None;
    for step in steps {
        let name = step.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string());
        if failure.is_some() {
            report.push(format!("{name:<8} not run"));
            continue;
        }
        println!("\n== {name}");
        let began = Instant::now();
        let outcome = step.run(rust_args);
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        report.push(format!("{name:<8} {verdict:<7} {:>6.1} s", began.elapsed().as_secs_f64()));
        failure = outcome.err();
    }
    println!("\n== summary\n{}", report.join("\n"));
    failure.map_or(Ok(()), Err)
}

impl Step {
    fn run(self, rust_args: &[String]) -> Result<()> {
        match self {
            Self::Fmt => process::run(process::cargo().args(["fmt", "--all", "--check"])),
            Self::Clippy => {
                tools::c_compiler()?;
                let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
                process::run(process::cargo().args(clippy))
            }
            Self::Arch => rust_tests(&["--package".into(), "hanse-architecture".into()]),
            Self::Web => web::check(),
            Self::Rust => rust(rust_args),
            Self::E2e => browser::stories(),
        }
    }
}

fn rust(args: &[String]) -> Result<()> {
    tools::c_compiler()?;
    if args.is_empty() {
        build_tests()?;
    }
    with_servers(|servers| {
        let scope = if args.is_empty() { vec!["--workspace".to_string()] } else { args.to_vec() };
        servers(&mut test_command(&scope))
    })
}

/// Lets `work` run tests, with all that they need.
fn with_servers(
    work: impl FnOnce(&dyn Fn(&mut std::process::Command) -> Result<()>) -> Result<()>,
) -> Result<()> {
    let hanse = process::target_dir()?.join("debug/hanse");
    // Of those that the environment does not name: started here, ended when this function returns.
    let (mut server, mut broker, mut memory) = (None, None, None);
    let postgres = given_or(POSTGRES, || {
        tools::postgres()?;
        let started = private_postgres::start().context("cannot start a PostgreSQL server for the tests")?;
        Ok(server.insert(started).url().to_string())
    })?;
    let rabbitmq = given_or(RABBITMQ, || {
        tools::rabbitmq()?;
        let started = private_rabbitmq::start().context("cannot start a RabbitMQ broker for the tests")?;
        Ok(broker.insert(started).url().to_string())
    })?;
    let redis = given_or(REDIS, || {
        tools::redis()?;
        let started = private_redis::start().context("cannot start a Redis server for the tests")?;
        Ok(memory.insert(started).url().to_string())
    })?;
    work(&|tests: &mut std::process::Command| {
        tests.env(POSTGRES, &postgres).env(RABBITMQ, &rabbitmq).env(REDIS, &redis);
        tests.env("HANSE_TEST_BINARY", &hanse);
        process::run(tests)
    })
}

/// Everybody at once, in full, in the shapes that are asked for.
pub fn contend(shapes: &[Shape]) -> Result<()> {
    tools::c_compiler()?;
    build_tests()?;
    with_servers(|servers| {
        for shape in shapes {
            println!("\n== {}", shape.told());
            servers(crowds(*shape).env("HANSE_TEST_CROWD", "full"))?;
        }
        Ok(())
    })
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// Everything in one process
    Embedded,
    /// Processes over mutual TLS, with PostgreSQL, RabbitMQ and Redis
    League,
}

impl Shape {
    pub const BOTH: [Self; 2] = [Self::Embedded, Self::League];

    /// The program with the customers' journeys in this shape.
    const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::League => "league",
        }
    }

    pub const fn told(self) -> &'static str {
        match self {
            Self::Embedded => "everything in one process",
            Self::League => "processes over mutual TLS, with PostgreSQL, RabbitMQ and Redis",
        }
    }
}

/// One after the other, with what they have to tell.
fn crowds(shape: Shape) -> std::process::Command {
    let program = shape.name();
    if process::on_path(&["cargo-nextest"]).is_some() {
        // Chosen from the whole workspace: asked for alone, the package would be built again with fewer features.
        let mut command = test_command(&["--workspace".to_string()]);
        command.args(["--test-threads", "1", "--status-level", "all", "--filterset"]);
        command.arg(format!("package(hanse-journeys) & binary({program}) & test(/^stories::crowd::/)"));
        return command;
    }
    let mut command = process::cargo();
    command.args(["test", "--no-fail-fast", "--package", "hanse-journeys", "--test", program]);
    command.args(["--", "stories::crowd::", "--test-threads", "1"]);
    command
}

fn given_or(name: &str, make: impl FnOnce() -> Result<String>) -> Result<OsString> {
    std::env::var_os(name).map_or_else(|| make().map(OsString::from), Ok)
}

fn rust_tests(scope: &[String]) -> Result<()> {
    process::run(&mut test_command(scope))
}

/// nextest when the machine has it (a process per test, clearer output), else cargo's own runner.
fn test_command(scope: &[String]) -> std::process::Command {
    let mut command = process::cargo();
    if process::on_path(&["cargo-nextest"]).is_some() {
        command.args([
            "nextest",
            "run",
            "--no-fail-fast",
            "--status-level=slow",
            "--final-status-level=slow",
        ]);
        if std::env::var_os(TEST_THREADS).is_none() {
            // One more than cores: most of them wait for processes, servers and each other half of their time.
            let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
            command.env(TEST_THREADS, (cores + 1).to_string());
        }
    } else {
        command.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]);
    }
    command.args(scope);
    command
}

/// Tests and binaries in one build: the journeys and the browser tests start the real binary, with the same features.
pub fn build_tests() -> Result<()> {
    process::run(process::cargo().args(["build", "--workspace", "--lib", "--bins", "--tests"]))
}
