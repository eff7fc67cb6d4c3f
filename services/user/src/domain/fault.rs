//! What is wrong with somebody's input: the field, a stable code, and the rule. Never the value.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: &'static str,
    pub code: &'static str,
    pub rule: String,
}

/// Collects faults, so that all of them are told at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, field: &'static str, code: &'static str, rule: impl Into<String>) {
        self.0.push(Fault { field, code, rule: rule.into() });
    }

    /// One line of text of at most `longest` characters, trimmed; `None` when nothing is left of it.
    pub fn line(&mut self, field: &'static str, text: &str, longest: usize) -> Option<String> {
        let text = text.trim();
        if text.chars().count() > longest {
            self.add(field, "length", format!("must be at most {longest} characters long"));
        }
        if text.chars().any(char::is_control) {
            self.add(field, "format", "must be one line of text");
        }
        (!text.is_empty()).then(|| text.to_string())
    }

    /// As [`Faults::line`], for a field that must not be empty.
    pub fn required(&mut self, field: &'static str, text: &str, longest: usize) -> String {
        self.line(field, text, longest).unwrap_or_else(|| {
            self.add(field, "required", "is required");
            String::new()
        })
    }

    pub fn check(self) -> Result<(), Vec<Fault>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
