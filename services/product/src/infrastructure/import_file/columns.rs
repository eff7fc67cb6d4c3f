//! Which column of a table means what.

use super::fields::{Dialect, Field, normalised};
use super::limits;
use super::problems::{At, Problems, error, shortened, warning};
use crate::domain::import::Problem;
use std::collections::HashMap;

/// Headers that only Shopify's export has: one of them is enough to know it.
const SHOPIFY_MARKS: [&str; 10] = [
    "variant price",
    "variant sku",
    "variant inventory qty",
    "variant inventory policy",
    "variant inventory tracker",
    "option1 name",
    "option1 value",
    "body (html)",
    "url handle",
    "variant grams",
];

/// Columns of Shopify's export that have no counterpart here and say nothing about what is sold: not worth a warning.
const PASSED_OVER: [&str; 11] = [
    "variant fulfillment service",
    "fulfillment service",
    "seo title",
    "seo description",
    "cost per item",
    "variant tax code",
    "tax code",
    "variant tax",
    "template suffix",
    "collection",
    "unit price",
];
const PASSED_OVER_FAMILIES: [&str; 6] =
    ["google shopping", "included /", "price /", "compare at price /", "option1 linked to", "unit price"];

/// The columns of one table.
#[derive(Debug)]
pub(super) struct Columns {
    pub dialect: Dialect,
    index: [Option<usize>; Field::COUNT],
    headers: Vec<String>,
}

impl Columns {
    /// Maps a header row, or refuses it with what was expected. `dialect` None: told by the headers.
    pub fn map(
        headers: Vec<String>,
        line: u64,
        dialect: Option<Dialect>,
        problems: &mut Problems,
    ) -> Result<Self, Problem> {
        let names: Vec<String> = headers.iter().map(|header| normalised(header)).collect();
        let shopify = names.iter().any(|name| SHOPIFY_MARKS.contains(&name.as_str()));
        let dialect = dialect.unwrap_or(if shopify { Dialect::Shopify } else { Dialect::Named });
        let mut columns = Self { dialect, index: [None; Field::COUNT], headers };
        let mut ranks = [usize::MAX; Field::COUNT];
        let mut meanings: Vec<Option<Field>> = vec![None; names.len()];
        let mut repeated = vec![];
        let mut first_of: HashMap<&str, usize> = HashMap::new();
        for (i, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if let Some(first) = first_of.get(name.as_str()) {
                repeated.push((*first, i));
                meanings[i] = meanings[*first];
                continue;
            }
            first_of.insert(name, i);
            if let Some((field, rank)) = Field::of(name, dialect) {
                meanings[i] = Some(field);
                if rank < ranks[field as usize] {
                    ranks[field as usize] = rank;
                    columns.index[field as usize] = Some(i);
                }
            }
        }
        columns.check(line)?;
        for (first, second) in repeated {
            let hint = format!(
                "Columns {} and {} have the same header; only the first is read. Rename or remove one of them.",
                first + 1,
                second + 1
            );
            let header = columns.header(second);
            problems.add(warning(line, "column_repeated", hint).at(header, header));
        }
        let unused: Vec<&str> = (0..names.len())
            .filter(|i| !names[*i].is_empty() && !passed_over(&names[*i]))
            .filter(|i| {
                meanings[*i].is_none_or(|field| {
                    columns.index[field as usize] != Some(*i) && first_of.get(names[*i].as_str()) == Some(i)
                })
            })
            .map(|i| columns.headers[i].as_str())
            .collect();
        tell_unused(line, &unused, problems);
        Ok(columns)
    }

    fn check(&self, line: u64) -> Result<(), Problem> {
        let named = self.has(Field::Title) || (self.dialect == Dialect::Shopify && self.has(Field::Handle));
        let priced = self.has(Field::Price) || (self.dialect == Dialect::Shopify && self.has_variants());
        if named && priced {
            return Ok(());
        }
        let missing = match (named, priced) {
            (false, false) => "the title and the price",
            (false, true) => "the title",
            _ => "the price",
        };
        Err(error(line, "columns_not_recognised", format!("No column for {missing} was found. {EXPECTED}"))
            .at("header", &self.headers.join(", ")))
    }

    fn has_variants(&self) -> bool {
        [Field::Sku, Field::Option1Value, Field::Quantity].into_iter().any(|field| self.has(field))
    }

    pub fn has(&self, field: Field) -> bool {
        self.index[field as usize].is_some()
    }
    pub fn index(&self, field: Field) -> Option<usize> {
        self.index[field as usize]
    }
    /// The header of a field as the file writes it, or the usual one where the file has none.
    pub fn label(&self, field: Field) -> &str {
        self.index(field).and_then(|i| self.headers.get(i)).map_or(field.headers()[0], |header| header.trim())
    }
    /// The header of a field for a text that names it, in the spelling of Shopify's export where the file has none.
    pub fn shown_label(&self, field: Field) -> String {
        if self.has(field) {
            return self.label(field).to_string();
        }
        let words = field.headers()[0].split(' ').map(|word| match word {
            "sku" => "SKU".to_string(),
            word => word[..1].to_uppercase() + &word[1..],
        });
        words.collect::<Vec<_>>().join(" ")
    }
    /// The header of column number `i`, from 0.
    pub fn header(&self, i: usize) -> &str {
        self.headers.get(i).map_or("", |header| header.trim())
    }
    pub fn count(&self) -> usize {
        self.headers.len()
    }
}

/// What a file has to look like, for the merchant whose file was refused.
pub(super) const EXPECTED: &str = "Expected is a Shopify product export (Handle, Title, Variant SKU, Variant Price, …), or a table or JSON list whose columns are named: title and price, and if wanted handle, description, brand, category, type, tags, sku, sale price, currency, stock, colours, sizes, weight, weight unit, barcode, images. Rename the columns (in JSON: the keys) and import the file again.";

fn passed_over(name: &str) -> bool {
    PASSED_OVER.contains(&name)
        || PASSED_OVER_FAMILIES.iter().any(|family| name.starts_with(family))
        || name.contains("metafield")
}

/// One warning for all columns or keys that nobody reads.
pub(super) fn tell_unused(line: u64, unused: &[&str], problems: &mut Problems) {
    if unused.is_empty() {
        return;
    }
    let mut list: Vec<String> = unused.iter().take(40).map(|name| shortened(name)).collect();
    if unused.len() > 40 {
        list.push(format!("and {} more", unused.len() - 40));
    }
    let hint = format!(
        "Not used: {}. Nothing is lost if you do not need them; else rename them to columns that are read.",
        list.join(", ")
    );
    problems.add(warning(line, "columns_not_used", hint));
}

/// Whether a header row is absurdly wide.
pub(super) fn too_wide(count: usize) -> bool {
    count > limits::TEXT
}
