//! What a merchant says about a product, whether by form or by file, checked before it may become one.

use hanse_kernel::{CategoryId, VariantId};
use std::collections::BTreeSet;

/// Bounds on what one product may carry.
pub mod limits {
    /// Bytes of a title, a name or an option value.
    pub const TEXT: usize = 500;
    /// Bytes of a description.
    pub const DESCRIPTION: usize = 256 * 1024;
    pub const OPTIONS: usize = 3;
    pub const VARIANTS: usize = 2_000;
    pub const IMAGES: usize = 250;
    pub const TAGS: usize = 250;
    /// Characters of a slug.
    pub const SLUG: usize = 80;
    /// Grams: 100 tonnes.
    pub const GRAMS: i64 = 100_000_000;
    /// Bytes of metadata, as JSON.
    pub const METADATA: usize = 16 * 1024;
}

/// A field that was refused: its path, a stable code, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: String,
    pub code: &'static str,
    pub message: String,
}

impl Fault {
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

/// Which tax rates apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaxClass {
    #[default]
    Standard,
    Reduced,
    Zero,
}

impl TaxClass {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Reduced => "reduced",
            Self::Zero => "zero",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Standard, Self::Reduced, Self::Zero].into_iter().find(|class| class.name() == name)
    }
}

/// A product as it is meant to be, in the shop's own language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub title: String,
    pub subtitle: Option<String>,
    /// Safe HTML.
    pub description_html: String,
    pub vendor: Option<String>,
    pub kind: Option<String>,
    pub tags: Vec<String>,
    pub category: Option<CategoryId>,
    /// Names of the options.
    pub options: Vec<String>,
    pub variants: Vec<VariantContent>,
    pub images: Vec<ImageContent>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantContent {
    /// Of an existing variant, when the merchant names it; else it is recognised by its SKU or its values.
    pub id: Option<VariantId>,
    /// One per option.
    pub values: Vec<String>,
    /// None: an existing one stays, a new variant gets one made from its slug and values.
    pub sku: Option<String>,
    pub barcode: Option<String>,
    pub weight_grams: Option<i64>,
    pub tax_class: TaxClass,
    pub requires_shipping: bool,
    /// `src` of one of the product's pictures.
    pub image: Option<String>,
    /// A JSON object, compact and bounded.
    pub metadata: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageContent {
    pub src: String,
    pub alt: Option<String>,
    /// The stored picture, when the shop keeps it itself.
    pub stored: Option<StoredImage>,
}

/// A picture in the media store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImage {
    pub name: String,
    pub width: Option<i64>,
    pub height: Option<i64>,
}

/// Whether a short text is fit to be shown: not empty, bounded, one line.
pub fn check_text(field: &str, text: &str, faults: &mut Vec<Fault>) {
    if text.trim().is_empty() {
        faults.push(Fault::new(field, "required", "must not be empty"));
    } else if text.len() > limits::TEXT {
        faults.push(Fault::new(field, "length", format!("must be at most {} bytes", limits::TEXT)));
    } else if text.chars().any(char::is_control) {
        faults.push(Fault::new(field, "format", "must not contain line breaks or other control characters"));
    }
}

impl Content {
    /// Every fault of the content; none when it may become a product.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = vec![];
        check_text("title", &self.title, &mut faults);
        let named = [
            ("subtitle", self.subtitle.as_deref()),
            ("vendor", self.vendor.as_deref()),
            ("type", self.kind.as_deref()),
        ];
        for (field, text) in named.into_iter().filter_map(|(field, text)| Some((field, text?))) {
            check_text(field, text, &mut faults);
        }
        if self.description_html.len() > limits::DESCRIPTION {
            let message = format!("must be at most {} bytes", limits::DESCRIPTION);
            faults.push(Fault::new("description_html", "length", message));
        }
        count("tags", self.tags.len(), limits::TAGS, &mut faults);
        for (i, tag) in self.tags.iter().enumerate() {
            check_text(&format!("tags[{i}]"), tag, &mut faults);
        }
        self.option_faults(&mut faults);
        count("images", self.images.len(), limits::IMAGES, &mut faults);
        for (i, image) in self.images.iter().enumerate() {
            check_text(&format!("images[{i}].src"), &image.src, &mut faults);
            if let Some(alt) = &image.alt {
                check_text(&format!("images[{i}].alt"), alt, &mut faults);
            }
        }
        self.variant_faults(&mut faults);
        faults
    }

    fn option_faults(&self, faults: &mut Vec<Fault>) {
        count("options", self.options.len(), limits::OPTIONS, faults);
        let mut names = BTreeSet::new();
        for (i, name) in self.options.iter().enumerate() {
            let field = format!("options[{i}].name");
            check_text(&field, name, faults);
            if !names.insert(name.trim().to_lowercase()) {
                faults.push(Fault::new(field, "duplicate", "another option has the same name"));
            }
        }
    }

    fn variant_faults(&self, faults: &mut Vec<Fault>) {
        if self.variants.is_empty() {
            faults.push(Fault::new("variants", "required", "a product needs at least one variant"));
        }
        count("variants", self.variants.len(), limits::VARIANTS, faults);
        let (mut skus, mut all_values) = (BTreeSet::new(), BTreeSet::new());
        for (i, variant) in self.variants.iter().enumerate() {
            let at = |name: &str| format!("variants[{i}].{name}");
            if variant.values.len() != self.options.len() {
                let message = format!("must have a value for each of the {} options", self.options.len());
                faults.push(Fault::new(at("options"), "required", message));
            }
            for value in &variant.values {
                check_text(&at("options"), value, faults);
            }
            if !all_values.insert(variant.values.iter().map(|v| v.trim().to_lowercase()).collect::<Vec<_>>())
            {
                faults.push(Fault::new(
                    at("options"),
                    "duplicate",
                    "another variant has the same option values",
                ));
            }
            if let Some(sku) = &variant.sku {
                check_text(&at("sku"), sku, faults);
                if !skus.insert(sku) {
                    faults.push(Fault::new(at("sku"), "duplicate", "another variant has the same SKU"));
                }
            }
            if let Some(barcode) = &variant.barcode {
                check_text(&at("barcode"), barcode, faults);
            }
            if variant.weight_grams.is_some_and(|grams| !(0..=limits::GRAMS).contains(&grams)) {
                let message = format!("must be between 0 and {}", limits::GRAMS);
                faults.push(Fault::new(at("weight_grams"), "range", message));
            }
            if variant.image.as_ref().is_some_and(|src| !self.images.iter().any(|image| image.src == *src)) {
                faults.push(Fault::new(
                    at("image"),
                    "unknown",
                    "must be the src of one of the product's images",
                ));
            }
        }
    }
}

fn count(field: &str, n: usize, most: usize, faults: &mut Vec<Fault>) {
    if n > most {
        faults.push(Fault::new(field, "length", format!("at most {most} are allowed")));
    }
}

/// The faults of a slug that a merchant asks for.
pub fn check_slug(field: &str, slug: &str, faults: &mut Vec<Fault>) {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = slug.starts_with('-') || slug.ends_with('-');
    if slug.is_empty() || slug.len() > limits::SLUG || !slug.chars().all(fine) || ends {
        let message = "must be 1 to 80 lower-case letters, digits and hyphens, such as enamel-mug";
        faults.push(Fault::new(field, "format", message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mug() -> Content {
        let variant = |size: &str, sku: &str| VariantContent {
            id: None,
            values: vec![size.into()],
            sku: Some(sku.into()),
            barcode: None,
            weight_grams: Some(300),
            tax_class: TaxClass::Standard,
            requires_shipping: true,
            image: None,
            metadata: "{}".into(),
        };
        Content {
            title: "Mug".into(),
            subtitle: None,
            description_html: String::new(),
            vendor: None,
            kind: None,
            tags: vec![],
            category: None,
            options: vec!["Size".into()],
            variants: vec![variant("S", "MUG-S"), variant("L", "MUG-L")],
            images: vec![],
        }
    }

    fn codes(content: &Content) -> Vec<String> {
        content.faults().iter().map(|f| format!("{} {}", f.field, f.code)).collect()
    }

    #[test]
    fn a_whole_product_has_no_faults() {
        assert!(codes(&mug()).is_empty());
    }

    #[test]
    fn every_fault_is_named_with_its_field() {
        let mut content = mug();
        content.title = "  ".into();
        content.variants[1].sku = Some("MUG-S".into());
        content.variants[1].weight_grams = Some(-1);
        content.variants[1].image = Some("https://example.org/x.png".into());
        assert_eq!(
            codes(&content),
            [
                "title required",
                "variants[1].sku duplicate",
                "variants[1].weight_grams range",
                "variants[1].image unknown"
            ]
        );
        let mut content = mug();
        content.options = vec!["Size".into(), "size".into()];
        content.variants[1].values = vec!["s".into()];
        assert_eq!(
            codes(&content),
            [
                "options[1].name duplicate",
                "variants[0].options required",
                "variants[1].options required",
                "variants[1].options duplicate"
            ]
        );
        content.variants.clear();
        assert!(codes(&content).contains(&"variants required".into()));
    }

    #[test]
    fn a_slug_is_what_a_url_can_carry() {
        let faults = |slug: &str| {
            let mut faults = vec![];
            check_slug("slug", slug, &mut faults);
            faults.len()
        };
        assert_eq!(faults("enamel-mug-2"), 0);
        for bad in ["", "Mug", "mug/", "-mug", "mug-", &"x".repeat(81)] {
            assert_eq!(faults(bad), 1, "{bad}");
        }
    }
}
