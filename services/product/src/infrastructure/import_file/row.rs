//! One row as the rest of the reader sees it, whether it came from a table or from JSON.

use super::fields::Field;
use super::lists;
use super::problems::{At, error, warning};
use crate::domain::import::Problem;

/// The cells of a row by their meaning.
pub(super) trait Row {
    /// The row's first line in the file, from 1.
    fn line(&self) -> u64;
    /// The trimmed text of a cell; empty when the cell or the column is not there.
    fn get(&self, field: Field) -> &str;
    /// The column's name as the file writes it.
    fn label(&self, field: Field) -> &str;
    /// Whether the file has such a column at all (in JSON: the item has such a key).
    fn knows(&self, field: Field) -> bool;
    /// Whether the cell is a number of a format with numbers, in which a point is always a decimal point.
    fn is_number(&self, _field: Field) -> bool {
        false
    }
    /// The line where a cell stands; rows of JSON know it better than the row's first.
    fn line_of(&self, _field: Field) -> u64 {
        self.line()
    }
    /// A cell that holds several values.
    fn list(&self, field: Field) -> Vec<&str> {
        lists::split(self.get(field))
    }
    /// Why the row cannot be trusted as it stands, if so.
    fn fault(&self) -> Option<&Problem> {
        None
    }

    fn has(&self, field: Field) -> bool {
        !self.get(field).is_empty()
    }
    fn optional(&self, field: Field) -> Option<&str> {
        Some(self.get(field)).filter(|text| !text.is_empty())
    }
    /// A problem with this cell that keeps the product out.
    fn error(&self, field: Field, code: &'static str, hint: &str) -> Problem {
        error(self.line_of(field), code, hint).at(self.label(field), self.get(field))
    }
    /// A problem with this cell that keeps nothing out.
    fn warning(&self, field: Field, code: &'static str, hint: &str) -> Problem {
        warning(self.line_of(field), code, hint).at(self.label(field), self.get(field))
    }
}

/// Names of columns as the file writes them, for problems that are found when a whole product is looked at.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    pub title: String,
    pub sku: String,
    pub price: String,
    pub weight: String,
    pub tracker: String,
    pub values: [String; 3],
}

impl Labels {
    pub fn of(label: impl Fn(Field) -> String) -> Self {
        Self {
            title: label(Field::Title),
            sku: label(Field::Sku),
            price: label(Field::Price),
            weight: label(Field::Weight),
            tracker: label(Field::Tracker),
            values: Field::OPTIONS.map(|(_, value)| label(value)),
        }
    }
}
