//! A library whose manifest says that its sources hold no tests holds none: they would never run.

use crate::manifests::Manifest;
use crate::{Breach, Source};
use toml::Value;

const RULE: &str = "untested";

pub fn breaches(sources: &[Source], manifests: &[Manifest]) -> Vec<Breach> {
    let untested = manifests.iter().filter(|manifest| says_it_has_none(manifest));
    untested.flat_map(|manifest| tests_of(manifest, sources)).collect()
}

fn says_it_has_none(manifest: &Manifest) -> bool {
    let said = manifest.table.get("lib").and_then(|lib| lib.get("test")).and_then(Value::as_bool);
    said == Some(false)
}

fn tests_of<'a>(manifest: &'a Manifest, sources: &'a [Source]) -> impl Iterator<Item = Breach> + 'a {
    let folder = format!("{}/src/", manifest.folder());
    let own = sources.iter().filter(move |s| s.path.starts_with(&folder) && s.path.ends_with(".rs"));
    own.flat_map(move |source| {
        let tests = source.text.lines().enumerate().filter(|(_, line)| is_test(line.trim()));
        tests.map(move |(at, _)| {
            let told = format!("{} has `test = false`, so this never runs", manifest.path);
            Breach::new(&source.path, at + 1, RULE, told)
        })
    })
}

fn is_test(line: &str) -> bool {
    let attribute = line.starts_with("#[") && (line.contains("test]") || line.contains("test("));
    attribute || line.starts_with("proptest!") || line.starts_with("#[cfg(test)]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifests::manifests;
    use anyhow::Result;

    fn found(manifest: &str, code: &str) -> Result<Vec<String>> {
        let manifest = format!("[package]\nname = \"hanse-flag\"\n{manifest}");
        let sources = [
            Source::new("platform/flag/Cargo.toml", manifest),
            Source::new("platform/flag/src/colours.rs", code),
            Source::new("platform/flag/tests/flag.rs", "#[test]\nfn flies() {}"),
        ];
        Ok(breaches(&sources, &manifests(&sources)?).iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_test_that_would_never_run_is_told() -> Result<()> {
        let told = "platform/flag/src/colours.rs:2: [untested] platform/flag/Cargo.toml has `test = false`, so this never runs";
        for test in ["#[test]", "    #[tokio::test]", "#[tokio::test(start_paused = true)]", "proptest! {"] {
            let code = format!("fn red() {{}}\n{test}\nfn is_red() {{}}");
            assert_eq!(found("[lib]\ntest = false", &code)?, [told], "{test}");
        }
        Ok(())
    }

    #[test]
    fn what_runs_is_fine_and_so_is_what_is_no_test() -> Result<()> {
        assert!(found("", "#[test]\nfn is_red() {}")?.is_empty());
        assert!(found("[lib]\ntest = false", "#[must_use]\nfn red() {}")?.is_empty());
        Ok(())
    }
}
