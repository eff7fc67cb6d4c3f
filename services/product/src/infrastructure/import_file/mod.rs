//! Reads a merchant's product file, bytes in, products and problems out. No I/O, no clock, no database: the same
//! bytes always give the same answer.
//!
//! The way through it: [`decode`] makes text of bytes, [`table`] or [`json`] make [`Row`](row::Row)s of the text,
//! [`columns`] knows which header means which [`Field`](fields::Field), [`group`] gathers rows into drafts of
//! products, [`describe`] reads what they say of the product and [`cells`] of a variant, and [`finish`] turns a draft into an `ImportedProduct` or into
//! the problems that keep it out. One product's problems never touch another product.

mod cells;
mod columns;
mod decode;
mod describe;
mod draft;
mod fields;
mod finish;
mod group;
mod html;
mod images;
mod json;
mod json_product;
mod json_row;
mod lists;
mod numbers;
mod options;
mod price;
mod problems;
mod report;
mod row;
mod table;
mod table_rows;
#[cfg(test)]
mod tests;

use crate::domain::import::{Format, ReadFile, Skipped};
use hanse_kernel::Currency;
use problems::Problems;

/// Bounds on a file. What is beyond them is refused with a problem that says so, never cut off in silence.
pub mod limits {
    /// Bytes of one file.
    pub const FILE_BYTES: usize = 256 * 1024 * 1024;
    /// Rows read from one file.
    pub const ROWS: u64 = 500_000;
    /// Problems told one by one; further ones are counted.
    pub const PROBLEMS: usize = 5_000;
    /// Bytes of a title, a handle, an option value or a tag.
    pub const TEXT: usize = 500;
    /// Bytes of a description.
    pub const DESCRIPTION: usize = 256 * 1024;
    /// Bytes of an address of an image.
    pub const ADDRESS: usize = 2_048;
    /// Variants of one product.
    pub const VARIANTS: usize = 2_000;
    /// Images of one product.
    pub const IMAGES: usize = 250;
    /// Tags of one product.
    pub const TAGS: usize = 250;
    /// Steps of a category path.
    pub const CATEGORY_STEPS: usize = 8;
    /// Units of stock of one variant.
    pub const STOCK: i64 = 1_000_000_000;
    /// Grams of one variant: 100 tonnes.
    pub const GRAMS: i64 = 100_000_000;
    /// A price, in minor units: what pricing takes.
    pub const PRICE_MINOR: i64 = 100_000_000_000;
}

/// Reads a product file.
///
/// * `name_hint`: the file's name; its ending helps to tell formats apart when the content alone does not.
/// * `format`: [`Format::Auto`] decides by the content: JSON by its first character, Shopify's CSV by its headers.
/// * `default_currency`: the currency of prices where the file names none.
///
/// Never fails and never panics: a file that cannot be read at all gives no products and a problem of severity error
/// that says what was expected. Time is linear in the size of the file; memory a small multiple of it.
///
/// What is read from a table:
/// * UTF-8 with or without a byte order mark, UTF-16 with one, else Windows-1252 (with a warning); any line ends;
///   commas, semicolons, tabs or bars between cells; quoted cells with line ends in them.
/// * Columns in any order, upper or lower case, `Variant Price`, `variant_price` or `variantPrice`. Unknown columns are
///   listed once as a warning.
/// * Shopify: rows with a blank or repeated `Handle` continue the product, adding a variant, an image or both; without
///   a `Handle` column rows with a blank or repeated `Title` do.
/// * Other tables: one row per product, lists of colours and sizes spread into variants; or one row per variant with
///   the same title or handle and another colour or size.
///
/// Prices are read exactly: `1299`, `1,299.00`, `1.299,00`, `12,50`, `€ 12.50`. What could mean two amounts, such as
/// `1,299`, is a problem, never a guess.
pub fn read_file(
    bytes: &[u8],
    name_hint: Option<&str>,
    format: Format,
    default_currency: Currency,
) -> ReadFile {
    let settings = Settings { currency: default_currency, max_rows: limits::ROWS };
    read_with(bytes, name_hint, format, settings)
}

/// What holds for the whole file.
#[derive(Debug, Clone, Copy)]
struct Settings {
    currency: Currency,
    max_rows: u64,
}

fn read_with(bytes: &[u8], name_hint: Option<&str>, format: Format, settings: Settings) -> ReadFile {
    let mut problems = Problems::default();
    let text = match decode::decode(bytes, &mut problems) {
        Ok(text) => text,
        Err(refused) => {
            problems.add(refused);
            return refuse(format, problems);
        }
    };
    let drafts = match format {
        Format::Json => json::read(&text, settings, &mut problems),
        Format::ShopifyCsv => table::read(&text, Some(fields::Dialect::Shopify), settings, &mut problems),
        Format::Csv => table::read(&text, Some(fields::Dialect::Named), settings, &mut problems),
        Format::Auto if looks_like_json(&text, name_hint) => json::read(&text, settings, &mut problems),
        Format::Auto => table::read(&text, None, settings, &mut problems),
    };
    match drafts {
        Ok(read) => {
            let finished = finish::finish(read.drafts, &read.labels, &mut problems);
            ReadFile {
                format: read.format,
                rows_total: read.rows,
                products: finished.products,
                skipped: finished.skipped,
                problems: problems.into_sorted(),
            }
        }
        Err(refused) => {
            problems.add(refused);
            refuse(format, problems)
        }
    }
}

/// What [`table`] and [`json`] make of a file, before the drafts are judged.
struct Drafts {
    format: Format,
    rows: u64,
    drafts: Vec<draft::Draft>,
    labels: row::Labels,
}

fn refuse(format: Format, problems: Problems) -> ReadFile {
    ReadFile {
        format,
        rows_total: 0,
        products: vec![],
        skipped: Skipped::default(),
        problems: problems.into_sorted(),
    }
}

fn looks_like_json(text: &str, name_hint: Option<&str>) -> bool {
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => true,
        _ => name_hint.is_some_and(|name| name.to_ascii_lowercase().ends_with(".json")),
    }
}
