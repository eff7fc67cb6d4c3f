//! Rule: what the security page says is shown by a test or a file is shown by one that is there.

use crate::{Breach, Source};
use std::collections::BTreeSet;

const RULE: &str = "security";
pub const PAGE: &str = "docs/security.md";
const STATES: [&str; 4] = ["met", "partly", "not met", "not applicable"];

pub fn breaches(sources: &[Source]) -> Vec<Breach> {
    let Some(page) = sources.iter().find(|source| source.path == PAGE) else {
        return vec![Breach::new(PAGE, 1, RULE, "the page with the self-assessment is missing")];
    };
    let (tests, titles) = (functions(sources), titles(sources));
    let mut found = vec![];
    for (at, line) in page.text.lines().enumerate() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [item, _, state, shown] = cells.as_slice() else { continue };
        if !line.starts_with('|') || !item.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let mut tell = |why: String| found.push(Breach::new(PAGE, at + 1, RULE, why));
        if !STATES.contains(state) {
            tell(format!("{item} is {state:?}, which is none of {}", STATES.join(", ")));
        }
        for named in named(shown) {
            let there = match named {
                Named::Test(name) => tests.contains(name),
                Named::File(path) => sources.iter().any(|source| source.path == path),
                Named::Story(title) => titles.iter().any(|text| text.contains(title)),
            };
            if !there {
                tell(format!("{item} names {named:?}, which is not there"));
            }
        }
        if shown.is_empty() {
            tell(format!("{item} says nothing of what shows it"));
        }
    }
    found
}

#[derive(Debug)]
enum Named<'a> {
    Test(&'a str),
    File(&'a str),
    /// A story of the browser tests, by its title.
    Story(&'a str),
}

fn named(text: &str) -> Vec<Named<'_>> {
    let code = text.split('`').skip(1).step_by(2).filter_map(|code| {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_path = code.contains('/') || code.ends_with(".md") || code.ends_with(".lock");
        if is_path && !code.contains([' ', '*']) && !code.starts_with('/') {
            return Some(Named::File(code));
        }
        let is_test = code.matches('_').count() >= 2 && code.chars().all(is_name);
        is_test.then_some(Named::Test(code))
    });
    let stories = text.split('"').skip(1).step_by(2).map(Named::Story);
    let stories = stories.filter(|story| matches!(story, Named::Story(title) if title.contains(' ')));
    code.chain(stories).collect()
}

fn functions(sources: &[Source]) -> BTreeSet<&str> {
    let rust = sources.iter().filter(|source| source.path.ends_with(".rs"));
    let name = |line| str::split(line, "fn ").nth(1)?.split(['(', '<']).next();
    rust.flat_map(|source| source.text.lines()).filter_map(name).collect()
}

fn titles(sources: &[Source]) -> Vec<&str> {
    let stories = sources.iter().filter(|source| source.path.ends_with(".e2e.ts"));
    // The one that is told of several places begins with what stands in its place.
    stories
        .flat_map(|source| source.text.lines())
        .filter(|line| line.trim_start().starts_with("it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(row: &str) -> Vec<String> {
        let sources = [
            Source::new(
                PAGE,
                format!("# Security\n| item | asked | state | shown by |\n|---|---|---|---|\n{row}\n"),
            ),
            Source::new("services/rope/tests/rope.rs", "#[test]\nfn a_rope_holds_its_load() {}"),
            Source::new("web/e2e/rope.e2e.ts", "it('nobody cuts another’s rope', async () => {"),
        ];
        breaches(&sources).into_iter().map(|breach| breach.text).collect()
    }

    #[test]
    fn what_is_there_is_fine() {
        assert_eq!(
            told("| 1.1.1 | holds | met | `a_rope_holds_its_load`, \"nobody cuts another’s rope\" |"),
            [""; 0]
        );
        assert_eq!(
            told("| 1.1.2 | holds | partly | `services/rope/tests/rope.rs`; with `rope.most = 3` |"),
            [""; 0]
        );
        assert_eq!(told("| 1.2.x | floats | not applicable | it does not |"), [""; 0]);
    }

    #[test]
    fn what_is_not_there_is_told() {
        assert_eq!(told("| 1.1.1 | holds | met | `a_rope_never_breaks` |").len(), 1);
        assert_eq!(told("| 1.1.1 | holds | met | `services/rope/tests/knot.rs` |").len(), 1);
        assert_eq!(told("| 1.1.1 | holds | met | \"nobody burns another’s rope\" |").len(), 1);
        assert_eq!(told("| 1.1.1 | holds | surely | `a_rope_holds_its_load` |").len(), 1);
        assert_eq!(told("| 1.1.1 | holds | met | |").len(), 1);
    }
}
