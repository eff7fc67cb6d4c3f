//! Searches, hunted: whatever is typed, the question is bounded, made of plain words, and finds what it was typed off.

use crate::domain::search::{Place, Question, Terms, fold, words};
use hanse_fuzz::{Came, Hunt, came};

/// Letters of a word, and words of a question.
const LONGEST: usize = 40;
const MOST_WORDS: usize = 8;

/// Letters and digits of any script; nothing that a store could take for more than a word.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().count() <= LONGEST && word.chars().all(char::is_alphanumeric)
}

fn judged(input: &[u8], words: impl Fn(&str) -> Vec<String>) -> Came {
    let text = String::from_utf8_lossy(input);
    let all = words(&text);
    if let Some(word) = all.iter().find(|word| !is_plain(word)) {
        return Err(format!("{word:?} is no plain word"));
    }
    let Some(question) = Question::parse(&text) else {
        return if all.is_empty() {
            came("nothing to look for")
        } else {
            Err("words ask for nothing".into())
        };
    };
    if question.whole().len() >= MOST_WORDS {
        return Err("it asks for too much".into());
    }
    // What is typed off a product's title finds it.
    let mut terms = Terms::default();
    terms.add(&text, Place::Title);
    let lost = question.whole().iter().find(|word| terms.weight(word).is_none());
    let end = question.beginning_end();
    let begun = terms.iter().any(|(term, _)| term >= question.beginning() && term <= end.as_str());
    match lost {
        Some(word) => Err(format!("{word} is not found where it was typed off")),
        None if !begun => Err(format!("nothing begins with {}", question.beginning())),
        None => came((question.whole().len(), all.len() > MOST_WORDS, text.is_ascii())),
    }
}

fn hunt() -> Hunt {
    Hunt::new("search", env!("CARGO_MANIFEST_DIR"))
        .seeds([
            "enamel mug",
            "Größe & Höhe – ÉTÉ",
            "MUG-G-S",
            "a b c d e f g h i j k",
            "' or 1=1 --",
            "%_*\"",
            "ﬁne ǅ İ",
        ])
        .seeds([
            "\u{1100}\u{1161}\u{11a8}",
            "日本語 テスト",
            "नमस्ते",
            "مرحبا",
            "🇸🇪👩‍👩‍👧",
            "\u{202e}abc\u{0}",
            &"x".repeat(200),
        ])
        .words([
            "*",
            "%",
            "\"",
            "'",
            "\\",
            " NEAR ",
            " OR ",
            "İ",
            "ß",
            "ﷺ",
            "\u{345}",
            "\u{300}",
            "½",
            "²",
            "Ⅷ",
            "\u{10ffff}",
        ])
}

#[test]
fn search_whatever_is_typed_becomes_plain_words_that_find_what_they_were_typed_off() {
    hunt().expect_nothing(|input| judged(input, words));
}

#[test]
fn search_words_that_keep_what_a_store_takes_for_more_are_found_out() {
    let planted =
        |text: &str| fold(text).split_whitespace().map(|w| w.chars().take(LONGEST).collect()).collect();
    hunt().expect_a_finding(|input| judged(input, planted));
}
