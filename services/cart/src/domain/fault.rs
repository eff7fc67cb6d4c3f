//! What is wrong with something that a shopper sent, by field.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct Fault {
    /// For example `shipping_address.country`.
    pub field: String,
    /// Stable and machine-readable.
    pub code: &'static str,
    pub message: String,
}

impl Fault {
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

/// One line of text as people write it: trimmed, not longer than `longest`, nothing that is control or markup.
/// Empty becomes None.
pub fn line(field: &str, text: &str, longest: usize) -> Result<Option<String>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > longest {
        return Err(Fault::new(field, "length", format!("must have at most {longest} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::new(field, "characters", "must be one line of text"));
    }
    if text.contains(['<', '>']) {
        return Err(Fault::new(field, "markup", "must not contain < or >"));
    }
    Ok(Some(text.to_string()))
}
