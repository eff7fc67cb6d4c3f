//! Remembers tokens that were verified, by their hash: two generations, so that it stays bounded without a scan.

use crate::auth::Known;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone)]
pub(super) struct Verified {
    pub holder: Known,
    pub exp: i64,
    pub kid: Arc<str>,
    pub key: [u8; 32],
}

pub(super) struct Cache {
    generations: Mutex<Generations>,
    size: usize,
}

#[derive(Default)]
struct Generations {
    young: HashMap<[u8; 32], Verified>,
    old: HashMap<[u8; 32], Verified>,
}

impl Generations {
    fn put(&mut self, size: usize, digest: [u8; 32], value: Verified) {
        if self.young.len() >= size {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, value);
    }
}

impl Cache {
    /// Holds between `size` and twice `size` tokens.
    pub fn new(size: usize) -> Self {
        Self { generations: Mutex::default(), size }
    }

    /// A panic cannot leave the maps half-changed, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, digest: &[u8; 32]) -> Option<Verified> {
        let mut both = self.lock();
        if let Some(found) = both.young.get(digest) {
            return Some(found.clone());
        }
        let found = both.old.remove(digest)?;
        both.put(self.size, *digest, found.clone());
        Some(found)
    }

    pub fn put(&self, digest: [u8; 32], value: Verified) {
        self.lock().put(self.size, digest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::Actor;

    fn digest(n: u32) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        bytes
    }

    #[test]
    fn it_stays_bounded_and_keeps_what_is_used() {
        let cache = Cache::new(10);
        let token =
            || Verified { holder: Known::actor(Actor::Anonymous), exp: 1, kid: "k".into(), key: [0; 32] };
        cache.put(digest(0), token());
        for n in 1..1000 {
            cache.put(digest(n), token());
            assert!(cache.get(&digest(0)).is_some(), "used all the time, so it stays");
        }
        let both = cache.lock();
        assert!(both.young.len() + both.old.len() <= 20);
        drop(both);
        assert!(cache.get(&digest(5)).is_none());
    }
}
