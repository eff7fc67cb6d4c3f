//! Where the program is.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The program under test, built if it was not given.
pub(crate) fn path() -> Result<PathBuf> {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = PATH.get() {
        return Ok(path.clone());
    }
    let path = match std::env::var_os("HANSE_TEST_BINARY") {
        Some(path) => PathBuf::from(path).canonicalize().context("HANSE_TEST_BINARY names no file")?,
        None => build()?,
    };
    Ok(PATH.get_or_init(|| path).clone())
}

fn build() -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args([
            "build",
            "--package",
            "hanse",
            "--bin",
            "hanse",
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be run")?;
    if !output.status.success() {
        bail!("the program does not build: {}", output.status);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let executable =
        messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
            let ours = message["target"]["name"] == "hanse" && message["target"]["kind"][0] == "bin";
            message["executable"].as_str().filter(|_| ours).map(PathBuf::from)
        });
    executable.context("cargo built no program named hanse")
}
