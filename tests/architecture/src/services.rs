//! Rule: every service tells in its README what it owns, and is part of the shop.

use crate::manifests::{Manifest, Room};
use crate::{Breach, Source};

const RULE: &str = "services";
/// Shorter than this it says nothing.
const SHORTEST_README: usize = 200;

pub fn breaches(sources: &[Source], manifests: &[Manifest]) -> Vec<Breach> {
    let root = manifests.iter().find(|manifest| manifest.room == Room::Composition);
    let mut found = Vec::new();
    for manifest in manifests.iter().filter(|manifest| matches!(manifest.room, Room::Service(_))) {
        let readme = format!("{}/README.md", manifest.folder());
        let told = sources.iter().any(|source| source.path == readme && source.text.len() >= SHORTEST_README);
        if !told {
            let text =
                "half a page is missing: what the service owns, its messages in and out, its invariants";
            found.push(Breach::new(&readme, 1, RULE, text));
        }
        let composed =
            |root: &Manifest| root.dependencies.iter().any(|dependency| dependency.name == manifest.name);
        if !root.is_some_and(composed) {
            let text =
                format!("{} is not part of the shop: hanse/Cargo.toml does not name it", manifest.name);
            found.push(Breach::new(&manifest.path, 1, RULE, text));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifests::manifests;

    #[test]
    fn a_service_without_readme_or_place_is_found() {
        let package =
            |name: &str, more: &str| format!("[package]\nname = \"{name}\"\n[dependencies]\n{more}");
        let mut sources = vec![
            Source::new("hanse/Cargo.toml", package("hanse", "hanse-cart.workspace = true\n")),
            Source::new("services/cart/Cargo.toml", package("hanse-cart", "")),
            Source::new("services/cart/README.md", "# cart\n".repeat(40)),
        ];
        let all = |sources: &[Source]| breaches(sources, &manifests(sources).unwrap());
        assert!(all(&sources).is_empty(), "{:?}", all(&sources));
        sources[2].text = "# cart\n".into();
        assert_eq!(all(&sources)[0].file, "services/cart/README.md");
        sources.remove(0);
        assert_eq!(all(&sources).len(), 2);
    }
}
