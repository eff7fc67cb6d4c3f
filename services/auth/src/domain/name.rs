//! The name a person goes by, as they wrote it.

use std::fmt;

/// 1 to 200 characters, no control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 200 characters of text")]
pub struct NameError;

impl PersonName {
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let fine = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fine.then(|| Self(text.into())).ok_or(NameError)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_some_text_of_any_script() {
        for good in ["Ana Lund", "李小龙", "O'Neil <b>", &"ä".repeat(200)] {
            assert!(PersonName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "   ", "Ana\nLund", "a\u{0}", &"ä".repeat(201)] {
            assert!(PersonName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
