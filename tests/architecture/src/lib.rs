//! The house rules as code: each takes the repository's files and answers with the breaches it finds, by file and line.

pub mod dependencies;
pub mod effects;
pub mod layers;
pub mod licences;
pub mod manifests;
pub mod metrics;
pub mod migrations;
pub mod paths;
pub mod personal;
pub mod profiles;
pub mod security;
pub mod services;
pub mod text;
pub mod untested;

use anyhow::{Context, Result, bail};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file, its path relative to the repository and with forward slashes.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The first line (from 1) that holds `needle`; 1 when none does.
    pub fn line_of(&self, needle: &str) -> usize {
        self.text.lines().position(|line| line.contains(needle)).map_or(1, |index| index + 1)
    }
}

/// One place that breaks one rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    pub file: String,
    pub line: usize,
    pub rule: &'static str,
    pub text: String,
}

impl Breach {
    pub fn new(file: &str, line: usize, rule: &'static str, text: impl Into<String>) -> Self {
        Self { file: file.to_string(), line, rule, text: text.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] {}", self.file, self.line, self.rule, self.text)
    }
}

/// The repository's folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Every text file that is tracked or would be: what git lists, or, in an unpacked archive, all but the build's folders.
pub fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut paths = if root.join(".git").exists() { tracked(root)? } else { walked(root) };
    paths.sort();
    let mut sources = Vec::with_capacity(paths.len());
    for path in paths {
        let file = root.join(&path);
        // A file deleted but not yet committed is still listed; a link leads to a file that is listed itself.
        if !file.is_file() || file.is_symlink() {
            continue;
        }
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes)
            && !text.contains('\0')
        {
            sources.push(Source { path, text });
        }
    }
    if sources.is_empty() {
        bail!("{} holds no sources", root.display());
    }
    Ok(sources)
}

fn tracked(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let answer = git.current_dir(root).output().context("cannot start git")?;
    if !answer.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&answer.stderr));
    }
    let names = String::from_utf8(answer.stdout)?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_string).collect())
}

fn walked(root: &Path) -> Vec<String> {
    let built = ["target", "node_modules", "dist", "data", ".git"];
    let entries = walkdir::WalkDir::new(root).into_iter().filter_entry(|entry| {
        entry.depth() == 0 || !built.iter().any(|skipped| entry.file_name() == *skipped)
    });
    let files = entries.flatten().filter(|entry| entry.file_type().is_file());
    files
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_str()?.replace('\\', "/")))
        .collect()
}

/// The breaches as one text, for a test's message.
pub fn report(mut breaches: Vec<Breach>) -> String {
    breaches.sort();
    breaches.dedup();
    breaches.iter().map(|breach| format!("\n  {breach}")).collect()
}
