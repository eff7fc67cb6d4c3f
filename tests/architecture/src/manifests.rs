//! The crates of the workspace: what each is in the house, and what its manifest depends on.

use crate::Source;
use anyhow::{Context, Result};
use toml::{Table, Value};

/// Which room of the house a crate lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    Platform,
    Service(String),
    Contract(String),
    /// `hanse/`: the one crate that knows all services.
    Composition,
    /// `tests/*`: they look at the whole from outside.
    Tests,
    /// Tools, sample data, embedded assets.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Normal,
    Dev,
    Build,
}

#[derive(Clone, Debug)]
pub struct Dependency {
    pub name: String,
    pub section: Section,
    pub line: usize,
}

#[derive(Clone, Debug)]
pub struct Manifest {
    pub path: String,
    pub name: String,
    pub room: Room,
    pub dependencies: Vec<Dependency>,
    pub table: Table,
}

impl Manifest {
    /// The folder of the crate, relative to the repository.
    pub fn folder(&self) -> &str {
        self.path.strip_suffix("/Cargo.toml").unwrap_or_default()
    }

    /// The names by which its sources may call other crates.
    pub fn extern_names(&self) -> impl Iterator<Item = String> {
        self.dependencies.iter().map(|dependency| dependency.name.replace('-', "_"))
    }
}

/// Every package manifest of the repository.
pub fn manifests(sources: &[Source]) -> Result<Vec<Manifest>> {
    let is_package = |source: &&Source| source.path.ends_with("/Cargo.toml");
    sources.iter().filter(is_package).map(manifest).collect()
}

fn manifest(source: &Source) -> Result<Manifest> {
    let table: Table = source.text.parse().with_context(|| format!("cannot parse {}", source.path))?;
    let name = table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    let name = name.with_context(|| format!("{} names no package", source.path))?.to_string();
    let mut dependencies = Vec::new();
    collect(&table, source, &mut dependencies);
    for target in table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
        if let Some(target) = target.as_table() {
            collect(target, source, &mut dependencies);
        }
    }
    Ok(Manifest { path: source.path.clone(), name, room: room(&source.path), dependencies, table })
}

fn collect(table: &Table, source: &Source, found: &mut Vec<Dependency>) {
    let sections = [
        ("dependencies", Section::Normal),
        ("dev-dependencies", Section::Dev),
        ("build-dependencies", Section::Build),
    ];
    for (key, section) in sections {
        for (name, value) in table.get(key).and_then(Value::as_table).into_iter().flatten() {
            // `alias = { package = "real" }` depends on the real one.
            let real = value.get("package").and_then(Value::as_str).unwrap_or(name);
            found.push(Dependency {
                name: real.to_string(),
                section,
                line: line_of(&source.text, key, name),
            });
        }
    }
}

fn line_of(text: &str, section: &str, name: &str) -> usize {
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            inside = header == section || header.ends_with(&format!(".{section}"));
            if header.ends_with(&format!("{section}.{name}")) {
                return index + 1;
            }
        } else if inside && line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.', '='])) {
            return index + 1;
        }
    }
    1
}

fn room(path: &str) -> Room {
    match path.split('/').collect::<Vec<_>>()[..] {
        ["platform", ..] => Room::Platform,
        ["services", service, "Cargo.toml"] => Room::Service(service.to_string()),
        ["services", service, "contract", "Cargo.toml"] => Room::Contract(service.to_string()),
        ["hanse", ..] => Room::Composition,
        ["tests", ..] => Room::Tests,
        _ => Room::Other,
    }
}
