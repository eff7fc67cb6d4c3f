//! Gathers problems: bounded, and in the order of the file.

use super::limits;
use crate::domain::import::{Problem, Severity};

/// Characters of a cell that a problem repeats.
const SHOWN: usize = 80;

#[derive(Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    /// Problems beyond the bound.
    untold: u64,
}

impl Problems {
    pub fn add(&mut self, problem: Problem) {
        if self.list.len() < limits::PROBLEMS {
            self.list.push(problem);
        } else {
            self.untold += 1;
        }
    }

    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.list.sort_by_key(|problem| problem.line);
        if self.untold > 0 {
            let line = self.list.last().map_or(1, |problem| problem.line);
            let hint = format!(
                "{} more problems were found and are not listed. Mend those above, most have the same cause, and import the file again.",
                self.untold
            );
            self.list.push(warning(line, "more_problems", hint));
        }
        self.list
    }
}

/// A problem of no one column that keeps a product, or the file, out.
pub(super) fn error(line: u64, code: &'static str, hint: impl Into<String>) -> Problem {
    Problem { line, column: None, value: None, code, hint: hint.into(), severity: Severity::Error }
}

/// A problem of no one column that keeps nothing out.
pub(super) fn warning(line: u64, code: &'static str, hint: impl Into<String>) -> Problem {
    Problem { severity: Severity::Warning, ..error(line, code, hint) }
}

/// Adding the place and the words of a cell to a problem.
pub(super) trait At {
    fn at(self, column: &str, value: &str) -> Problem;
}

impl At for Problem {
    fn at(mut self, column: &str, value: &str) -> Problem {
        self.column = Some(shortened(column));
        self.value = Some(shortened(value));
        self
    }
}

/// The beginning of a text, on one line, fit to be repeated in a problem.
pub(super) fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
