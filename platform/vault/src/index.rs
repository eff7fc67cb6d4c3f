//! Looking for what is sealed: instead of the text a digest of it is stored and looked for, made with a key that only the
//! service has. Whoever has the database alone sees which rows have the same text in a column, and nothing of the text.

use crate::key::{Column, Key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::hmac;

/// What every digest begins with, so that it is never taken for a word from before.
const PREFIX: &str = " blind:1:";
/// Of the HMAC is kept: two of a million texts are alike once in 10²⁶.
const KEPT: usize = 16;

/// The key of a service's blind indexes. It is another one than any person's, and lasts: when the master key changes it is
/// wrapped anew as they are.
pub struct Index(pub(crate) Key);

impl Index {
    /// Of a text in the form in which it is compared. The same text in another column has another one.
    pub fn of(&self, column: Column, text: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*self.0.opened.bytes);
        let mut hmac = hmac::Context::with_key(&key);
        for part in [column.table, column.name, text] {
            hmac.update(&(part.len() as u64).to_be_bytes());
            hmac.update(part.as_bytes());
        }
        format!("{PREFIX}{}", STANDARD_NO_PAD.encode(&hmac.sign().as_ref()[..KEPT]))
    }

    /// Of each beginning of a word up to so many characters: what [`Index::beginning`] finds.
    pub fn beginnings(&self, column: Column, word: &str, longest: usize) -> Vec<String> {
        let ends = word.char_indices().skip(1).map(|(at, _)| at).chain([word.len()]).take(longest);
        ends.filter(|end| *end > 0).map(|end| self.of(column, &word[..end])).collect()
    }

    /// What words that begin so are found by; beyond `longest` characters it is not looked.
    pub fn beginning(&self, column: Column, start: &str, longest: usize) -> String {
        let end = start.char_indices().nth(longest).map_or(start.len(), |(at, _)| at);
        self.of(column, &start[..end])
    }
}
