//! What a cell can mean, and the headers by which merchants' files really call it.

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
            pub const fn headers(self) -> &'static [&'static str] {
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
    pub fn of(header: &str, dialect: Dialect) -> Option<(Self, usize)> {
        Self::ALL
            .iter()
            .filter(|field| dialect == Dialect::Named || !Self::NAMED_ONLY.contains(field))
            .find_map(|field| field.headers().iter().position(|h| *h == header).map(|rank| (*field, rank)))
    }
}

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

/// The meaning of a key of JSON, and its rank.
pub(super) fn key_meaning(key: &str) -> Option<(Field, usize)> {
    Field::of(&normalised(key), Dialect::Named)
}
