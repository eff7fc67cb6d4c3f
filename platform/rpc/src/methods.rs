//! What the contracts say of their methods: which there are, and which of them may be asked again.

use prost::Message;
use prost_types::FileDescriptorSet;
use prost_types::method_options::IdempotencyLevel;
use std::collections::BTreeMap;

/// A contract's `DESCRIPTORS`: its compiled proto files.
pub type Descriptors = &'static [u8];

/// The methods of some contracts, by path (`/hanse.pricing.v1.Pricing/Quote`).
#[derive(Debug, Clone, Default)]
pub struct Methods(BTreeMap<String, Facts>);

#[derive(Debug, Clone, Copy)]
struct Facts {
    repeatable: bool,
    single: bool,
}

impl Methods {
    /// Reads the contracts' descriptors.
    pub fn of(contracts: &[Descriptors]) -> Self {
        let mut methods = BTreeMap::new();
        for contract in contracts {
            match FileDescriptorSet::decode(*contract) {
                Ok(set) => methods.extend(read(&set)),
                // Our own build wrote it. What cannot be read is not asked again, and not in any list either.
                Err(error) => tracing::error!(%error, "a contract's descriptors cannot be read"),
            }
        }
        Self(methods)
    }

    /// The contract says that asking twice does no more than asking once (`idempotency_level`), and question and answer
    /// are one message each, so that they can be kept.
    pub fn may_be_repeated(&self, path: &str) -> bool {
        self.0.get(path).is_some_and(|facts| facts.repeatable)
    }

    /// One message is asked and one answered, no streams.
    pub(crate) fn single(&self, path: &str) -> bool {
        self.0.get(path).is_some_and(|facts| facts.single)
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

fn read(set: &FileDescriptorSet) -> impl Iterator<Item = (String, Facts)> {
    set.file.iter().flat_map(|file| {
        file.service.iter().flat_map(move |service| {
            service.method.iter().map(move |method| {
                let level = method
                    .options
                    .as_ref()
                    .map_or(IdempotencyLevel::IdempotencyUnknown, |o| o.idempotency_level());
                let single = !method.client_streaming() && !method.server_streaming();
                let repeatable = single && level != IdempotencyLevel::IdempotencyUnknown;
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                (path, Facts { repeatable, single })
            })
        })
    })
}
