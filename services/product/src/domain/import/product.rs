//! A product as an import file describes it: checked, cleaned and complete, but not yet in the catalogue.

use super::{Fingerprint, Silent};
use hanse_kernel::Money;

/// A product with all its variants and images.
///
/// Promised by the reader: `title` and `handle` are not empty, handles differ within a file, there is at least one
/// variant, every variant has one value per option and no two variants have the same values, and an SKU stands at one
/// variant of the file only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedProduct {
    /// Names the product over re-imports of a file: the same file gives the same key.
    pub row_key: String,
    /// URL-safe, from the file's handle or else from the title.
    pub handle: String,
    /// Plain text.
    pub title: String,
    /// Safe HTML: no scripts, handlers, frames, styles or foreign schemes are left in it. May be empty.
    pub description_html: String,
    pub vendor: Option<String>,
    /// The merchant's own word for what it is, such as `Mug`.
    pub kind: Option<String>,
    /// From the root to the leaf, such as `["Home & Garden", "Kitchen"]`. Empty when the file names none.
    pub category: Vec<String>,
    pub tags: Vec<String>,
    /// Whether the merchant wants it visible in the shop.
    pub published: bool,
    /// Names of the options, at most three, such as `["Colour", "Size"]`.
    pub options: Vec<String>,
    pub variants: Vec<ImportedVariant>,
    /// In their order; positions count 1, 2, 3…
    pub images: Vec<ImportedImage>,
    /// What the file says nothing about.
    pub silent: Silent,
    pub lines: Lines,
    /// Rows of the file that this product was read from, for progress.
    pub rows: u64,
    /// Of all the above but `lines` and `rows`: the same content gives the same fingerprint wherever it stands.
    pub fingerprint: Fingerprint,
}

/// What is bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedVariant {
    /// Names the variant over re-imports: the product's key and the option values.
    pub row_key: String,
    /// One value per option of the product, in the same order.
    pub values: Vec<String>,
    pub sku: Option<String>,
    /// None: the file names no price; an existing price stays, a new variant cannot be sold yet.
    pub price: Option<Money>,
    /// Always above `price` and in its currency.
    pub compare_at: Option<Money>,
    /// Units to set. None: the file does not say, an existing level stays.
    pub stock: Option<i64>,
    pub stock_policy: StockPolicy,
    pub weight_grams: Option<i64>,
    pub barcode: Option<String>,
    /// `src` of one of the product's images.
    pub image: Option<String>,
    pub taxable: bool,
    pub requires_shipping: bool,
    /// What the file says nothing about.
    pub silent: Silent,
    /// Line of the file where the variant starts.
    pub line: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedImage {
    /// `http:`, `https:` or `sample:` address.
    pub src: String,
    pub alt: Option<String>,
    pub position: u32,
}

/// What happens when the stock of a variant is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StockPolicy {
    /// No more is sold.
    Deny,
    /// It is sold on, as a backorder.
    Continue,
    /// Stock is not counted at all.
    Untracked,
}

impl StockPolicy {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Continue => "continue",
            Self::Untracked => "untracked",
        }
    }
}

/// First and last line of the file that speak of a product; others may stand between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    pub first: u64,
    pub last: u64,
}
