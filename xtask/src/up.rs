//! `cargo xtask up`: from a clone to a running shop.

use crate::{process, tools, web};
use anyhow::Result;

pub fn run(no_web: bool, args: &[String]) -> Result<()> {
    tools::c_compiler()?;
    // First the web, because the binary carries what is built of it.
    if !no_web {
        web::build(false)?;
    }
    println!("building the shop (the first time takes some minutes)");
    build_release("hanse")?;
    let hanse = process::target_dir()?.join("release/hanse");
    // Becoming the shop leaves nobody between it and the terminal: Ctrl-C reaches it, and its exit code is ours.
    process::become_program(process::command(hanse).arg("up").args(args))
}

/// An optimised binary, with cargo's own progress shown.
pub fn build_release(package: &str) -> Result<()> {
    process::run(process::cargo().args(["build", "--release", "--package", package]))
}
