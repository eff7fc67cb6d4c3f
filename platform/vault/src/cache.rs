//! Opened keys that are read again and again. Only what was committed comes in, a bounded number stays, each for a bounded
//! time: another process that destroys a key tells nobody. Whatever goes is overwritten.

use crate::key::Opened;
use crate::subject::Subject;
use hanse_kernel::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// About a megabyte.
const MOST: usize = 4096;
const STAYS: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct Cache {
    by_subject: BTreeMap<Subject, Entry>,
    /// Whose turn it is to go, the longest unused first.
    by_use: BTreeMap<u64, Subject>,
    uses: u64,
    /// When keys were destroyed here: a unit that has read one before does not bring it in afterwards.
    destroyed: BTreeMap<Subject, Timestamp>,
}

struct Entry {
    key: Arc<Opened>,
    used: u64,
    since: Timestamp,
}

impl Cache {
    pub fn find(&mut self, subject: Subject, now: Timestamp) -> Option<Arc<Opened>> {
        let entry = self.by_subject.get_mut(&subject)?;
        if now >= entry.since.plus(STAYS) {
            self.forget(subject);
            return None;
        }
        self.by_use.remove(&entry.used);
        self.uses += 1;
        entry.used = self.uses;
        self.by_use.insert(self.uses, subject);
        Some(entry.key.clone())
    }

    /// A key that was destroyed here a moment ago, and one that was made anew since, are looked for each time instead.
    pub fn keep(&mut self, key: Arc<Opened>, now: Timestamp) {
        let subject = key.subject;
        if self.destroyed.get(&subject).is_some_and(|at| now < at.plus(STAYS)) {
            return;
        }
        self.forget(subject);
        while self.by_subject.len() >= MOST
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.by_subject.remove(&oldest);
        }
        self.uses += 1;
        self.by_use.insert(self.uses, subject);
        self.by_subject.insert(subject, Entry { key, used: self.uses, since: now });
    }

    pub fn forget(&mut self, subject: Subject) {
        if let Some(entry) = self.by_subject.remove(&subject) {
            self.by_use.remove(&entry.used);
        }
    }

    pub fn destroy(&mut self, subjects: &[Subject], now: Timestamp) {
        self.destroyed.retain(|_, at| now < at.plus(STAYS));
        for subject in subjects {
            self.destroyed.insert(*subject, now);
            self.forget(*subject);
        }
    }

    pub fn len(&self) -> usize {
        self.by_subject.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;
    use zeroize::Zeroizing;

    fn key(n: u128) -> Arc<Opened> {
        Arc::new(Opened { subject: subject(n), bytes: Zeroizing::new([7; 32]) })
    }

    fn subject(n: u128) -> Subject {
        Subject::of_uuid(Uuid::from_u128(n))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_longest_unused_goes_first_and_all_go_with_their_time() {
        let mut cache = Cache::default();
        for n in 0..MOST as u128 {
            cache.keep(key(n), at(0));
        }
        assert!(cache.find(subject(0), at(1)).is_some(), "used once more");
        cache.keep(key(1_000_000), at(1));
        cache.keep(key(1_000_000), at(1));
        assert_eq!((cache.len(), cache.by_use.len()), (MOST, MOST));
        assert!(cache.find(subject(1), at(1)).is_none());
        assert!(cache.find(subject(0), at(59)).is_some());
        assert!(cache.find(subject(0), at(60)).is_none(), "however often it was used");
        assert_eq!((cache.len(), cache.by_use.len()), (MOST - 1, MOST - 1));
    }

    #[test]
    fn what_was_read_before_a_key_was_destroyed_does_not_come_in_after_it() {
        let mut cache = Cache::default();
        cache.keep(key(1), at(0));
        cache.destroy(&[subject(1)], at(1));
        // A unit that saw the store as it was before ends only now, whenever it looked for the key.
        cache.keep(key(1), at(2));
        assert!(cache.find(subject(1), at(2)).is_none());
        cache.keep(key(2), at(2));
        assert!(cache.find(subject(2), at(2)).is_some(), "others are not held up by it");
        cache.keep(key(1), at(61));
        assert!(cache.find(subject(1), at(61)).is_some(), "one that was made anew");
        cache.destroy(&[subject(3)], at(62));
        assert_eq!(cache.destroyed.len(), 1, "it is bounded by a minute");
    }
}
