//! `cargo xtask test`: every check that a change has to pass, with what each needs started and ended around it.

use crate::process::{self, Server};
use crate::{private_postgres, private_redis, tools, web};
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::ffi::OsString;
use std::time::{Duration, Instant};

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
const REDIS: &str = "HANSE_TEST_REDIS_URL";
const READY_LIMIT: Duration = Duration::from_secs(120);

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
            Self::E2e => e2e(),
        }
    }
}

fn rust(args: &[String]) -> Result<()> {
    tools::c_compiler()?;
    if args.is_empty() {
        build_tests()?;
    }
    let hanse = process::target_dir()?.join("debug/hanse");
    let given = std::env::var_os(POSTGRES);
    let private = match given {
        Some(_) => None,
        None => {
            tools::postgres()?;
            Some(private_postgres::start().context("cannot start a PostgreSQL server for the tests")?)
        }
    };
    let url =
        given.or_else(|| private.as_ref().map(|server| OsString::from(server.url()))).unwrap_or_default();
    let given = std::env::var(REDIS).ok();
    let redis = match given {
        Some(_) => None,
        None => {
            tools::redis()?;
            Some(private_redis::start().context("cannot start a Redis server for the tests")?)
        }
    };
    let redis_url = given.or_else(|| redis.as_ref().map(|server| server.url())).unwrap_or_default();
    let scope = if args.is_empty() { vec!["--workspace".to_string()] } else { args.to_vec() };
    let mut tests = test_command(&scope);
    process::run(tests.env(POSTGRES, url).env(REDIS, redis_url).env("HANSE_TEST_BINARY", hanse))
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
    } else {
        command.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]);
    }
    command.args(scope);
    command
}

/// Tests and binaries in one build: the journeys and the browser tests start the real binary, with the same features.
fn build_tests() -> Result<()> {
    process::run(process::cargo().args(["build", "--workspace", "--lib", "--bins", "--tests"]))
}

fn e2e() -> Result<()> {
    let browser = tools::chromium()?;
    web::build(false)?;
    build_tests()?;
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let port = process::free_port()?;
    let mut hanse = process::command(process::target_dir()?.join("debug/hanse"));
    hanse.arg("up").arg("--data").arg(&data).args(["--listen", &format!("127.0.0.1:{port}")]);
    let shop = Server::start(&hanse, &dir.path().join("hanse.log"))?;
    shop.await_ready(port, READY_LIMIT)?;
    let tested = web::e2e(&format!("http://127.0.0.1:{port}"), &browser, &[("HANSE_DATA", &data)]);
    if tested.is_err() {
        println!("the shop's last words:\n{}", shop.last_words());
    }
    let stopped = shop.stop();
    tested.and(stopped)
}
