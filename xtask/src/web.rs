//! The web workspace: built when its sources changed, checked by its own scripts.

use crate::process::{command, root, run};
use crate::tools;
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Folders and files anywhere in the workspace that a build makes or ignores.
const NOT_SOURCES: [&str; 4] = ["node_modules", "dist", "test-results", ".built"];
/// The crate that embeds the result, and the browser tests.
const NOT_STOREFRONT: [&str; 2] = ["assets", "e2e"];

/// Builds the storefront unless the sources are those of the last build.
pub fn build(force: bool) -> Result<()> {
    let storefront = root().join("web/storefront");
    let stamp = storefront.join(".built");
    let now = sources_hash(&root().join("web"))?;
    let built =
        storefront.join("dist/index.html").is_file() && fs::read_to_string(&stamp).is_ok_and(|s| s == now);
    if built && !force {
        println!("storefront: up to date");
        return Ok(());
    }
    install()?;
    script("build")?;
    fs::write(stamp, now)?;
    Ok(())
}

/// The workspace's own checks, then the build and what may not grow with it.
pub fn check() -> Result<()> {
    install()?;
    for name in ["lint", "typecheck", "test"] {
        script(name)?;
    }
    build(false)?;
    script("check:budget")
}

/// The end-to-end tests of these files (or all) against a shop at `url`.
pub fn e2e(url: &str, browser: &Path, environment: &[(&str, &OsStr)], files: &[&str]) -> Result<()> {
    install()?;
    has_script("e2e")?;
    let mut command = pnpm();
    command.args(["run", "e2e"]).args(files).env("BASE_URL", url).env("CHROMIUM", browser);
    run(command.envs(environment.iter().copied()))
}

fn pnpm() -> Command {
    let web = root().join("web");
    let mut command = command(web.join("bin/pnpm"));
    command.current_dir(web).stdin(Stdio::null());
    command
}

fn install() -> Result<()> {
    tools::node()?;
    // CI=true keeps pnpm from asking questions when there is nobody to answer.
    run(pnpm().args(["install", "--frozen-lockfile"]).env("CI", "true"))
}

fn script(name: &str) -> Result<()> {
    has_script(name)?;
    run(pnpm().args(["run", name]))
}

fn has_script(name: &str) -> Result<()> {
    let manifest =
        fs::read_to_string(root().join("web/package.json")).context("cannot read web/package.json")?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
    if manifest["scripts"][name].is_null() {
        bail!("web/package.json has no script `{name}`");
    }
    Ok(())
}

/// One number for every file that a build depends on, names and contents.
fn sources_hash(web: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(web, &mut files)?;
    files.retain(|file| !NOT_STOREFRONT.iter().any(|other| file.starts_with(web.join(other))));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(web).unwrap_or(&file).hash(&mut hasher);
        fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_SOURCES.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
