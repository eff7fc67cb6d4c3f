//! Which column means what: the headers that merchants' files really have, and the mapping of one file.

use super::limits;
use super::problems::{At, Problems, error, shortened, warning};
use crate::domain::import::Problem;
use std::collections::HashMap;

/// How the rows of a table belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Shopify's: continuation rows.
    Shopify,
    /// Any other: each row stands for itself.
    Named,
}

macro_rules! fields {
    ($($field:ident: $($header:literal)|+;)*) => {
        /// What a cell can mean.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Field { $($field),* }

        impl Field {
            pub const ALL: &[Self] = &[$(Self::$field),*];
            /// The headers that mean it, best first, in the form of [`normalised`].
            const fn headers(self) -> &'static [&'static str] {
                match self { $(Self::$field => &[$($header),+]),* }
            }
        }
    };
}

fields! {
    Handle: "handle" | "url handle" | "slug" | "product handle";
    Title: "title" | "name" | "product title" | "product name";
    Body: "body (html)" | "body html" | "description html" | "description" | "body" | "product description";
    Vendor: "vendor" | "brand" | "manufacturer";
    Category: "product category" | "category" | "categories";
    Kind: "type" | "product type" | "custom product type";
    Tags: "tags" | "product tags" | "keywords";
    Published: "published" | "published on online store";
    Status: "status";
    GiftCard: "gift card";
    Option1Name: "option1 name";
    Option1Value: "option1 value";
    Option2Name: "option2 name";
    Option2Value: "option2 value";
    Option3Name: "option3 name";
    Option3Value: "option3 value";
    Colours: "colour" | "colours" | "color" | "colors";
    Sizes: "size" | "sizes";
    Sku: "variant sku" | "sku" | "product sku";
    Price: "variant price" | "price" | "regular price";
    SalePrice: "sale price" | "special price" | "discounted price";
    CompareAt: "variant compare at price" | "compare at price" | "compare price" | "original price" | "old price" | "msrp" | "rrp";
    Currency: "currency" | "currency code" | "price currency";
    Barcode: "variant barcode" | "barcode" | "gtin" | "ean" | "upc";
    Grams: "variant grams" | "weight value (grams)" | "grams" | "weight grams" | "weight (g)";
    Weight: "variant weight" | "weight";
    WeightUnit: "variant weight unit" | "weight unit" | "weight unit for display";
    Tracker: "variant inventory tracker" | "inventory tracker" | "variant inventory management" | "inventory management";
    Quantity: "variant inventory qty" | "inventory quantity" | "variant inventory quantity" | "stock" | "quantity" | "qty" | "stock quantity" | "inventory";
    Policy: "variant inventory policy" | "inventory policy" | "continue selling when out of stock";
    InStock: "in stock" | "available" | "availability" | "availability status";
    RequiresShipping: "variant requires shipping" | "requires shipping";
    Taxable: "variant taxable" | "taxable" | "charge tax";
    ImageSrc: "image src" | "product image url" | "images" | "image urls" | "image url" | "image" | "picture" | "pictures";
    Thumbnail: "thumbnail" | "thumbnail url";
    ImagePosition: "image position";
    ImageAlt: "image alt text" | "image alt";
    VariantImage: "variant image" | "variant image url";
}

impl Field {
    pub const COUNT: usize = Self::ALL.len();
    pub const OPTIONS: [(Self, Self); 3] = [
        (Self::Option1Name, Self::Option1Value),
        (Self::Option2Name, Self::Option2Value),
        (Self::Option3Name, Self::Option3Value),
    ];
    /// Lists and states that only tables of the named dialect have.
    const NAMED_ONLY: [Self; 5] =
        [Self::Colours, Self::Sizes, Self::SalePrice, Self::InStock, Self::Thumbnail];

    /// The key of a JSON object that usually means it.
    pub fn usual_key(self) -> &'static str {
        let header = self.headers()[0];
        header.strip_prefix("variant ").unwrap_or(header)
    }

    /// The meaning of a header and its rank among the headers of that meaning (0 is best).
    fn of(header: &str, dialect: Dialect) -> Option<(Self, usize)> {
        Self::ALL
            .iter()
            .filter(|field| dialect == Dialect::Named || !Self::NAMED_ONLY.contains(field))
            .find_map(|field| field.headers().iter().position(|h| *h == header).map(|rank| (*field, rank)))
    }
}

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

/// A header in comparable form: lower case, words apart, so that `Variant_Price`, `variantPrice` and `VARIANT PRICE`
/// are one.
pub(super) fn normalised(header: &str) -> String {
    let mut out = String::with_capacity(header.len() + 2);
    let mut before = ' ';
    let mut chars = header.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        let separator = c.is_whitespace() || matches!(c, '_' | '-' | '\u{feff}');
        let next_is_lower = chars.peek().is_some_and(|next| next.is_lowercase());
        let word_starts = c.is_uppercase()
            && (before.is_lowercase() || (before.is_uppercase() && next_is_lower && !plural(&mut chars)));
        if (separator || word_starts) && !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
        if !separator {
            out.extend(c.to_lowercase());
        }
        before = c;
    }
    let out = out.trim_end().to_string();
    match out.strip_prefix("option ").filter(|rest| rest.starts_with(['1', '2', '3'])) {
        Some(rest) => format!("option{rest}"),
        None => out,
    }
}

/// Whether what follows is the lone `s` of a plural, as in `imageURLs`.
fn plural(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let mut rest = rest.clone();
    rest.next() == Some('s') && rest.next().is_none_or(|c| !c.is_lowercase())
}

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
        let mut first_of: HashMap<&str, usize> = HashMap::new();
        for (i, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if let Some(first) = first_of.get(name.as_str()) {
                problems.add(
                    warning(line, "column_repeated", format!("Columns {} and {} have the same header; only the first is read. Rename or remove one of them.", first + 1, i + 1))
                        .at(&columns.headers[i], &columns.headers[i]),
                );
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
    /// The header of column number `i`, from 0.
    pub fn header(&self, i: usize) -> &str {
        self.headers.get(i).map_or("", |header| header.trim())
    }
    pub fn count(&self) -> usize {
        self.headers.len()
    }
}

/// What a file has to look like, for the merchant whose file was refused.
pub(super) const EXPECTED: &str = "Expected is a Shopify product export (Handle, Title, Variant SKU, Variant Price, …), or a table or JSON list whose columns are named: title and price, and if wanted handle, description, brand, category, type, tags, sku, sale price, currency, stock, colours, sizes, weight, weight unit, barcode, images. Rename the columns in the first row and import the file again.";

/// The meaning of a key of JSON, and its rank.
pub(super) fn key_meaning(key: &str) -> Option<(Field, usize)> {
    Field::of(&normalised(key), Dialect::Named)
}

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
