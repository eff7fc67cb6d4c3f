//! `cargo xtask chaos`: the fault tests alone, as often in a row as somebody wants to see them pass.

use crate::process;
use anyhow::{Context, Result};
use std::time::Instant;

pub fn run(times: u32, all_points: bool, story: Option<&str>) -> Result<()> {
    let chosen = story.map_or_else(String::new, |story| format!(" & test({story})"));
    let filter = format!("package(hanse-chaos){chosen}");
    let program = std::env::current_exe().context("this program has no path")?;
    for turn in 1..=times {
        let began = Instant::now();
        let mut tests = process::command(&program);
        tests.args(["test", "--only", "rust", "--", "--workspace", "-E", &filter, "--no-capture"]);
        if all_points {
            tests.env("HANSE_CRASH_POINTS", "all");
        }
        process::run(&mut tests).with_context(|| format!("turn {turn} of {times}"))?;
        println!("\n== turn {turn} of {times} passed after {:.0} s", began.elapsed().as_secs_f64());
    }
    Ok(())
}
