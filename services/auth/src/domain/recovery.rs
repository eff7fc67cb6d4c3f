//! Recovery codes: for whoever has lost the device that their other factors are on. Each is good once.

use crate::domain::{TokenDigest, base32};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Rng, Secret, UserId};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// So many are given at once.
pub const GIVEN: usize = 10;
/// 120 bits, so that a plain digest can be stored (OWASP ASVS 5.0, 6.5.2, asks for 112).
const BYTES: usize = 15;
const LETTERS: usize = 24;
/// Of those that were given before, with 80 bits.
const LETTERS_BEFORE: usize = 16;

/// The code itself, as its holder writes it down. Does not print.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    pub fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0; BYTES];
        rng.fill(&mut bytes);
        let code = Self(Zeroizing::new(base32::text(&bytes)));
        bytes.zeroize();
        code
    }

    /// What somebody typed, however they part it, if it can be one.
    pub fn read(typed: &Secret) -> Option<Self> {
        let text = typed.expose_secret();
        if text.len() > 4 * LETTERS {
            return None;
        }
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        // What is easily taken for each other on paper is not told apart.
        let letters = letters.map(|c| match c.to_ascii_lowercase() {
            '0' => 'o',
            '1' => 'l',
            '8' => 'b',
            other => other,
        });
        let code: String = letters.collect();
        let long = [LETTERS, LETTERS_BEFORE].contains(&code.len());
        (long && code.chars().all(base32::is_letter)).then(|| Self(Zeroizing::new(code)))
    }

    /// In groups of four, for its holder and nobody else.
    pub fn text(&self) -> Secret {
        let groups: Vec<&str> = (0..self.0.len() / 4).map(|i| &self.0[4 * i..4 * i + 4]).collect();
        groups.join("-").into()
    }

    /// What the store knows of it; of one person's alone.
    pub fn digest(&self, owner: UserId) -> TokenDigest {
        let mut hash = Sha256::new();
        hash.update(owner.to_string());
        hash.update(b" ");
        hash.update(self.0.as_bytes());
        TokenDigest::of(hash.finalize().into())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::SeededRng;
    use uuid::Uuid;

    #[test]
    fn a_code_reads_back_however_it_is_typed_and_is_one_persons() {
        let code = RecoveryCode::random(&SeededRng::new(1));
        let (ana, bob) = (UserId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        let text = code.text().expose_secret().to_string();
        assert_eq!((text.len(), text.matches('-').count()), (29, 5));
        for typed in [text.clone(), text.to_uppercase(), text.replace('-', " "), text.replace('-', "")] {
            assert_eq!(RecoveryCode::read(&typed.into()).unwrap().digest(ana), code.digest(ana));
        }
        assert_ne!(code.digest(ana), code.digest(bob));
        assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
        // One of before.
        let spelt = RecoveryCode::read(&"o1l8-aaaa-aaaa-aaaa".into()).unwrap();
        assert_eq!(spelt.digest(ana), RecoveryCode::read(&"0l1B-aaaa-aaaa-aaaa".into()).unwrap().digest(ana));
        for bad in [
            "",
            "abcd",
            "aaaa-aaaa-aaaa-aaa9",
            "aaaa-aaaa-aaaa-aaaaa",
            "aaaa-aaaa-aaaa-aaaa-aaaa",
            "äaaa-aaaa-aaaa-aaaa",
        ] {
            assert!(RecoveryCode::read(&bad.into()).is_none(), "{bad}");
        }
    }
}
