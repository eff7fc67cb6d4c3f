//! How often a password or a second factor may be tried, or an account opened with one address. Whoever guesses is slowed down; the owner of an account is not, as long as they come
//! with a device that they have logged in with before (device cookies, OWASP).

use crate::domain::{EmailAddress, TokenDigest};
use hanse_kernel::{Timestamp, UserId};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;

/// So many tries in so long a time, counted from the first of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub most: i64,
    pub per: Duration,
}

/// Of passwords and codes.
pub const GUESSES: Bound = Bound { most: 10, per: Duration::from_secs(15 * 60) };
/// Of opening an account with one address, whose owner is written to if it has one.
pub const REGISTRATIONS: Bound = Bound { most: 5, per: LONGEST };
/// No bound looks further back.
pub const LONGEST: Duration = Duration::from_secs(60 * 60);

impl Bound {
    /// With this one, `count` tries have been made since `since`. How long to wait, if it is one too many.
    pub fn wait(self, since: Timestamp, count: i64, now: Timestamp) -> Option<Duration> {
        let until = since.plus(self.per);
        (count > self.most && now < until).then(|| until.since(now))
    }
}

/// What tries are counted by. A digest, so that the table of tries names nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TryKey {
    digest: [u8; 32],
    pub bound: Bound,
}

impl TryKey {
    /// For all devices together that the account behind the address does not know. The address may have none: guesses at it
    /// are counted all the same, so that a refusal tells nothing.
    pub fn of_strangers(email: &EmailAddress) -> Self {
        Self::of(&[b"strangers", email.key().as_bytes()])
    }

    /// For a device that the account knows.
    pub fn of_device(email: &EmailAddress, device: &TokenDigest) -> Self {
        Self::of(&[b"device", device.as_bytes(), email.key().as_bytes()])
    }

    /// For whoever is logged in and is asked once more.
    pub fn of_person(user: UserId) -> Self {
        Self::of(&[b"person", user.to_string().as_bytes()])
    }

    /// For second factors, from all devices together that the account does not know. Whoever counts here knows the password;
    /// the owner comes with a device that is known, or waits.
    pub fn of_strangers_factor(user: UserId) -> Self {
        Self::of(&[b"strangers' factor", user.to_string().as_bytes()])
    }

    /// For second factors, from a device that the account knows.
    pub fn of_device_factor(user: UserId, device: &TokenDigest) -> Self {
        Self::of(&[b"device's factor", device.as_bytes(), user.to_string().as_bytes()])
    }

    /// For second factors of whoever is logged in.
    pub fn of_person_factor(user: UserId) -> Self {
        Self::of(&[b"person's factor", user.to_string().as_bytes()])
    }

    /// For accounts that are opened with this address, by whomever.
    pub fn of_registrations(email: &EmailAddress) -> Self {
        Self { bound: REGISTRATIONS, ..Self::of(&[b"registrations", email.key().as_bytes()]) }
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self { digest: hash.finalize().into(), bound: GUESSES }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.digest
    }
}

impl fmt::Debug for TryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TryKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn ten_tries_are_free_and_the_next_waits_for_the_rest_of_the_time() {
        let start = Timestamp::from_micros(0);
        let later = start.plus(Duration::from_secs(60));
        let Bound { most, per } = GUESSES;
        assert_eq!(GUESSES.wait(start, most, later), None);
        assert_eq!(GUESSES.wait(start, most + 1, later), Some(per - Duration::from_secs(60)));
        assert_eq!(GUESSES.wait(start, most + 1, start.plus(per)), None);
        for bound in [GUESSES, REGISTRATIONS] {
            assert!(bound.per <= LONGEST, "it would be forgotten before its time");
        }
    }

    #[test]
    fn tries_are_counted_apart_and_by_no_name() {
        let ana = EmailAddress::parse("Ana@example.org").unwrap();
        let same = EmailAddress::parse("ana@EXAMPLE.org").unwrap();
        let bob = EmailAddress::parse("bob@example.org").unwrap();
        let device = crate::domain::device::program(None);
        assert_eq!(TryKey::of_strangers(&ana), TryKey::of_strangers(&same));
        let person = TryKey::of_person(UserId::new(Uuid::nil()));
        let keys = [
            TryKey::of_strangers(&ana),
            TryKey::of_strangers(&bob),
            TryKey::of_registrations(&ana),
            TryKey::of_device(&ana, &device),
            person,
            TryKey::of_strangers_factor(UserId::new(Uuid::nil())),
            TryKey::of_device_factor(UserId::new(Uuid::nil()), &device),
            TryKey::of_person_factor(UserId::new(Uuid::nil())),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key));
        }
        assert_eq!(format!("{person:?}"), "TryKey(…)");
    }
}
