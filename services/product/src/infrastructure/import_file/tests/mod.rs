//! What the reader makes of files: one snapshot per quirk, rules over generated files, and bounds.

mod bounds;
mod fixtures;
mod fuzz;
mod generated;
mod report;
mod sample;

use super::read_file;
use crate::domain::import::{Format, ReadFile, Severity};
use hanse_kernel::Currency;

fn read(text: impl AsRef<[u8]>) -> ReadFile {
    read_file(text.as_ref(), None, Format::Auto, Currency::EUR)
}

/// Codes of the problems with their lines, errors marked. Most small files here say nothing of stock: not listed.
fn codes(file: &ReadFile) -> Vec<String> {
    let mark = |severity| if severity == Severity::Error { "!" } else { "" };
    file.problems
        .iter()
        .filter(|p| p.code != "stock_column_missing")
        .map(|p| format!("{}{}@{}", mark(p.severity), p.code, p.line))
        .collect()
}

fn titles(file: &ReadFile) -> Vec<&str> {
    file.products.iter().map(|product| product.title.as_str()).collect()
}
