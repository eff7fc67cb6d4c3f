//! What the verbs need from the machine besides cargo, installed when absent: Debian's packages, when we are root.

use crate::process::{command, on_path, run};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A C compiler, for the bundled SQLite.
pub fn c_compiler() -> Result<()> {
    if on_path(&["cc", "gcc", "clang"]).is_some() {
        return Ok(());
    }
    apt(&["gcc", "libc6-dev"], "a C compiler")
}

/// A browser for the end-to-end tests: its path.
pub fn chromium() -> Result<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    if let Some(found) = on_path(&names) {
        return Ok(found);
    }
    apt(&["chromium", "fonts-liberation"], "Chromium")?;
    on_path(&names).context("Chromium was installed, but is not on the PATH")
}

/// The PostgreSQL server's programs. The package would start a cluster on the standard port: not wanted here.
pub fn postgres() -> Result<()> {
    if crate::private_postgres::binaries().is_some() {
        return Ok(());
    }
    let no_cluster = Path::new("/etc/postgresql-common/createcluster.d/hanse-tests.conf");
    let may_write = is_root() && !no_cluster.exists();
    if may_write {
        fs::create_dir_all(no_cluster.parent().unwrap_or(no_cluster))?;
        fs::write(no_cluster, "create_main_cluster = false\n")?;
    }
    let installed = apt(&["postgresql"], "PostgreSQL");
    if may_write {
        fs::remove_file(no_cluster)?;
    }
    installed
}

/// The RabbitMQ broker's programs. The package would start a broker on the standard port: not wanted here.
pub fn rabbitmq() -> Result<()> {
    if crate::private_rabbitmq::binaries().is_some() {
        return Ok(());
    }
    // Debian's own way to say that a fresh package's service stays down.
    let stay_down = Path::new("/usr/sbin/policy-rc.d");
    let may_write = is_root() && !stay_down.exists();
    if may_write {
        fs::write(stay_down, "#!/bin/sh\nexit 101\n")?;
        fs::set_permissions(stay_down, fs::Permissions::from_mode(0o755))?;
    }
    let installed = apt(&["rabbitmq-server"], "RabbitMQ");
    if may_write {
        fs::remove_file(stay_down)?;
    }
    installed
}

/// The Redis server's program. It comes with Debian's tools already; the package named after the server would start a
/// service on the standard port, which is not wanted here.
pub fn redis() -> Result<()> {
    if crate::private_redis::binary().is_some() {
        return Ok(());
    }
    apt(&["redis-tools"], "Redis")
}

/// Node.js with npm. Which pnpm to use, and on which Node it runs, is the web workspace's own affair (web/bin/pnpm).
pub fn node() -> Result<()> {
    if on_path(&["node"]).is_some() && on_path(&["npx"]).is_some() {
        return Ok(());
    }
    apt(&["nodejs", "npm"], "Node.js 20 or later with npm")
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn apt(packages: &[&str], what: &str) -> Result<()> {
    let list = packages.join(" ");
    if on_path(&["apt-get"]).is_none() {
        bail!("{what} is missing: please install it (on Debian: apt-get install {list})");
    }
    if !is_root() {
        bail!("{what} is missing: please run `sudo apt-get install {list}` and try again");
    }
    println!("{what} is missing: installing it");
    let apt = || {
        let mut apt = command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        apt
    };
    run(apt().args(["update", "-q"]))?;
    run(apt().args(["install", "-qy", "--no-install-recommends"]).args(packages))
}
