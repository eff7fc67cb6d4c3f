//! What the verbs need from the machine besides cargo, installed when absent: Debian packages as root, and Node tools
//! into a folder of their own under the target directory.

use crate::process::{command, on_path, root, run, target_dir};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Used when web/package.json does not pin pnpm itself.
const PNPM: &str = "11.28.11";
/// pnpm 11 needs Node 22.13 or later; an older Node gets a newer one from npm, beside pnpm.
const PNPM_NODE: (u32, u32) = (22, 13);
const NODE: &str = "^24.15.0";

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

/// pnpm, with a Node on its PATH that it accepts.
pub struct Pnpm {
    program: PathBuf,
    path: std::ffi::OsString,
}

impl Pnpm {
    /// Finds or installs it; the version is the one that web/package.json pins.
    pub fn ready() -> Result<Self> {
        let node = node_version()?;
        let tools = target_dir()?.join("tools");
        let mut packages = vec![format!("pnpm@{}", pinned_pnpm()?)];
        if node < PNPM_NODE {
            packages.push(format!("node-{}@{NODE}", platform(node)?));
        }
        install_node_tools(&tools, &packages)?;
        let bin = tools.join("node_modules/.bin");
        let program = bin.join("pnpm");
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&inherited)))?;
        Ok(Self { program, path })
    }

    /// A pnpm command in the web workspace.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(root().join("web")).env("PATH", &self.path).stdin(Stdio::null());
        command
    }
}

fn install_node_tools(tools: &Path, packages: &[String]) -> Result<()> {
    let stamp = tools.join("installed");
    let wanted = packages.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(tools)?;
    // Without a manifest of its own npm would look for one in the folders above.
    fs::write(tools.join("package.json"), "{\"name\": \"hanse-tools\", \"private\": true}\n")?;
    run(command("npm")
        .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"])
        .arg(tools)
        .args(packages)
        .current_dir(tools)
        .stdin(Stdio::null()))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

fn node_version() -> Result<(u32, u32)> {
    if on_path(&["node"]).is_none() || on_path(&["npm"]).is_none() {
        apt(&["nodejs", "npm"], "Node.js 20 or later with npm")?;
    }
    let answer = command("node").arg("--version").output().context("cannot start node")?;
    let text = String::from_utf8_lossy(&answer.stdout);
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => bail!("node --version answered {text:?}"),
    }
}

/// The name that npm's Node packages give to this machine.
fn platform(have: (u32, u32)) -> Result<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("linux-x64"),
        ("linux", "aarch64") => Ok("linux-arm64"),
        _ => bail!(
            "Node {}.{} is too old for pnpm: install Node {}.{} or later",
            have.0,
            have.1,
            PNPM_NODE.0,
            PNPM_NODE.1
        ),
    }
}

fn pinned_pnpm() -> Result<String> {
    let manifest = root().join("web/package.json");
    let text =
        fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let manifest: serde_json::Value = serde_json::from_str(&text)?;
    let pinned = manifest["packageManager"].as_str().and_then(|name| name.strip_prefix("pnpm@"));
    Ok(pinned.map_or(PNPM, |version| version.split('+').next().unwrap_or(version)).to_string())
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
