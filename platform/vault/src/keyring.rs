//! The shop's master keys: they wrap the keys of people, and never seal anything else. The present one wraps; the former ones
//! open what is still wrapped by them; one that is to come is known to all processes before the first of them wraps with it.

use crate::aead::{self, KeyBytes};
use hanse_kernel::Rng;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What the composition root gives to every service. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    masters: Arc<Masters>,
    pub(crate) rng: Arc<dyn Rng>,
}

struct Masters {
    present: Master,
    former: Vec<Master>,
    next: Option<Master>,
}

struct Master {
    id: String,
    key: KeyBytes,
}

impl Master {
    fn new(bytes: [u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"hanse master key ");
        hash.update(bytes);
        let id = hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { id, key: Zeroizing::new(bytes) }
    }
}

impl Keyring {
    /// `rng` gives keys and nonces: the system's in a shop, one of its own in a simulated world.
    pub fn new(present: [u8; 32], rng: Arc<dyn Rng>) -> Self {
        let masters = Masters { present: Master::new(present), former: vec![], next: None };
        Self { masters: Arc::new(masters), rng }
    }

    /// With keys that were the master key before, and one that will be.
    #[must_use]
    pub fn beside(self, former: &[[u8; 32]], next: Option<[u8; 32]>) -> Self {
        let former = former.iter().copied().map(Master::new).collect();
        let present = Master { id: self.masters.present.id.clone(), key: self.masters.present.key.clone() };
        let masters = Masters { present, former, next: next.map(Master::new) };
        Self { masters: Arc::new(masters), ..self }
    }

    /// By what the present one is known.
    pub(crate) fn present(&self) -> &str {
        &self.masters.present.id
    }

    /// By what those are known that no key should be wrapped by any more.
    pub(crate) fn former(&self) -> Vec<String> {
        let former = self.masters.former.iter().filter(|master| master.id != self.masters.present.id);
        former.map(|master| master.id.clone()).collect()
    }

    /// Whether what was wrapped by a master key, by what that is known, can be opened.
    pub fn knows(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    fn find(&self, id: &str) -> Option<&Master> {
        let all = std::iter::once(&self.masters.present).chain(&self.masters.former);
        all.chain(&self.masters.next).find(|master| master.id == id)
    }

    pub(crate) fn wrap(&self, belonging: &[u8], key: &KeyBytes) -> Option<Vec<u8>> {
        aead::seal(&self.masters.present.key, &*self.rng, belonging, &**key)
    }

    /// The outer None: no such master key. The inner: it does not open.
    pub(crate) fn unwrap(&self, id: &str, belonging: &[u8], wrapped: &[u8]) -> Option<Option<KeyBytes>> {
        let master = self.find(id)?;
        let opened = aead::open(&master.key, belonging, wrapped);
        Some(opened.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok()).map(Zeroizing::new))
    }
}
