//! The keys that access tokens are signed with, and the schedule by which they take turns.

use hanse_kernel::Timestamp;
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

/// An Ed25519 key pair (RFC 8032): the seed is the private key.
#[derive(Clone)]
pub struct KeyPair {
    /// The JWK thumbprint (RFC 7638) of the public key.
    pub kid: String,
    pub public: [u8; 32],
    pub seed: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.kid)
    }
}

#[derive(Debug, Clone)]
pub struct SigningKey {
    pub pair: KeyPair,
    /// 1, 2, 3 …: two processes that make the next one at once cannot both store it.
    pub generation: i64,
    pub created_at: Timestamp,
    /// It signs from here on, until the next generation does.
    pub signs_from: Timestamp,
}

#[derive(Debug, Clone, Copy)]
pub struct KeySchedule {
    /// How long one key signs.
    pub rotation: Duration,
    /// How long a key is published before it signs: whoever caches the published keys must learn it in time.
    pub overlap: Duration,
    /// How long a key stays published after it signed last: longer than any token lives.
    pub keep: Duration,
}

/// What the schedule says at one moment. Keys are named by their place in the list that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlan {
    pub signer: Option<usize>,
    /// Tokens signed with these are good, or will be.
    pub published: Vec<usize>,
    /// No token that they signed is alive any more.
    pub spent: Vec<usize>,
    /// Another key is due, to sign from this time on.
    pub due: Option<Timestamp>,
}

impl KeySchedule {
    /// `keys` by generation.
    pub fn plan(&self, keys: &[SigningKey], now: Timestamp) -> KeyPlan {
        let ended = |i: usize| keys.get(i + 1).map(|next| next.signs_from.plus(self.keep));
        let spent = |i: &usize| ended(*i).is_some_and(|end| end <= now);
        let (spent, published) = (0..keys.len()).partition(spent);
        KeyPlan {
            signer: keys.iter().rposition(|key| key.signs_from <= now),
            published,
            spent,
            due: self.due(keys.last(), now),
        }
    }

    fn due(&self, last: Option<&SigningKey>, now: Timestamp) -> Option<Timestamp> {
        // Nobody holds a token of ours yet: the first signs at once.
        let Some(last) = last else { return Some(now) };
        let turn = last.signs_from.plus(self.rotation);
        // After a long standstill the old key signs a little longer, so that the new one is known before it is used.
        let earliest = now.plus(self.overlap);
        (turn <= earliest).then_some(turn.max(earliest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn schedule() -> KeySchedule {
        KeySchedule { rotation: 720 * HOUR, overlap: 24 * HOUR, keep: HOUR }
    }

    fn key(generation: i64, created_at: Timestamp, signs_from: Timestamp) -> SigningKey {
        let pair = KeyPair { kid: generation.to_string(), public: [0; 32], seed: Zeroizing::new([0; 32]) };
        SigningKey { pair, generation, created_at, signs_from }
    }

    #[test]
    fn the_first_key_signs_at_once_and_the_next_is_known_a_day_ahead() {
        let start = Timestamp::from_micros(0);
        let first = key(1, start, schedule().plan(&[], start).due.unwrap());
        assert_eq!(first.signs_from, start);
        let early = schedule().plan(std::slice::from_ref(&first), start.plus(695 * HOUR));
        assert_eq!((early.signer, early.due), (Some(0), None));
        let later = start.plus(696 * HOUR);
        let due = schedule().plan(std::slice::from_ref(&first), later).due.unwrap();
        assert_eq!(due, start.plus(720 * HOUR));
        let both = [first, key(2, later, due)];
        let before = schedule().plan(&both, later);
        assert_eq!((before.signer, before.published), (Some(0), vec![0, 1]));
        let after = schedule().plan(&both, due.plus(HOUR));
        assert_eq!((after.signer, after.published, after.spent), (Some(1), vec![1], vec![0]));
    }

    proptest! {
        /// However irregularly the schedule is looked at: there is always a signer, it was published for a day before
        /// it signed, and it stays published for as long as a token of its may live.
        #[test]
        fn every_token_can_be_verified(pauses in proptest::collection::vec(1u32..2000, 1..60)) {
            let schedule = schedule();
            let mut now = Timestamp::from_micros(0);
            let mut keys: Vec<SigningKey> = Vec::new();
            let mut signed: Vec<(i64, Timestamp)> = Vec::new();
            for hours in pauses {
                now = now.plus(hours * HOUR);
                let plan = schedule.plan(&keys, now);
                let published: Vec<i64> = plan.published.iter().map(|i| keys[*i].generation).collect();
                for (generation, at) in &signed {
                    let alive = now < at.plus(HOUR);
                    prop_assert!(!alive || published.contains(generation));
                }
                if let Some(signs_from) = plan.due {
                    keys.push(key(keys.len() as i64 + 1, now, signs_from));
                }
                let signer = schedule.plan(&keys, now).signer.expect("always a signer");
                let signer = &keys[signer];
                prop_assert!(signer.generation == 1 || now >= signer.created_at.plus(schedule.overlap));
                signed.push((signer.generation, now));
            }
        }
    }
}
