//! A discount code as a shopper types it. Whether it counts is pricing's to say.

use super::fault::Fault;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Code(String);

impl Code {
    pub fn parse(field: &str, text: &str) -> Result<Self, Fault> {
        let code = text.trim().to_uppercase();
        let fine = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if (1..=40).contains(&code.len()) && code.bytes().all(fine) {
            Ok(Self(code))
        } else {
            Err(Fault::new(field, "format", "must be 1 to 40 letters, digits, hyphens or underscores"))
        }
    }
    /// What has been parsed before, from the store.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
