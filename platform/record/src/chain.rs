//! The chain: what an entry's hash is made of. SHA-256 over a length-prefixed encoding of every field, begun with what it is
//! and whose, so that no entry passes for another, for one of another service, or for anything else that is hashed.

use crate::stored::Stored;
use sha2::{Digest, Sha256};

/// What the first entry follows.
pub const GENESIS: [u8; 32] = [0; 32];

const DOMAIN: &[u8] = b"hanse audit log entry v1";
/// In place of a length: there is nothing.
const NOTHING: u64 = u64::MAX;

/// Where an entry stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// From 1, gapless.
    pub seq: i64,
    /// The hash of the entry before.
    pub before: Vec<u8>,
    pub hash: Vec<u8>,
}

struct Encoder(Sha256);

impl Encoder {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
    fn text(&mut self, text: &Option<String>) {
        match text {
            Some(text) => self.bytes(text.as_bytes()),
            None => self.0.update(NOTHING.to_be_bytes()),
        }
    }
}

/// The hash of a service's entry as number `seq`, after the one whose hash is `before`.
pub(crate) fn hash(service: &str, seq: i64, before: &[u8], entry: &Stored) -> [u8; 32] {
    let mut encoder = Encoder(Sha256::new());
    encoder.bytes(DOMAIN);
    encoder.bytes(service.as_bytes());
    encoder.bytes(&seq.to_be_bytes());
    encoder.bytes(before);
    encoder.bytes(entry.id.as_bytes());
    encoder.bytes(&entry.at.micros().to_be_bytes());
    encoder.bytes(entry.actor_kind.as_bytes());
    encoder.text(&entry.actor);
    encoder.text(&entry.api_key);
    encoder.text(&entry.operator);
    encoder.bytes(entry.action.as_bytes());
    encoder.bytes(entry.subject_kind.as_bytes());
    encoder.bytes(entry.subject.as_bytes());
    encoder.text(&entry.was);
    encoder.text(&entry.became);
    encoder.bytes(&entry.times.to_be_bytes());
    encoder.text(&entry.address);
    encoder.text(&entry.agent);
    encoder.bytes(entry.correlation.as_bytes());
    encoder.0.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Entry, hex};
    use hanse_kernel::{Actor, CorrelationId, Ctx, Timestamp};
    use uuid::Uuid;

    fn entry() -> Stored {
        let ctx = Ctx::new(Actor::service("order"), CorrelationId::parse("c").expect("an id"));
        let entry = Entry::new("order.refunded", "order", "ord_1");
        Stored::new(Uuid::from_u128(1), Timestamp::from_micros(2), &ctx, &entry)
    }

    #[test]
    fn the_hash_of_an_entry_never_changes_from_version_to_version() {
        // Whoever changes what an entry is made of gives it another domain, and goes on verifying this one.
        let hash = hash("order", 1, &GENESIS, &entry());
        assert_eq!(hex(&hash), "d9e4241f22dc1991187745c5495527ac406e13cb905bad36c90946f47fad8126");
    }

    #[test]
    fn every_field_and_its_place_count() {
        let mut seen = std::collections::BTreeSet::new();
        let mut new = |service: &str, seq, before: &[u8], change: &dyn Fn(&mut Stored)| {
            let mut entry = entry();
            change(&mut entry);
            assert!(seen.insert(hash(service, seq, before, &entry)), "as another");
        };
        new("order", 1, &GENESIS, &|_| {});
        new("payment", 1, &GENESIS, &|_| {});
        new("order", 2, &GENESIS, &|_| {});
        new("order", 1, &[1; 32], &|_| {});
        new("order", 1, &GENESIS, &|e| e.id = Uuid::from_u128(2));
        new("order", 1, &GENESIS, &|e| e.at = Timestamp::from_micros(3));
        new("order", 1, &GENESIS, &|e| e.actor_kind = "staff".into());
        new("order", 1, &GENESIS, &|e| e.actor = None);
        new("order", 1, &GENESIS, &|e| e.api_key = Some(String::new()));
        new("order", 1, &GENESIS, &|e| e.operator = Some(String::new()));
        new("order", 1, &GENESIS, &|e| e.action = "order.cancelled".into());
        new("order", 1, &GENESIS, &|e| e.subject_kind = "orde".into());
        new("order", 1, &GENESIS, &|e| e.subject = "rord_1".into());
        new("order", 1, &GENESIS, &|e| e.was = Some("x".into()));
        new("order", 1, &GENESIS, &|e| e.became = Some("x".into()));
        new("order", 1, &GENESIS, &|e| e.times = 2);
        new("order", 1, &GENESIS, &|e| e.address = Some("x".into()));
        new("order", 1, &GENESIS, &|e| e.agent = Some("x".into()));
        new("order", 1, &GENESIS, &|e| e.correlation = "d".into());
    }
}
