//! Passkeys: keys that a device keeps for its person, and shows that it has (Web Authentication, W3C).

use crate::domain::TokenDigest;
use hanse_kernel::{Timestamp, UserId};
use sha2::{Digest, Sha256};
use std::str::FromStr;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Passkey {
    /// The beginning of a digest of the device's own name for it.
    pub id: String,
    pub owner: UserId,
    /// In its owner's words.
    pub name: String,
    /// The device's own name for it.
    pub credential_id: Vec<u8>,
    /// Its public half and what else is known of it, as whoever verifies it wrote it down.
    pub credential: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 60 characters of text")]
pub struct PasskeyNameError;

impl Passkey {
    /// Nobody has more devices than that at hand.
    pub const MOST: usize = 20;

    pub fn new(
        owner: UserId,
        name: String,
        credential_id: Vec<u8>,
        credential: String,
        now: Timestamp,
    ) -> Self {
        let id = format!("pk_{}", &hex::encode(Sha256::digest(&credential_id))[..24]);
        Self { id, owner, name, credential_id, credential, created_at: now, last_used_at: None }
    }

    pub fn name(text: &str) -> Result<String, PasskeyNameError> {
        let text = text.trim();
        let fine = (1..=60).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fine.then(|| text.to_string()).ok_or(PasskeyNameError)
    }
}

/// What a device is asked to do with a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rite {
    Register,
    /// By the passkey alone, whoever it is.
    LogIn,
    /// Besides the password, or once more.
    Factor,
}

impl Rite {
    pub const ALL: [Self; 3] = [Self::Register, Self::LogIn, Self::Factor];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::LogIn => "log_in",
            Self::Factor => "factor",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is nothing that is done with a passkey")]
pub struct UnknownRite;

impl FromStr for Rite {
    type Err = UnknownRite;
    fn from_str(text: &str) -> Result<Self, UnknownRite> {
        Self::ALL.into_iter().find(|rite| rite.as_str() == text).ok_or(UnknownRite)
    }
}

/// A device was asked, and has not answered yet: it may once, and soon.
#[derive(Debug, Clone)]
pub struct Ceremony {
    pub digest: TokenDigest,
    pub rite: Rite,
    /// None: whoever it is.
    pub owner: Option<UserId>,
    /// Where nobody is known yet, the browser that asked.
    pub device: Option<TokenDigest>,
    /// What was asked, as whoever verifies the answer wrote it down.
    pub state: String,
    pub expires_at: Timestamp,
}

impl Ceremony {
    pub const LASTS: Duration = Duration::from_secs(5 * 60);

    pub fn is_for(
        &self,
        rite: Rite,
        owner: Option<UserId>,
        device: Option<TokenDigest>,
        now: Timestamp,
    ) -> bool {
        self.rite == rite && self.owner == owner && self.device == device && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_fits_what_was_asked() {
        let (now, ana) = (Timestamp::from_micros(0), UserId::new(uuid::Uuid::from_u128(1)));
        let digest = TokenDigest::of([1; 32]);
        let asked = Ceremony {
            digest,
            rite: Rite::Factor,
            owner: Some(ana),
            device: None,
            state: String::new(),
            expires_at: now.plus(Ceremony::LASTS),
        };
        assert!(asked.is_for(Rite::Factor, Some(ana), None, now));
        assert!(!asked.is_for(Rite::Register, Some(ana), None, now));
        assert!(!asked.is_for(Rite::Factor, None, None, now));
        assert!(!asked.is_for(Rite::Factor, Some(ana), Some(digest), now));
        assert!(!asked.is_for(Rite::Factor, Some(ana), None, now.plus(Ceremony::LASTS)));
        for rite in Rite::ALL {
            assert_eq!(rite.as_str().parse(), Ok(rite));
        }
    }

    #[test]
    fn a_passkey_is_known_by_its_credential_and_called_as_its_owner_likes() {
        let (now, ana) = (Timestamp::from_micros(0), UserId::new(uuid::Uuid::from_u128(1)));
        let key = |id: &[u8]| Passkey::new(ana, "Laptop".into(), id.to_vec(), String::new(), now).id;
        assert_eq!(key(b"one"), key(b"one"));
        assert_ne!(key(b"one"), key(b"two"));
        assert_eq!(key(b"one").len(), 27);
        assert_eq!(Passkey::name(" Laptop ").as_deref(), Ok("Laptop"));
        for bad in ["", "  ", "a\nb", &"x".repeat(61)] {
            assert!(Passkey::name(bad).is_err());
        }
    }
}
