//! Rules on the text of files: their length, their first line, and nothing of one person's machine in them.

use crate::{Breach, Source};

const LENGTH: &str = "length";
const FIRST_LINE: &str = "first-line";
const MACHINE: &str = "machine";

const MAX_LINES: usize = 600;
const MEASURED: [&str; 3] = [".rs", ".ts", ".vue"];

/// Folders that exist on one machine only. Written in halves, or this file would break its own rule.
const MACHINE_FOLDERS: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// Where packages may come from, according to a lock file.
const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub fn breaches(sources: &[Source]) -> Vec<Breach> {
    sources
        .iter()
        .flat_map(|source| [length(source), first_line(source)].into_iter().flatten().chain(machine(source)))
        .collect()
}

fn length(source: &Source) -> Option<Breach> {
    let lines = source.text.lines().count();
    let measured = MEASURED.iter().any(|ending| source.path.ends_with(ending));
    let text = format!("{lines} lines: at most {MAX_LINES}, better half of that");
    (measured && lines > MAX_LINES).then(|| Breach::new(&source.path, lines, LENGTH, text))
}

fn first_line(source: &Source) -> Option<Breach> {
    let first = source.text.lines().next().unwrap_or_default();
    let says_something = first.strip_prefix("//!").is_some_and(|text| text.trim().len() > 3);
    // A build script is a line or two of one call; what it makes is said where it is included.
    let module = source.path.ends_with(".rs") && !source.path.ends_with("build.rs");
    (module && !says_something).then(|| {
        Breach::new(&source.path, 1, FIRST_LINE, "the first line does not say what the module owns (`//! …`)")
    })
}

fn machine(source: &Source) -> Vec<Breach> {
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let mut refuse = |text: String| found.push(Breach::new(&source.path, index + 1, MACHINE, text));
        for folder in MACHINE_FOLDERS {
            if line.match_indices(folder).any(|(at, _)| begins_a_path(&line[..at])) {
                refuse(format!("names a folder of one machine ({folder})"));
            }
        }
        if source.path.ends_with("Cargo.lock") && line.starts_with("source = ") && !line.contains(CRATES) {
            refuse("a crate that is not from crates.io".into());
        }
        if source.path.ends_with("pnpm-lock.yaml") && line.contains("tarball:") {
            refuse("a package locked to one registry's address".into());
        }
        if source.path.ends_with(".npmrc") && line.contains("registry=") {
            refuse("the registry is each machine's own affair".into());
        }
    }
    found
}

/// `https://host/home/` and `./pages/home/` are no absolute paths.
fn begins_a_path(before: &str) -> bool {
    !before.chars().next_back().is_some_and(|last| last.is_alphanumeric() || "_-.})]>*@~$/".contains(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        breaches(&[Source::new(path, text)]).iter().map(|breach| (breach.line, breach.rule)).collect()
    }

    #[test]
    fn long_files_are_refused() {
        let long = format!("//! Owns too much.\n{}", "//\n".repeat(MAX_LINES));
        assert_eq!(rules("hanse/src/a.rs", &long), [(MAX_LINES + 1, LENGTH)]);
        assert_eq!(rules("web/a.vue", &long), [(MAX_LINES + 1, LENGTH)]);
        assert!(rules("docs/a.md", &long).is_empty());
    }

    #[test]
    fn a_module_says_what_it_owns() {
        assert_eq!(rules("hanse/src/a.rs", "use std::fmt;\n"), [(1, FIRST_LINE)]);
        assert_eq!(rules("hanse/src/a.rs", ""), [(1, FIRST_LINE)]);
        assert_eq!(rules("hanse/src/a.rs", "//!\n"), [(1, FIRST_LINE)]);
        assert!(rules("hanse/src/a.rs", "//! Owns the command line.\n").is_empty());
    }

    #[test]
    fn nothing_of_one_machine() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(rules("docs/a.md", &format!("run\ncd {folder}hanse")), [(2, MACHINE)]);
            assert_eq!(rules("deploy/a.yaml", &format!("path: \"{folder}x\"")), [(1, MACHINE)]);
            assert!(
                rules("web/a.js", &format!("import \".{folder}x\"; fetch(`https://a.example{folder}`)"))
                    .is_empty()
            );
        }
        assert_eq!(rules("Cargo.lock", "source = \"registry+https://mirror.example/index\""), [(1, MACHINE)]);
        assert_eq!(
            rules("web/pnpm-lock.yaml", "  resolution: {tarball: https://a.example/x.tgz}"),
            [(1, MACHINE)]
        );
        assert_eq!(rules("web/.npmrc", "registry=https://a.example"), [(1, MACHINE)]);
    }
}
