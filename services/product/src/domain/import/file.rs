//! The answer of reading one file: what was found in it, whole.

use super::{ImportedProduct, Problem, Severity};
use std::fmt;
use std::str::FromStr;

/// How a file is laid out. `Auto` is a question, the others are answers too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Look at the file and decide.
    #[default]
    Auto,
    /// Shopify's product CSV: one row per variant or image, continuation rows belong to the product above.
    ShopifyCsv,
    /// Any other table with a header row, mapped by the names of its columns: one row per product or variant.
    Csv,
    /// A list of products, or an object that holds one.
    Json,
}

impl Format {
    /// The name on the wire and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::ShopifyCsv => "shopify_csv",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is none of `auto`, `shopify_csv`, `csv`, `json`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be auto, shopify_csv, csv or json")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        [Self::Auto, Self::ShopifyCsv, Self::Csv, Self::Json]
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or(UnknownFormat)
    }
}

/// What was left out of [`ReadFile::products`]; the problems say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skipped {
    /// Products with at least one problem of severity error.
    pub products: u64,
    /// The variants of those products, and single variants that were left out of a product that was read.
    pub variants: u64,
}

/// One file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFile {
    /// The layout that was asked for, or found when `Auto` was asked for.
    pub format: Format,
    /// Rows with something in them, without the header; in JSON, items of the list.
    pub rows_total: u64,
    /// In the order of the file, every one of them fit for the catalogue.
    pub products: Vec<ImportedProduct>,
    pub skipped: Skipped,
    /// In the order of their lines.
    pub problems: Vec<Problem>,
}

impl ReadFile {
    /// Whether nothing at all could be read, so that the file as a whole has to be mended first.
    pub fn is_refused(&self) -> bool {
        self.products.is_empty() && self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn a_format_reads_back_from_its_name() {
        for format in [Format::Auto, Format::ShopifyCsv, Format::Csv, Format::Json] {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert!("xlsx".parse::<Format>().is_err());
    }
}
