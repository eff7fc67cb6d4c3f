//! A problem of an import file, told so that a merchant can find the place and mend it.

/// What a problem means for the product it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The product was left out (a problem of the file as a whole: nothing, or nothing after this line, was read).
    Error,
    /// The product was read; the hint says what was assumed or left out.
    Warning,
}

impl Severity {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One line of the import report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, counted from 1 as a text editor does; for a row that spans several lines its first one.
    pub line: u64,
    /// The column's header (the key, in JSON) as the file writes it; none when the problem is not one column's.
    pub column: Option<String>,
    /// What the file says there, shortened.
    pub value: Option<String>,
    /// Stable name of the kind of problem, such as `price_not_a_number`.
    pub code: &'static str,
    /// What to do about it, in a sentence or two.
    pub hint: String,
    pub severity: Severity,
}
