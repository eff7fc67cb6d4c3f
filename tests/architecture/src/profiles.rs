//! Every crate of ours says how far it is optimised in the profile that tests are built with: one that is forgotten is optimised
//! like crates of others, which takes four times as long.

use crate::manifests::Manifest;
use crate::{Breach, Source};
use anyhow::{Context, Result};
use toml::{Table, Value};

const FILE: &str = "Cargo.toml";
const RULE: &str = "profiles";

pub fn breaches(sources: &[Source], manifests: &[Manifest]) -> Result<Vec<Breach>> {
    let root = sources.iter().find(|source| source.path == FILE).context("no Cargo.toml")?;
    let table: Table = root.text.parse().context("cannot parse Cargo.toml")?;
    let packages = table.get("profile").and_then(|p| p.get("dev")).and_then(|dev| dev.get("package"));
    let level = |name: &str| packages?.get(name)?.get("opt-level").and_then(Value::as_integer);
    let untold = manifests.iter().filter(|manifest| level(&manifest.name).is_none());
    let mut breaches: Vec<Breach> = untold
        .map(|manifest| {
            let told = format!("[profile.dev.package] has no line `{} = {{ opt-level = 0 }}`", manifest.name);
            Breach::new(FILE, root.line_of("[profile.dev.package]"), RULE, told)
        })
        .collect();
    let ours = |name: &str| name == "*" || manifests.iter().any(|manifest| manifest.name == name);
    let listed = packages.and_then(Value::as_table).into_iter().flat_map(Table::keys);
    breaches.extend(listed.filter(|name| !ours(name)).map(|name| {
        let told = format!("[profile.dev.package] names {name}, which is no crate of ours");
        Breach::new(FILE, root.line_of(&format!("{name} = {{ opt-level")), RULE, told)
    }));
    Ok(breaches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifests::manifests;

    fn found(profile: &str) -> Result<Vec<String>> {
        let sources = [
            Source::new("Cargo.toml", format!("[workspace]\nmembers = []\n[profile.dev.package]\n{profile}")),
            Source::new("platform/flag/Cargo.toml", "[package]\nname = \"hanse-flag\""),
        ];
        Ok(breaches(&sources, &manifests(&sources)?)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_crate_that_is_forgotten_is_told_and_so_is_one_that_is_gone() -> Result<()> {
        let told =
            "Cargo.toml:3: [profiles] [profile.dev.package] has no line `hanse-flag = { opt-level = 0 }`";
        assert_eq!(found("\"*\" = { debug = false }")?, [told]);
        assert!(found("\"*\" = { debug = false }\nhanse-flag = { opt-level = 1 }")?.is_empty());
        let gone =
            "Cargo.toml:5: [profiles] [profile.dev.package] names hanse-mast, which is no crate of ours";
        assert_eq!(found("hanse-flag = { opt-level = 0 }\nhanse-mast = { opt-level = 0 }")?, [gone]);
        Ok(())
    }
}
