//! `cargo xtask new-service NAME`: a bounded context that works from its first minute, from `xtask/templates/service`,
//! and its registration in the workspace. Taking it away again leaves no trace.

use crate::process;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};

const TEMPLATES: &str = "xtask/templates/service";
const SUFFIX: &str = ".tmpl";
const NAME: &str = "__name__";

/// A line to add to a file of the repository, before the first line that begins with `before`.
struct Registration {
    file: &'static str,
    before: &'static str,
    line: String,
}

fn registrations(name: &str) -> Vec<Registration> {
    let line = |file, before, line: String| Registration { file, before, line };
    vec![
        line("Cargo.toml", "  \"hanse\",", format!("  \"services/{name}\",")),
        line("Cargo.toml", "  \"hanse\",", format!("  \"services/{name}/contract\",")),
        line(
            "Cargo.toml",
            "hanse-sample = { path",
            format!("hanse-{name} = {{ path = \"services/{name}\" }}"),
        ),
        line(
            "Cargo.toml",
            "hanse-sample = { path",
            format!("hanse-{name}-contract = {{ path = \"services/{name}/contract\" }}"),
        ),
        line("Cargo.toml", "hanse-sample = { opt-level", format!("hanse-{name} = {{ opt-level = 0 }}")),
        line(
            "Cargo.toml",
            "hanse-sample = { opt-level",
            format!("hanse-{name}-contract = {{ opt-level = 0 }}"),
        ),
        line("hanse/Cargo.toml", "hanse-gateway.workspace", format!("hanse-{name}.workspace = true")),
        line(
            "hanse/src/compose/services.rs",
            "        other =>",
            format!(
                "        \"{name}\" => hanse_{name}::module(berth.host(\"{name}\", hanse_{name}::MIGRATIONS).await?)?,"
            ),
        ),
        line("hanse/src/compose/names.rs", "];", format!("    \"{name}\",")),
    ]
}

/// Writes the service's files below `root` and registers it there.
pub fn add(root: &Path, name: &str) -> Result<()> {
    check_name(name)?;
    let folder = root.join("services").join(name);
    ensure!(!folder.exists(), "services/{name} is there already");
    let templates = root.join(TEMPLATES);
    for template in files(&templates)? {
        let relative =
            template.strip_prefix(&templates)?.to_str().context("a template's name is not text")?;
        let target = folder.join(filled(relative.strip_suffix(SUFFIX).unwrap_or(relative), name));
        fs::create_dir_all(target.parent().unwrap_or(&folder))?;
        fs::write(&target, filled(&fs::read_to_string(&template)?, name))?;
    }
    for Registration { file, before, line } in registrations(name) {
        edit(root, file, |text| insert(text, before, &line))?;
    }
    // The order of imports depends on the name.
    let packages = ["--package", &format!("hanse-{name}"), "--package", &format!("hanse-{name}-contract")];
    process::run(process::cargo().arg("fmt").args(packages).current_dir(root))?;
    println!("services/{name} is there, and part of the shop; next: its README.md and its domain");
    Ok(())
}

/// Takes away what [`add`] wrote.
pub fn remove(root: &Path, name: &str) -> Result<()> {
    check_name(name)?;
    let folder = root.join("services").join(name);
    ensure!(folder.is_dir(), "there is no services/{name}");
    for Registration { file, line, .. } in registrations(name) {
        edit(root, file, |text| without(text, &line))?;
    }
    fs::remove_dir_all(&folder)?;
    println!("services/{name} and its registration are gone");
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase());
    ensure!(
        letters && (3..=24).contains(&name.len()),
        "a service's name is one lower-case word, not `{name}`"
    );
    Ok(())
}

fn filled(text: &str, name: &str) -> String {
    text.replace(NAME, name)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn edit(root: &Path, file: &str, change: impl Fn(&str) -> Result<String>) -> Result<()> {
    let path = root.join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
    let changed = change(&text).with_context(|| format!("cannot change {file}"))?;
    Ok(fs::write(&path, changed)?)
}

fn insert(text: &str, before: &str, line: &str) -> Result<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let Some(at) = lines.iter().position(|present| present.starts_with(before)) else {
        bail!("no line begins with `{before}`");
    };
    lines.insert(at, line);
    Ok(lines.join("\n") + "\n")
}

fn without(text: &str, line: &str) -> Result<String> {
    let kept: Vec<&str> = text.lines().filter(|present| *present != line).collect();
    ensure!(kept.len() < text.lines().count(), "it has no line `{line}`");
    Ok(kept.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_architecture::{dependencies, effects, layers, manifests, migrations, report, sources, text};

    /// The repository's files in a folder of their own. Always the same one, and files that are the same stay as they
    /// are: what the last run has built of the other crates need not be built again.
    fn copy() -> Result<PathBuf> {
        let copy = process::target_dir()?.join("tmp/scaffold");
        if copy.join("services").exists() {
            fs::remove_dir_all(copy.join("services/loyalty")).or_else(absent)?;
        }
        for source in sources(&process::root())? {
            let target = copy.join(&source.path);
            if !fs::read_to_string(&target).is_ok_and(|text| text == source.text) {
                fs::create_dir_all(target.parent().unwrap_or(&copy))?;
                fs::write(target, source.text)?;
            }
        }
        Ok(copy)
    }

    fn absent(error: std::io::Error) -> std::io::Result<()> {
        if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
    }

    #[test]
    fn a_scaffold_keeps_the_house_rules_passes_its_tests_and_goes_without_a_trace() -> Result<()> {
        let copy = copy()?;
        let touched = || -> Result<Vec<String>> {
            let read = |registration: &Registration| Ok(fs::read_to_string(copy.join(registration.file))?);
            registrations("loyalty").iter().map(read).collect()
        };
        let before = touched()?;
        add(&copy, "loyalty")?;
        assert!(add(&copy, "loyalty").is_err(), "a service is not written over");

        let own = |path: &str| path.starts_with("services/loyalty/");
        let all = sources(&copy)?;
        let of_it: Vec<_> = all.iter().filter(|source| own(&source.path)).cloned().collect();
        let manifests = manifests::manifests(&all)?;
        let mut breaches = layers::breaches(&of_it, &manifests)?;
        breaches.extend(dependencies::breaches(&manifests).into_iter().filter(|breach| own(&breach.file)));
        breaches.extend(effects::breaches(&of_it)?);
        breaches.extend(migrations::breaches(&of_it));
        breaches.extend(text::breaches(&of_it));
        assert!(breaches.is_empty(), "{}", report(breaches));

        let cargo = |arguments: &[&str]| -> Result<()> {
            let mut cargo = process::cargo();
            cargo.args(arguments).current_dir(&copy).env("CARGO_TARGET_DIR", process::target_dir()?);
            process::run(&mut cargo)
        };
        cargo(&["clippy", "--no-deps", "--package", "hanse-loyalty", "--tests", "--", "--deny", "warnings"])?;
        cargo(&["test", "--package", "hanse-loyalty", "--tests"])?;

        remove(&copy, "loyalty")?;
        assert!(!copy.join("services/loyalty").exists());
        assert_eq!(touched()?, before);
        Ok(())
    }

    #[test]
    fn only_one_word_is_a_name() {
        for name in ["", "a", "Loyalty", "loyalty-points", "../auth", "loyalty2"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name("loyalty").is_ok());
    }
}
