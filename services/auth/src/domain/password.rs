//! Passwords: what is taken as a new one, and what the store may know of it.

use crate::domain::EmailAddress;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Rng, Secret};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// The three thousand most common passwords of ten characters and more, lower case and sorted; shorter ones are refused for
/// their length. Where they come from stands beside it, in `common_passwords.LICENCE`.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password in the form that is hashed: NFKC, so that two keyboards which spell `é` differently type the same one
/// (NIST SP 800-63B section 3.1.1.2).
#[derive(Debug, Clone)]
pub struct Password(Secret);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("must be at least 10 characters long")]
    TooShort,
    #[error("must be at most 128 characters long")]
    TooLong,
    #[error("is among the passwords that everybody tries first; take another one")]
    Common,
    #[error("must not be the e-mail address")]
    SameAsEmail,
}

impl PasswordError {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Common => "common",
            Self::SameAsEmail => "same_as_email",
        }
    }
}

impl Password {
    /// What somebody typed to log in. No rule is held against it: rules change, and old passwords must go on opening.
    pub fn typed(text: &Secret) -> Self {
        Self(text.expose_secret().nfkc().collect::<String>().into())
    }

    /// A new password. Length is all that is asked of its characters: rules on their kinds make passwords worse (NIST
    /// SP 800-63B section 3.1.1.2).
    pub fn choose(text: &Secret, email: Option<&EmailAddress>) -> Result<Self, PasswordError> {
        let password = Self::typed(text);
        let chosen = password.0.expose_secret();
        let length = chosen.chars().count();
        if length < 10 {
            return Err(PasswordError::TooShort);
        }
        if length > 128 {
            return Err(PasswordError::TooLong);
        }
        let folded = chosen.to_lowercase();
        if email.is_some_and(|email| folded == email.key()) {
            return Err(PasswordError::SameAsEmail);
        }
        let mut letters = folded.chars();
        let first = letters.next();
        let one_letter = letters.all(|c| Some(c) == first);
        if one_letter || COMMON.lines().any(|common| common == folded) {
            return Err(PasswordError::Common);
        }
        Ok(password)
    }

    /// 100 random bits in letters that nobody confuses, for an account that somebody else opens.
    pub fn generate(rng: &dyn Rng) -> Self {
        const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
        let mut random = [0; 20];
        rng.fill(&mut random);
        let letters: Vec<char> = random.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
        let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
        Self(groups.join("-").into())
    }

    /// For the hasher, and for telling a generated one once.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// What the store has in a password's place: a PHC string, with the parameters that made it.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub fn new(phc: String) -> Self {
        Self(phc)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Offline guessing begins with a hash: it is as little for logs as the password.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::SeededRng;

    fn choose(text: &str) -> Result<Password, PasswordError> {
        Password::choose(&text.into(), EmailAddress::parse("Ana.Lund@example.org").ok().as_ref())
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(choose("nine char").unwrap_err(), PasswordError::TooShort);
        assert!(choose("ten chars!").is_ok());
        assert!(choose(&"ä1".repeat(64)).is_ok());
        assert_eq!(choose(&"ä1".repeat(65)).unwrap_err(), PasswordError::TooLong);
        assert!(choose("         x").is_ok(), "spaces are characters");
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for common in [
            "1234567890",
            "Password123",
            "qwertyuiop",
            "aaaaaaaaaaaa",
            "iloveyou123",
            "Q1W2E3R4T5",
            "Manchester",
        ] {
            assert_eq!(choose(common).unwrap_err(), PasswordError::Common, "{common}");
        }
        assert_eq!(choose("ana.lund@EXAMPLE.org").unwrap_err(), PasswordError::SameAsEmail);
    }

    #[test]
    fn the_list_is_as_its_reader_expects_it() {
        for line in COMMON.lines() {
            let typed = Password::typed(&line.to_lowercase().into());
            assert!(
                line.chars().count() >= 10 && line == typed.0.expose_secret() && line.trim() == line,
                "{line}"
            );
        }
        // OWASP ASVS 5.0, 6.2.4: the top 3000 that fit the rules at least.
        assert!(COMMON.lines().count() >= 3_000);
        assert!(
            COMMON.lines().is_sorted() && COMMON.lines().zip(COMMON.lines().skip(1)).all(|(a, b)| a != b)
        );
    }

    #[test]
    fn two_spellings_of_one_letter_are_one_password() {
        let composed = Password::typed(&"caf\u{e9} au lait".into());
        let combined = Password::typed(&"cafe\u{301} au lait".into());
        assert_eq!(composed.secret().expose_secret(), combined.secret().expose_secret());
    }

    #[test]
    fn a_generated_one_is_good_and_does_not_print() {
        let generated = Password::generate(&SeededRng::new(7));
        assert!(choose(generated.secret().expose_secret()).is_ok());
        assert!(!format!("{generated:?}").contains(generated.secret().expose_secret()));
    }
}
