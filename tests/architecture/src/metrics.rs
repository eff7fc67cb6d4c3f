//! Rule: the operators' page lists every metric that the product measures, with its type, and none that it does not.

use crate::{Breach, Source};
use std::collections::BTreeMap;

const RULE: &str = "metrics";
pub const PAGE: &str = "docs/operations/observation.md";
const KINDS: [&str; 3] = ["counter", "gauge", "histogram"];
/// Code that never runs in a shop, and this rule's own examples.
const EXEMPT: [&str; 4] = ["tests/", "bench/", "xtask/", "platform/testkit/"];

pub fn breaches(sources: &[Source]) -> Vec<Breach> {
    let Some(page) = sources.iter().find(|source| source.path == PAGE) else {
        return vec![Breach::new(PAGE, 1, RULE, "the page that lists the metrics is missing")];
    };
    let listed = listed(page);
    let (mut found, mut measured) = (vec![], BTreeMap::new());
    let ours = |source: &&Source| {
        source.path.ends_with(".rs")
            && !source.path.contains("/tests/")
            && !EXEMPT.iter().any(|folder| source.path.starts_with(folder))
    };
    for source in sources.iter().filter(ours) {
        for (line, kind, name) in uses(source) {
            let Some(name) = name else {
                let why =
                    "the name must be a text or a constant of the same file, so that it can be looked up";
                found.push(Breach::new(&source.path, line, RULE, why));
                continue;
            };
            match listed.get(name) {
                None => {
                    let why = format!("{PAGE} has no row `{name}`");
                    found.push(Breach::new(&source.path, line, RULE, why));
                }
                Some((_, other)) if *other != kind => {
                    let why = format!("{PAGE} says that {name} is a {other}, and it is a {kind}");
                    found.push(Breach::new(&source.path, line, RULE, why));
                }
                Some(_) => _ = measured.insert(name, kind),
            }
        }
    }
    for (name, (line, _)) in &listed {
        let known = measured.contains_key(name)
            || found.iter().any(|breach| breach.text.contains(&format!("that {name} is")));
        if !known {
            found.push(Breach::new(PAGE, *line, RULE, format!("nothing measures {name}")));
        }
    }
    found
}

/// By name: its line and its type.
fn listed(page: &Source) -> BTreeMap<&str, (usize, &str)> {
    let row = |(index, line)| {
        let (name, rest) = str::strip_prefix(line, "| `")?.split_once('`')?;
        let kind = rest.split('|').nth(1)?.trim();
        KINDS.contains(&kind).then_some((name, (index + 1, kind)))
    };
    page.text.lines().enumerate().filter_map(row).collect()
}

/// Where the source counts or measures: line, type, name.
fn uses(source: &Source) -> Vec<(usize, &'static str, Option<&str>)> {
    let text = &source.text;
    let of_kind = |kind: &'static str| {
        let call = format!("metrics::{kind}!(");
        let starts: Vec<usize> = text.match_indices(&call).map(|(at, found)| at + found.len()).collect();
        starts.into_iter().map(move |after| (kind, after))
    };
    let uses = KINDS.into_iter().flat_map(of_kind);
    uses.map(|(kind, after)| {
        let line = text[..after].lines().count();
        (line, kind, name(text, text[after..].trim_start()))
    })
    .collect()
}

fn name<'a>(text: &'a str, argument: &'a str) -> Option<&'a str> {
    if let Some(quoted) = argument.strip_prefix('"') {
        return quoted.split('"').next();
    }
    let constant = argument.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
    let declared = format!("const {constant}: &str = \"");
    let (_, value) = text.split_once(&declared).filter(|_| !constant.is_empty())?;
    value.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "| name | type | labels | what |\n|---|---|---|---|\n| `cart_total` | counter | | carts |\n";

    fn found(code: &str, page: &str) -> Vec<String> {
        let sources = [Source::new("services/cart/src/a.rs", code), Source::new(PAGE, page)];
        breaches(&sources).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_metric_that_is_listed_with_its_type_is_fine() {
        assert!(found("metrics::counter!(\n    \"cart_total\", \"a\" => b).increment(1);", TABLE).is_empty());
        let constant =
            "const CARTS: &str = \"cart_total\";\nfn a() { metrics::counter!(CARTS).increment(1) }";
        assert!(found(constant, TABLE).is_empty());
    }

    #[test]
    fn a_metric_that_is_not_listed_or_is_something_else_is_told() {
        let code = "fn a() {\n    metrics::counter!(\"cart_total\");\n    metrics::gauge!(\"cart_age\");\n}";
        assert_eq!(
            found(code, TABLE),
            [format!("services/cart/src/a.rs:3: [metrics] {PAGE} has no row `cart_age`")]
        );
        let wrong = found("metrics::gauge!(\"cart_total\")", TABLE);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("is a counter, and it is a gauge"), "{wrong:?}");
        assert_eq!(found("metrics::gauge!(name(3))", "").len(), 1, "a name that cannot be looked up");
    }

    #[test]
    fn a_row_that_nothing_measures_is_told() {
        assert_eq!(found("fn a() {}", TABLE), [format!("{PAGE}:3: [metrics] nothing measures cart_total")]);
        assert_eq!(breaches(&[]).len(), 1, "the page itself is missing");
    }
}
