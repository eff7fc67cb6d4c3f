//! The order of what is in hand: deliveries about one thing one after the other, about different things side by side.

use std::collections::{BTreeMap, VecDeque};

/// What waits behind what is being dealt with, by subject. A subject has a lane as long as somebody works on it.
pub(super) struct Lanes<T>(BTreeMap<String, VecDeque<T>>);

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Lanes<T> {
    /// What is to be begun now, if its lane is free; else it waits there.
    pub(super) fn arrive(&mut self, subject: &str, item: T) -> Option<T> {
        match self.0.get_mut(subject) {
            Some(lane) => {
                lane.push_back(item);
                None
            }
            None => {
                self.0.insert(subject.into(), VecDeque::new());
                Some(item)
            }
        }
    }

    /// One of the subject is done; the next of it, if there is one.
    pub(super) fn done(&mut self, subject: &str) -> Option<T> {
        let next = self.0.get_mut(subject)?.pop_front();
        if next.is_none() {
            self.0.remove(subject);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::Lanes;

    #[test]
    fn one_subject_is_worked_on_once_at_a_time_and_in_order() {
        let mut lanes = Lanes::default();
        assert_eq!(lanes.arrive("MUG", 1), Some(1));
        assert_eq!(lanes.arrive("MUG", 2), None);
        assert_eq!(lanes.arrive("CUP", 3), Some(3));
        assert_eq!(lanes.arrive("MUG", 4), None);
        assert_eq!((lanes.done("MUG"), lanes.done("CUP")), (Some(2), None));
        assert_eq!((lanes.done("MUG"), lanes.done("MUG")), (Some(4), None));
        assert_eq!(lanes.arrive("MUG", 5), Some(5));
    }
}
