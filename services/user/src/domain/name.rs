//! The name a person goes by, and the words that staff find it by.

use crate::domain::Faults;
use std::collections::BTreeSet;
use std::fmt;

/// 1 to 200 characters on one line.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Nobody has more names than this that anybody would search by.
const MOST_WORDS: usize = 10;

impl PersonName {
    pub fn read(text: &str, faults: &mut Faults) -> Self {
        Self(faults.required("name", text, 200))
    }

    /// For a name that somebody else has judged: `None` when there is nothing in it.
    pub fn known(text: &str) -> Option<Self> {
        let mut faults = Faults::default();
        let name = Self::read(text, &mut faults);
        faults.check().ok().map(|()| name)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn words(&self) -> BTreeSet<String> {
        words(&self.0)
    }
}

/// The words of a text in the form in which they are compared.
pub fn words(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).take(MOST_WORDS).collect()
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
    fn a_name_is_found_by_its_words() {
        let name = PersonName::known(" Ana-Maria O'Neil ").unwrap();
        assert_eq!(name.as_str(), "Ana-Maria O'Neil");
        assert_eq!(name.words().into_iter().collect::<Vec<_>>(), ["ana", "maria", "neil", "o"]);
        assert!(PersonName::known(" ").is_none() && PersonName::known("a\nb").is_none());
        assert_eq!(format!("{name:?}"), "PersonName(…)");
    }
}
