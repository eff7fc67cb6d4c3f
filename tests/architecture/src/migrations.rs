//! Rule: both databases have the same migrations, by number and name, without gaps or doubles.

use crate::{Breach, Source};
use std::collections::{BTreeMap, BTreeSet};

const RULE: &str = "migrations";
const ENGINES: [&str; 2] = ["postgres", "sqlite"];

pub fn breaches(sources: &[Source]) -> Vec<Breach> {
    // Folder of the migrations → engine → names.
    let mut folders: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.ends_with(".sql")) {
        if let Some((folder, rest)) = source.path.split_once("/migrations/")
            && let Some((engine, name)) = rest.split_once('/')
        {
            folders.entry(folder).or_default().entry(engine).or_default().insert(name);
        }
    }
    folders.iter().flat_map(|(folder, engines)| compare(folder, engines)).collect()
}

fn compare(folder: &str, engines: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut refuse = |engine: &str, name: &str, text: &str| {
        found.push(Breach::new(&format!("{folder}/migrations/{engine}/{name}"), 1, RULE, text));
    };
    for (engine, names) in engines {
        if !ENGINES.contains(engine) {
            refuse(engine, "", "no such engine: migrations/postgres and migrations/sqlite");
        }
        let mut numbers = BTreeMap::new();
        for name in names {
            match number(name) {
                None => refuse(engine, name, "the name is not V<number>__<what it does>.sql"),
                Some(number) if numbers.insert(number, name).is_some() => {
                    refuse(engine, name, "its number is taken")
                }
                Some(_) => {}
            }
        }
        let last = numbers.keys().next_back().copied().unwrap_or_default();
        if let Some(gap) = (1..last).find(|number| !numbers.contains_key(number)) {
            refuse(engine, "", &format!("number {gap} is missing"));
        }
    }
    let empty = BTreeSet::new();
    let [first, second] = ENGINES.map(|engine| (engine, engines.get(engine).unwrap_or(&empty)));
    for ((here, names), (there, others)) in [(first, second), (second, first)] {
        for name in names.difference(others) {
            refuse(here, name, &format!("has no counterpart in migrations/{there}"));
        }
    }
    found
}

fn number(name: &str) -> Option<u32> {
    let (number, what) = name.strip_prefix('V')?.strip_suffix(".sql")?.split_once("__")?;
    if what.is_empty() { None } else { number.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[&str]) -> Vec<String> {
        let sources: Vec<Source> =
            paths.iter().map(|path| Source::new(format!("services/x/migrations/{path}"), "")).collect();
        breaches(&sources).iter().map(|breach| format!("{} {}", breach.file, breach.text)).collect()
    }

    #[test]
    fn the_same_on_both_engines() {
        let both = ["postgres/V1__users.sql", "sqlite/V1__users.sql"];
        assert!(check(&both).is_empty());
        let found = check(&[both[0], both[1], "sqlite/V2__roles.sql"]);
        assert_eq!(
            found,
            ["services/x/migrations/sqlite/V2__roles.sql has no counterpart in migrations/postgres"]
        );
        assert_eq!(check(&["postgres/V1__users.sql", "sqlite/V1__accounts.sql"]).len(), 2);
        assert_eq!(check(&["sqlite/V1__users.sql"]).len(), 1);
    }

    #[test]
    fn numbered_without_gaps_and_doubles() {
        let double = ["postgres/V1__a.sql", "sqlite/V1__a.sql", "postgres/V1__b.sql", "sqlite/V1__b.sql"];
        assert!(check(&double).iter().all(|text| text.contains("number is taken")));
        assert_eq!(check(&double).len(), 2);
        assert_eq!(check(&["postgres/V2__a.sql", "sqlite/V2__a.sql"]).len(), 2);
        assert_eq!(check(&["postgres/first.sql", "sqlite/first.sql"]).len(), 2);
        assert_eq!(check(&["mysql/V1__a.sql"]).len(), 1);
    }
}
