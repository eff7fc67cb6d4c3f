//! Rules on what the product is built from: licences that let anybody use it, and crates that stay outside.

use crate::{Breach, Source};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

const LICENCE: &str = "licence";
const BANNED: &str = "banned";

const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// One TLS and one cryptography implementation (ring), no ORM, nothing stale; docs/adr gives the reasons.
const BANNED_CRATES: [(&str, &str); 12] = [
    ("aws-lc-rs", "ring is the one cryptography library"),
    ("aws-lc-sys", "ring is the one cryptography library"),
    ("diesel", "repositories are plain SQL over hanse-database"),
    ("figment", "unmaintained"),
    ("fred", "unmaintained"),
    ("native-tls", "rustls is the one TLS library"),
    ("openssl", "rustls is the one TLS library"),
    ("openssl-sys", "rustls is the one TLS library"),
    ("rotel", "unmaintained"),
    ("sea-orm", "repositories are plain SQL over hanse-database"),
    ("sqlx", "repositories are plain SQL over hanse-database"),
    ("sqlx-core", "repositories are plain SQL over hanse-database"),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub license: Option<String>,
}

/// The packages that are built for this platform, as cargo resolves them.
pub fn packages(root: &Path) -> Result<Vec<Package>> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let version = run(Command::new("rustc").arg("-vV"))?;
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    let arguments = ["metadata", "--format-version=1", "--filter-platform", host];
    let metadata: Metadata =
        serde_json::from_str(&run(Command::new(cargo).args(arguments).current_dir(root))?)?;
    Ok(metadata.packages)
}

fn run(command: &mut Command) -> Result<String> {
    let answer = command.output().with_context(|| format!("cannot start {command:?}"))?;
    if !answer.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&answer.stderr));
    }
    Ok(String::from_utf8(answer.stdout)?)
}

pub fn breaches(packages: &[Package], lock: &Source) -> Vec<Breach> {
    packages.iter().filter_map(|package| refusal(package, lock)).collect()
}

fn refusal(package: &Package, lock: &Source) -> Option<Breach> {
    let Package { name, version, license } = package;
    let line = lock.line_of(&format!("name = \"{name}\""));
    match license {
        None => Some(Breach::new(&lock.path, line, LICENCE, format!("{name} {version} names no licence"))),
        Some(expression) if acceptable(expression) => None,
        Some(expression) => {
            Some(Breach::new(&lock.path, line, LICENCE, format!("{name} {version} is under {expression}")))
        }
    }
}

/// Also what only another platform would build: the lock file names it, so it is one build away.
pub fn banned(lock: &Source) -> Vec<Breach> {
    let named = lock.text.lines().enumerate().filter_map(|(index, line)| {
        let name = line.strip_prefix("name = \"")?.strip_suffix('"')?;
        let (_, why) = BANNED_CRATES.iter().find(|(banned, _)| *banned == name)?;
        Some(Breach::new(&lock.path, index + 1, BANNED, format!("{name}: {why}")))
    });
    named.collect()
}

/// An SPDX expression: every part joined by AND is allowed, and of those joined by OR at least one.
pub fn acceptable(expression: &str) -> bool {
    // Older crates write MIT/Apache-2.0 and mean OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, at: 0 };
    parser.any().is_some_and(|allowed| allowed && parser.at == words.len())
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl Parser<'_> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at).is_some_and(|next| *next == word);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Option<bool> {
        let mut allowed = self.all()?;
        while self.take("OR") {
            allowed |= self.all()?;
        }
        Some(allowed)
    }

    fn all(&mut self) -> Option<bool> {
        let mut allowed = self.one()?;
        while self.take("AND") {
            allowed &= self.one()?;
        }
        Some(allowed)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let inside = self.any()?;
            return self.take(")").then_some(inside);
        }
        let mut name = (*self.words.get(self.at)?).to_string();
        self.at += 1;
        if self.take("WITH") {
            name = format!("{name} WITH {}", self.words.get(self.at)?);
            self.at += 1;
        }
        Some(ALLOWED.contains(&name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_spdx_expressions() {
        for expression in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        ] {
            assert!(acceptable(expression), "{expression}");
        }
        for expression in
            ["GPL-3.0", "MIT AND AGPL-3.0", "(MIT", "MIT)", "", "Apache-2.0 WITH Commons-Clause", "OR"]
        {
            assert!(!acceptable(expression), "{expression}");
        }
    }

    #[test]
    fn a_planted_package_is_found_in_the_lock_file() {
        let lock =
            Source::new("Cargo.lock", "[[package]]\nname = \"sqlx\"\n\n[[package]]\nname = \"greedy\"\n");
        let package = |license: Option<&str>| Package {
            name: "greedy".into(),
            version: "1.0.0".into(),
            license: license.map(str::to_string),
        };
        let found = breaches(&[package(Some("AGPL-3.0"))], &lock);
        assert_eq!(found, [Breach::new("Cargo.lock", 5, LICENCE, "greedy 1.0.0 is under AGPL-3.0")]);
        assert_eq!(breaches(&[package(None)], &lock).len(), 1);
        assert!(breaches(&[package(Some("ISC"))], &lock).is_empty());
        let found = banned(&lock);
        assert_eq!((found.len(), found[0].line, found[0].rule), (1, 2, BANNED));
    }
}
