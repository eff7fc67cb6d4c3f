//! `cargo xtask bench`: the optimised shop under the load generator.

use crate::{process, tools, up, web};
use anyhow::Result;

pub fn run(args: &[String]) -> Result<()> {
    tools::c_compiler()?;
    web::build(false)?;
    // Two builds, so that the shop is the very binary that `up` starts (one build would unite their features).
    up::build_release("hanse")?;
    up::build_release("hanse-bench")?;
    let release = process::target_dir()?.join("release");
    let mut bench = process::command(release.join("hanse-bench"));
    process::become_program(bench.arg("run").arg("--hanse").arg(release.join("hanse")).args(args))
}
