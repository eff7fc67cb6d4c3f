//! Rule: infrastructure → application → domain and api → application, never the reverse; and what each layer may use.

use crate::manifests::{Manifest, Room};
use crate::paths::{self, Reach};
use crate::{Breach, Source};
use anyhow::Result;
use std::collections::BTreeSet;

const RULE: &str = "layers";

struct Layer {
    name: &'static str,
    /// The layers that lie further out.
    outward: &'static [&'static str],
    crates: Crates,
    why: &'static str,
}

enum Crates {
    /// The standard library without its effects, and these.
    Pure(&'static [&'static str]),
    /// Everything in the manifest but these; an entry may name a module of a crate.
    AllBut(&'static [&'static str]),
}

const LAYERS: [Layer; 4] = [
    Layer {
        name: "domain",
        outward: &["application", "infrastructure", "api"],
        // Each is a calculation: no input or output, no framework, no wire or row format.
        crates: Crates::Pure(&[
            "ammonia",
            "hanse_kernel",
            "hex",
            "hmac",
            "iso_currency",
            "jiff",
            "secrecy",
            "sha1",
            "sha2",
            "subtle",
            "thiserror",
            "unicode_normalization",
            "uuid",
            "zeroize",
        ]),
        why: "the domain is pure",
    },
    Layer {
        name: "application",
        outward: &["infrastructure", "api"],
        crates: Crates::AllBut(&[
            "axum",
            "deadpool_postgres",
            "hanse_database::sql",
            "hanse_http",
            "hanse_redis",
            "hanse_vault",
            "http",
            "http_body_util",
            "hyper",
            "hyper_util",
            "lettre",
            "postgres_types",
            "redis",
            "refinery",
            "rusqlite",
            "tokio_postgres",
            "tonic",
            "tonic_prost",
            "tower",
            "tower_http",
        ]),
        why: "use cases know ports, not transports and stores",
    },
    Layer {
        name: "infrastructure",
        outward: &["api"],
        crates: Crates::AllBut(&[]),
        why: "adapters serve the application, not its callers",
    },
    Layer {
        name: "api",
        outward: &["infrastructure"],
        crates: Crates::AllBut(&[
            "deadpool_postgres",
            "hanse_database::sql",
            "hanse_redis",
            "hanse_vault",
            "postgres_types",
            "redis",
            "refinery",
            "rusqlite",
            "tokio_postgres",
        ]),
        why: "a handler parses, calls a use case and maps the answer",
    },
];

/// What wires the layers: the service's public face, and its section of the configuration.
const OUTSIDE: [&str; 2] = ["lib", "config"];
/// It has no business to put into layers: it is the edge of all services.
const WITHOUT_LAYERS: &str = "gateway";

/// Parts of the standard library that have effects.
const STANDARD_EFFECTS: [&str; 7] =
    ["std::env", "std::fs", "std::io", "std::net", "std::process", "std::thread", "std::time::SystemTime"];

pub fn breaches(sources: &[Source], manifests: &[Manifest]) -> Result<Vec<Breach>> {
    let mut found = Vec::new();
    for manifest in manifests {
        let Room::Service(service) = &manifest.room else { continue };
        let src = format!("{}/src/", manifest.folder());
        let own: Vec<&Source> = sources.iter().filter(|source| source.path.starts_with(&src)).collect();
        if service != WITHOUT_LAYERS {
            found.extend(own.iter().filter_map(|source| homeless(source, &src)));
        }
        let extern_names: BTreeSet<String> = manifest.extern_names().collect();
        for reach in paths::reaches(manifest.folder(), &own, &extern_names)? {
            found.extend(refusal(&reach).map(|why| Breach::new(&reach.file, reach.line, RULE, why)));
        }
    }
    Ok(found)
}

fn homeless(source: &Source, src: &str) -> Option<Breach> {
    let inside = source.path.strip_prefix(src)?;
    let top = inside.split('/').next()?.trim_end_matches(".rs");
    let known = OUTSIDE.contains(&top) || LAYERS.iter().any(|layer| layer.name == top);
    (!known).then(|| Breach::new(&source.path, 1, RULE, "the file is in none of the four layers"))
}

fn refusal(reach: &Reach) -> Option<String> {
    let layer = LAYERS.iter().find(|layer| reach.from.get(1).is_some_and(|name| name == layer.name))?;
    let target = reach.to.join("::");
    let refuse = || Some(format!("{} may not use {target}: {}", layer.name, layer.why));
    if reach.to.first()? == "crate" {
        let outward = |name: &&str| reach.to.get(1).is_some_and(|to| to == name);
        // A glob over the crate's root could bring in anything.
        let unbounded = reach.glob && reach.to.len() == 1;
        return if unbounded || layer.outward.iter().any(outward) { refuse() } else { None };
    }
    let meant = |entry: &str| within(&target, entry) || (reach.glob && within(entry, &target));
    let refused = match &layer.crates {
        Crates::AllBut(others) => others.iter().any(|entry| meant(entry)),
        Crates::Pure(_) if ["std", "core", "alloc"].contains(&reach.to[0].as_str()) => {
            STANDARD_EFFECTS.iter().any(|entry| meant(entry))
        }
        Crates::Pure(allowed) => !allowed.contains(&reach.to[0].as_str()),
    };
    if refused { refuse() } else { None }
}

/// Whether `path` is `prefix` or lies below it.
fn within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifests::manifests;

    const MANIFEST: &str =
        "[package]\nname = \"hanse-x\"\n[dependencies]\naxum = \"1\"\nserde = \"1\"\ntokio = \"1\"
tonic = \"1\"\nrusqlite = \"1\"\nhanse-kernel = \"1\"\nhanse-database = \"1\"\nhanse-http = \"1\"\nhanse-redis = \"1\"\nhanse-vault = \"1\"\n";

    fn check(file: &str, text: &str) -> Vec<String> {
        let sources = [
            Source::new("services/x/Cargo.toml", MANIFEST),
            Source::new("services/x/src/lib.rs", "mod api; mod application; mod domain; mod infrastructure;"),
            Source::new(format!("services/x/src/{file}"), text),
        ];
        let found = breaches(&sources, &manifests(&sources[..1]).unwrap()).unwrap();
        found.iter().map(ToString::to_string).collect()
    }

    /// The breach stands on the second line.
    fn refused(file: &str, code: &str) {
        let found = check(file, &format!("//! A planted breach.\n{code}"));
        assert!(!found.is_empty(), "not caught: {code}");
        let place = format!("services/x/src/{file}:2: [layers]");
        assert!(found.iter().all(|breach| breach.starts_with(&place)), "{found:?}");
    }

    #[test]
    fn the_domain_is_pure_and_looks_at_no_other_layer() {
        for code in [
            "use crate::application::Login;",
            "use super::super::infrastructure::Users;",
            "fn f() { crate::api::routes(); }",
            "use crate::*;",
            "use axum::Json;",
            "#[derive(serde::Serialize)] struct User;",
            "struct User { #[serde(skip)] name: String }",
            "fn f() { tokio::join!(a, b); }",
            "use hanse_database::Tx;",
            "use hanse_http::Problem;",
            "use std::fs::File;",
            "fn f() { println!(\"{:?}\", std::env::args()); }",
            "use std::*;",
        ] {
            refused("domain/user.rs", code);
        }
        assert!(check("domain/user.rs", "use hanse_kernel::Money; use std::fmt;").is_empty());
    }

    #[test]
    fn use_cases_know_no_transport_and_no_store() {
        for code in [
            "use crate::infrastructure::Users;",
            "use crate::api::routes;",
            "fn f(_: axum::Json<u8>) {}",
            "use tonic::Status;",
            "use hanse_http::Problem;",
            "use hanse_database::sql::Execute;",
            "use hanse_database as store; use store::sql;",
            "use hanse_database::*;",
            "use rusqlite::Connection;",
            "use hanse_redis::Redis;",
            "use hanse_vault::Vault;",
        ] {
            refused("application/login.rs", code);
        }
        assert!(check("application/login.rs", "use crate::domain::User; use hanse_database::Tx;").is_empty());
    }

    #[test]
    fn adapters_and_handlers_keep_apart() {
        refused("infrastructure/users.rs", "use crate::api::UserBody;");
        refused("api/login.rs", "use crate::infrastructure::Users;");
        refused("api/login.rs", "use hanse_database::sql::Query;");
        assert!(check("api/login.rs", "use crate::application::Login; use axum::Json;").is_empty());
        assert!(check("infrastructure/users.rs", "use hanse_database::sql::Query;").is_empty());
    }

    #[test]
    fn every_file_has_its_layer() {
        let found = check("helpers.rs", "//! Odds and ends.");
        assert_eq!(found, ["services/x/src/helpers.rs:1: [layers] the file is in none of the four layers"]);
    }
}
