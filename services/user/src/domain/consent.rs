//! What somebody has agreed to, or no longer: each word of theirs is kept as it was given, none is overwritten.

use crate::domain::Faults;
use hanse_kernel::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What for. A shop has no consent for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To be written to about what the shop has to sell.
    Marketing,
}

/// Where they said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Registration,
    Account,
    Checkout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is none of {0}")]
pub struct Unknown(&'static str);

impl Purpose {
    pub const ALL: [Self; 1] = [Self::Marketing];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
        }
    }
}

impl FromStr for Purpose {
    type Err = Unknown;
    fn from_str(text: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text).ok_or(Unknown("marketing"))
    }
}

impl Place {
    pub const ALL: [Self; 3] = [Self::Registration, Self::Account, Self::Checkout];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Account => "account",
            Self::Checkout => "checkout",
        }
    }
}

impl FromStr for Place {
    type Err = Unknown;
    fn from_str(text: &str) -> Result<Self, Unknown> {
        let known = Self::ALL.into_iter().find(|place| place.as_str() == text);
        known.ok_or(Unknown("registration, account, checkout"))
    }
}

/// Which text was read, by the name that the shop has for that version of it: 1 to 40 of a-z, 0-9, `.` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording(String);

impl Wording {
    pub fn read(text: &str, faults: &mut Faults) -> Self {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if !(1..=40).contains(&text.len()) || !text.chars().all(fits) {
            faults.add("wording", "format", "must be 1 to 40 of a-z, 0-9, . and -");
        }
        Self(text.to_string())
    }
    /// As it was read before.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One word of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub purpose: Purpose,
    pub granted: bool,
    pub wording: Wording,
    pub place: Place,
    pub at: Timestamp,
}

/// All that somebody has said, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Consents(Vec<Consent>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {} changes of mind are not kept", Consents::MOST)]
pub struct TooOften;

impl Consents {
    pub const MOST: usize = 500;

    pub fn new(said: Vec<Consent>) -> Self {
        Self(said)
    }

    pub fn said(&self) -> &[Consent] {
        &self.0
    }

    /// The last word for each purpose that they have said anything about.
    pub fn last(&self) -> impl Iterator<Item = &Consent> {
        let last: BTreeMap<Purpose, &Consent> =
            self.0.iter().map(|consent| (consent.purpose, consent)).collect();
        last.into_values()
    }

    /// The word that is to be kept, and its number; None when it is what they said last about the same text, or when somebody
    /// withdraws what they never gave.
    pub fn say(&self, word: Consent) -> Result<Option<(i64, Consent)>, TooOften> {
        let before = self.last().find(|consent| consent.purpose == word.purpose);
        let news = match before {
            Some(before) if word.granted => !before.granted || before.wording != word.wording,
            Some(before) => before.granted,
            None => word.granted,
        };
        if !news {
            return Ok(None);
        }
        if self.0.len() >= Self::MOST {
            return Err(TooOften);
        }
        let number = i64::try_from(self.0.len()).map_err(|_| TooOften)? + 1;
        Ok(Some((number, word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(granted: bool, wording: &str) -> Consent {
        let (purpose, place) = (Purpose::Marketing, Place::Account);
        Consent {
            purpose,
            granted,
            wording: Wording::stored(wording.into()),
            place,
            at: Timestamp::default(),
        }
    }

    #[test]
    fn only_what_is_new_is_kept() {
        let mut said = Consents::default();
        let mut tell = |granted, wording: &str| {
            let kept = said.say(word(granted, wording)).unwrap();
            if let Some((number, word)) = &kept {
                assert_eq!(*number as usize, said.said().len() + 1);
                said.0.push(word.clone());
            }
            kept.is_some()
        };
        assert!(!tell(false, "a"), "nothing was given that could be withdrawn");
        assert!(tell(true, "a") && !tell(true, "a") && tell(true, "b"));
        assert!(tell(false, "b") && !tell(false, "c") && tell(true, "b"));
        assert_eq!(said.last().map(|c| c.granted).collect::<Vec<_>>(), [true]);
        said.0 = vec![word(true, "a"); Consents::MOST];
        assert_eq!(said.say(word(false, "a")), Err(TooOften));
    }

    #[test]
    fn the_text_that_was_read_has_a_short_name() {
        for (text, fine) in [
            ("news-1", true),
            ("2026.11", true),
            ("", false),
            ("A", false),
            ("a b", false),
            (&"x".repeat(41), false),
        ] {
            let mut faults = Faults::default();
            Wording::read(text, &mut faults);
            assert_eq!(faults.check().is_ok(), fine, "{text}");
        }
    }
}
