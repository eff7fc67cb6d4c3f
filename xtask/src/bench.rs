//! `cargo xtask bench`: the optimised shop under the load generator.

use crate::cluster::Cluster;
use crate::{process, test, tools, up, web};
use anyhow::Result;
use std::fs;
use std::path::PathBuf;

pub fn run(args: &[String]) -> Result<()> {
    let release = build_release()?;
    let mut bench = process::command(release.join("hanse-bench"));
    process::become_program(bench.arg("run").arg("--hanse").arg(release.join("hanse")).args(args))
}

/// One process: asked for several times as much as it can do (`overload`), or who has an account (`enumeration`).
pub fn alone(verb: &str, debug: bool, args: &[String]) -> Result<()> {
    let built = build(debug)?;
    let mut bench = process::command(built.join("hanse-bench"));
    bench.arg(verb).arg("--hanse").arg(built.join("hanse"));
    if debug {
        bench.arg("--debug-build");
    }
    process::become_program(bench.args(args))
}

/// First what the league is compared with, while it is not there to take its part of the machine; then the league.
pub fn cluster(debug: bool, args: &[String]) -> Result<()> {
    let built = build(debug)?;
    let folder = process::Folder::fresh()?;
    let baseline = folder.path().join("baseline.json");
    let hanse = built.join("hanse");
    let bench = |verb: &str| {
        let mut bench = process::command(built.join("hanse-bench"));
        bench.arg(verb).arg("--hanse").arg(&hanse).arg("--baseline").arg(&baseline);
        if debug {
            bench.arg("--debug-build");
        }
        bench
    };
    if args.iter().any(|argument| argument == "--help" || argument == "-h") {
        return process::become_program(bench("league").args(args));
    }
    process::run(bench("embedded").args(args))?;
    let cluster = Cluster::start(&hanse, |_| ())?;
    let map = folder.path().join("map.json");
    fs::write(&map, cluster.map()?.to_string())?;
    let measured = process::run(bench("league").arg("--map").arg(&map).args(args));
    let stopped = cluster.stop();
    measured.and(stopped)
}

/// The build that tests use, or the optimised one; the folder of what was built.
fn build(debug: bool) -> Result<PathBuf> {
    if !debug {
        return build_release();
    }
    tools::c_compiler()?;
    web::build(false)?;
    test::build_tests()?;
    Ok(process::target_dir()?.join("debug"))
}

/// The folder of what was built.
fn build_release() -> Result<PathBuf> {
    tools::c_compiler()?;
    web::build(false)?;
    // Two builds, so that the shop is the very binary that `up` starts (one build would unite their features).
    up::build_release("hanse")?;
    up::build_release("hanse-bench")?;
    Ok(process::target_dir()?.join("release"))
}
