//! The words of the search: how texts and questions fold to terms, and what a hit in which place weighs.

use std::collections::BTreeMap;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longer words are cut: nobody types more, and the index stays small.
const LONGEST: usize = 40;
/// Terms of one product and language.
const MOST_TERMS: usize = 400;
/// Words of one question; further ones are left out.
const MOST_WORDS: usize = 8;

/// Where a word stands, by what it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Description,
    OptionValue,
    Classification,
    Sku,
    Title,
}

impl Place {
    pub const fn weight(self) -> i64 {
        match self {
            Self::Description => 1,
            Self::OptionValue => 3,
            Self::Classification => 5,
            Self::Sku => 6,
            Self::Title => 10,
        }
    }
}

/// Lower case, without diacritics: `Größe` and `grosse` are one word, `ÉTÉ` is `ete`.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ł' => out.push('l'),
            'ı' => out.push('i'),
            'þ' => out.push_str("th"),
            other => out.push(other),
        }
    }
    out
}

/// The folded words of a text, in order.
pub fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LONGEST).collect())
        .collect()
}

/// The terms of one product in one language, each with the weight of the best place it stands in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms(BTreeMap<String, i64>);

impl Terms {
    pub fn add(&mut self, text: &str, place: Place) {
        for word in words(text) {
            if self.0.len() >= MOST_TERMS && !self.0.contains_key(&word) {
                return;
            }
            let weight = self.0.entry(word).or_default();
            *weight = (*weight).max(place.weight());
        }
    }
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, i64)>) -> Self {
        Self(pairs.into_iter().collect())
    }
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(term, weight)| (term.as_str(), *weight))
    }
    pub fn weight(&self, term: &str) -> Option<i64> {
        self.0.get(term).copied()
    }
}

/// A shopper's question: every word must be found, the last one also as the beginning of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    whole: Vec<String>,
    beginning: String,
}

impl Question {
    /// `None` when there is no word in it, so that nothing can match.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = words(text);
        all.truncate(MOST_WORDS);
        let beginning = all.pop()?;
        let mut whole: Vec<String> = vec![];
        for word in all {
            // A word that is said twice, or that the last one begins with, asks for nothing more.
            if !whole.contains(&word) && word != beginning {
                whole.push(word);
            }
        }
        Some(Self { whole, beginning })
    }
    /// Words that must stand there as they are.
    pub fn whole(&self) -> &[String] {
        &self.whole
    }
    pub fn beginning(&self) -> &str {
        &self.beginning
    }
    /// An upper bound of all words that begin so, in the order of code points.
    pub fn beginning_end(&self) -> String {
        format!("{}{}", self.beginning, char::MAX)
    }
    /// The same for questions that mean the same.
    pub fn normalised(&self) -> String {
        let mut text = self.whole.join(" ");
        text.push(' ');
        text.push_str(&self.beginning);
        text
    }
}

/// The text of HTML, for the index only.
pub fn text_of_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut tag = false;
    for c in html.chars() {
        match c {
            '<' => tag = true,
            '>' if tag => {
                tag = false;
                out.push(' ');
            }
            _ if tag => {}
            c => out.push(c),
        }
    }
    out.replace("&amp;", " ").replace("&nbsp;", " ").replace("&lt;", " ").replace("&gt;", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fold_case_and_diacritics() {
        assert_eq!(words("Größe & Höhe – ÉTÉ"), ["grosse", "hohe", "ete"]);
        assert_eq!(words("MUG-G-S"), ["mug", "g", "s"]);
        assert_eq!(words("Smørrebrød ﬁne"), ["smorrebrod", "fine"]);
        assert!(words("–— !").is_empty());
    }

    #[test]
    fn a_term_has_the_weight_of_its_best_place() {
        let mut terms = Terms::default();
        terms.add("An enamel mug", Place::Description);
        terms.add("Mug", Place::Title);
        assert_eq!(terms.weight("mug"), Some(10));
        assert_eq!(terms.weight("enamel"), Some(1));
    }

    #[test]
    fn the_last_word_of_a_question_may_be_a_beginning() {
        let question = Question::parse("Enamel  mug enamel MU").unwrap();
        assert_eq!((question.whole(), question.beginning()), (&["enamel".into(), "mug".into()][..], "mu"));
        assert!(question.beginning_end().as_str() > "mug");
        assert_eq!(Question::parse(" … "), None);
        let same = Question::parse("mug mug").unwrap();
        assert_eq!((same.whole().len(), same.normalised().as_str()), (0, " mug"));
    }

    #[test]
    fn tags_are_no_words() {
        assert_eq!(words(&text_of_html("<p class=\"x\">Warm &amp; <b>soft</b></p>")), ["warm", "soft"]);
    }
}
