//! Rule: who may depend on whom, read from the manifests.

use crate::Breach;
use crate::manifests::{Dependency, Manifest, Room, Section};

const RULE: &str = "dependencies";

/// What a service may use of the platform. Telemetry is set up by the composition root; the testkit is for tests.
const FOR_SERVICES: [&str; 10] = [
    "hanse-database",
    "hanse-envelope",
    "hanse-http",
    "hanse-kernel",
    "hanse-messaging",
    "hanse-record",
    "hanse-redis",
    "hanse-rpc",
    "hanse-runtime",
    "hanse-vault",
];
/// All that a contract may need: types, the envelope, and what the generated code calls.
const FOR_CONTRACTS: [&str; 7] =
    ["hanse-envelope", "hanse-kernel", "prost", "serde", "tonic", "tonic-prost", "uuid"];
/// The gateway serves the storefront's files.
const ALSO_FOR_GATEWAY: &str = "hanse-web-assets";
const CODE_GENERATOR: &str = "hanse-protogen";
/// What is for tests alone.
const FOR_TESTS: [&str; 2] = ["hanse-testkit", "hanse-fuzz"];

pub fn breaches(manifests: &[Manifest]) -> Vec<Breach> {
    let mut found = Vec::new();
    for manifest in manifests {
        for dependency in &manifest.dependencies {
            if let Some(why) = refusal(manifest, dependency, manifests) {
                found.push(Breach::new(&manifest.path, dependency.line, RULE, why));
            }
        }
        if manifest.table.get("lints").and_then(|lints| lints.get("workspace")).is_none() {
            found.push(Breach::new(&manifest.path, 1, RULE, "the crate does not take the workspace's lints"));
        }
    }
    found
}

fn refusal(manifest: &Manifest, dependency: &Dependency, all: &[Manifest]) -> Option<String> {
    let on = dependency.name.as_str();
    let other = all.iter().find(|candidate| candidate.name == on).map(|found| &found.room);
    let tests_only = dependency.section == Section::Dev;
    let refuse = |why: &str| Some(format!("{} may not depend on {on}: {why}", manifest.name));
    match (&manifest.room, other) {
        (Room::Contract(_), Some(Room::Contract(_))) => refuse("a contract never sees another contract"),
        (Room::Contract(_), _) if dependency.section == Section::Normal && !FOR_CONTRACTS.contains(&on) => {
            refuse("a contract holds messages and questions, nothing that works")
        }
        (Room::Contract(_), Some(_))
            if !tests_only && !FOR_CONTRACTS.contains(&on) && on != CODE_GENERATOR =>
        {
            refuse("a contract is built from its own files alone")
        }
        (Room::Platform, Some(room)) if *room != Room::Platform => refuse("the platform knows no service"),
        (Room::Service(_), Some(Room::Service(_))) => refuse("a service sees another one's contract only"),
        (Room::Service(name), Some(Room::Other)) if on == ALSO_FOR_GATEWAY && name == "gateway" => None,
        (Room::Service(_), Some(Room::Contract(_))) => None,
        (Room::Service(_), Some(Room::Other)) if tests_only => None,
        (Room::Service(_), Some(Room::Platform)) if tests_only && FOR_TESTS.contains(&on) => None,
        (Room::Service(_), Some(_)) if !FOR_SERVICES.contains(&on) => {
            refuse("of the house, a service may use the platform's libraries and contracts only")
        }
        (Room::Composition, Some(Room::Platform)) if !tests_only && FOR_TESTS.contains(&on) => {
            refuse("it is for tests")
        }
        // Tests of several services at once stand where the composition root does.
        (Room::Other, Some(Room::Service(_))) if manifest.path.starts_with("tests/") => None,
        (Room::Other, Some(Room::Service(_))) => refuse("only the composition root knows the services"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, manifests};

    fn check(path: &str, name: &str, dependencies: &str) -> Vec<String> {
        let package = |name: &str| format!("[package]\nname = \"{name}\"\n[lints]\nworkspace = true\n");
        let house = [
            ("platform/kernel", "hanse-kernel"),
            ("platform/telemetry", "hanse-telemetry"),
            ("platform/testkit", "hanse-testkit"),
            ("services/order", "hanse-order"),
            ("services/order/contract", "hanse-order-contract"),
            ("web/assets", "hanse-web-assets"),
        ];
        let mut sources: Vec<Source> = house
            .iter()
            .filter(|(folder, _)| format!("{folder}/Cargo.toml") != path)
            .map(|(folder, name)| Source::new(format!("{folder}/Cargo.toml"), package(name)))
            .collect();
        sources.push(Source::new(path, format!("{}{dependencies}", package(name))));
        let manifests = manifests::manifests(&sources).unwrap();
        breaches(&manifests).iter().map(ToString::to_string).collect()
    }

    fn refused(path: &str, name: &str, dependencies: &str) {
        let found = check(path, name, dependencies);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("{path}:6: [dependencies]")), "{found:?}");
    }

    #[test]
    fn a_contract_sees_no_other_contract() {
        let (path, name) = ("services/cart/contract/Cargo.toml", "hanse-cart-contract");
        refused(path, name, "[dependencies]\nhanse-order-contract.workspace = true\n");
        refused(path, name, "[dev-dependencies]\nhanse-order-contract.workspace = true\n");
        refused(path, name, "[dependencies]\ntokio.workspace = true\n");
        refused(path, name, "[dependencies]\nhanse-order = { path = \"../../order\" }\n");
        assert!(check(path, name, "[dependencies]\nhanse-kernel = \"1\"\nserde = \"1\"\n").is_empty());
        assert!(check(path, name, "[build-dependencies]\nhanse-protogen = \"1\"\n").is_empty());
    }

    #[test]
    fn the_platform_knows_no_service() {
        let (path, name) = ("platform/rpc/Cargo.toml", "hanse-rpc");
        refused(path, name, "[dependencies]\nhanse-order-contract.workspace = true\n");
        refused(path, name, "[dev-dependencies]\nhanse-order.workspace = true\n");
        refused(path, name, "[target.'cfg(unix)'.dependencies]\nhanse-order.workspace = true\n");
        assert!(check(path, name, "[dependencies]\nhanse-kernel.workspace = true\n").is_empty());
    }

    #[test]
    fn a_service_sees_only_contracts_of_others() {
        let (path, name) = ("services/cart/Cargo.toml", "hanse-cart");
        refused(path, name, "[dependencies]\nhanse-order.workspace = true\n");
        refused(path, name, "[dependencies]\nsales = { package = \"hanse-order\", path = \"../order\" }\n");
        refused(path, name, "[dependencies]\nhanse-telemetry.workspace = true\n");
        refused(path, name, "[dependencies]\nhanse-testkit.workspace = true\n");
        refused(path, name, "[dependencies]\nhanse-web-assets.workspace = true\n");
        assert!(check(path, name, "[dependencies]\nhanse-order-contract.workspace = true\n").is_empty());
        assert!(check(path, name, "[dev-dependencies]\nhanse-testkit.workspace = true\n").is_empty());
    }

    #[test]
    fn only_the_composition_root_knows_services() {
        refused("sample/Cargo.toml", "hanse-sample", "[dependencies]\nhanse-order.workspace = true\n");
        let text = "[dependencies]\nhanse-order.workspace = true\n";
        assert!(check("tests/together/Cargo.toml", "hanse-together", text).is_empty());
        refused("hanse/Cargo.toml", "hanse", "[dependencies]\nhanse-testkit.workspace = true\n");
        assert!(
            check("hanse/Cargo.toml", "hanse", "[dependencies]\nhanse-order.workspace = true\n").is_empty()
        );
    }

    #[test]
    fn every_crate_takes_the_lints() {
        let sources = [Source::new("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n")];
        assert_eq!(breaches(&manifests::manifests(&sources).unwrap()).len(), 1);
    }
}
