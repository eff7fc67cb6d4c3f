//! What is to be written down: an action in the words of the trade, what it is done to, and what changed.

use hanse_kernel::UserId;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Display;

/// Of what was and what became no more is kept than this; of more, its digest.
const LONGEST: usize = 4 * 1024;

/// One thing that somebody did. What it was before and what it is after are told by ids, numbers and names of states; what
/// people typed is left out, or told by [`Entry::changed`]'s digest alone.
#[derive(Debug, Clone)]
pub struct Entry {
    pub(crate) action: &'static str,
    pub(crate) subject_kind: &'static str,
    pub(crate) subject: String,
    pub(crate) was: Option<String>,
    pub(crate) became: Option<String>,
    pub(crate) by: Option<(&'static str, String)>,
}

impl Entry {
    /// `action`: area and deed, `order.refunded`. `subject_kind` and `subject`: what it is done to.
    pub fn new(action: &'static str, subject_kind: &'static str, subject: impl Display) -> Self {
        Self { action, subject_kind, subject: subject.to_string(), was: None, became: None, by: None }
    }

    /// By somebody who has proved only with the deed itself who they are, as with a password or a mailed link.
    #[must_use]
    pub fn by(self, user: UserId, staff: bool) -> Self {
        Self { by: Some((if staff { "staff" } else { "customer" }, user.to_string())), ..self }
    }

    /// As it is afterwards.
    #[must_use]
    pub fn became(self, after: Value) -> Self {
        Self { became: bounded(after), ..self }
    }

    /// As it was, where nothing is left of it.
    #[must_use]
    pub fn was(self, before: Value) -> Self {
        Self { was: bounded(before), ..self }
    }

    /// Of two objects, those fields that differ.
    #[must_use]
    pub fn changed(self, before: Value, after: Value) -> Self {
        let (was, became) = match (before, after) {
            (Value::Object(before), Value::Object(after)) => differing(before, after),
            pair => pair,
        };
        Self { was: bounded(was), became: bounded(became), ..self }
    }
}

fn differing(before: Map<String, Value>, after: Map<String, Value>) -> (Value, Value) {
    let pick = |from: &Map<String, Value>, other: &Map<String, Value>| {
        let differs = from.iter().filter(|(name, value)| other.get(*name) != Some(value));
        Value::Object(differs.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    (pick(&before, &after), pick(&after, &before))
}

fn bounded(value: Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let text = value.to_string();
    if text.len() <= LONGEST {
        return Some(text);
    }
    Some(json!({"sha256": hex(&Sha256::digest(&text)), "bytes": text.len()}).to_string())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_kept_and_never_more_than_fits() {
        let before = json!({"status": "draft", "title": "Rope", "weight": 3});
        let after = json!({"status": "published", "title": "Rope", "tags": ["sea"]});
        let entry = Entry::new("product.changed", "product", "prd_1").changed(before, after);
        assert_eq!(entry.was.as_deref(), Some(r#"{"status":"draft","weight":3}"#));
        assert_eq!(entry.became.as_deref(), Some(r#"{"status":"published","tags":["sea"]}"#));
        let long = Entry::new("product.changed", "product", "prd_1").became(json!("x".repeat(LONGEST)));
        let kept: Value = serde_json::from_str(long.became.as_deref().expect("kept")).expect("JSON");
        assert_eq!(kept["bytes"], LONGEST + 2);
        assert_eq!(kept["sha256"].as_str().expect("a digest").len(), 64);
    }
}
