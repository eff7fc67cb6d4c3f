//! What a merchant sends about a product, and how it becomes the catalogue's own words.

use super::fields::given;
use crate::application::change_product::Changes;
use crate::application::create_product::{Asked, NewProduct, Translation};
use crate::application::shown::compact_metadata;
use crate::domain::content::{Content, Fault, ImageContent, TaxClass};
use crate::domain::description::safe_html;
use crate::domain::stock::StockPolicy;
use crate::domain::variant_patch::VariantPatch;
use hanse_kernel::{Locale, Money, ProductId, VariantId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusBody {
    Draft,
    Published,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyBody {
    /// Sell what is there, never more.
    Deny,
    /// Sell on as backorders.
    Continue,
    /// Stock is not counted.
    Untracked,
}

impl From<PolicyBody> for StockPolicy {
    fn from(policy: PolicyBody) -> Self {
        match policy {
            PolicyBody::Deny => Self::Deny,
            PolicyBody::Continue => Self::Continue,
            PolicyBody::Untracked => Self::Untracked,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaxClassBody {
    Standard,
    Reduced,
    Zero,
}

impl From<TaxClassBody> for TaxClass {
    fn from(class: TaxClassBody) -> Self {
        match class {
            TaxClassBody::Standard => Self::Standard,
            TaxClassBody::Reduced => Self::Reduced,
            TaxClassBody::Zero => Self::Zero,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptionBody {
    pub name: String,
    /// The variants tell which values there are; given here they are only checked.
    #[serde(default)]
    pub values: Option<Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageBody {
    /// An https address, `sample:…`, or `upload:…` as a picture of this product has it that was uploaded.
    pub src: String,
    #[serde(default)]
    pub alt: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantBody {
    /// When changing a product: the variant that is meant. Else it is recognised by SKU or option values; what is left
    /// out of one that exists stays as it is, null takes away what may be missing.
    #[serde(default)]
    pub id: Option<VariantId>,
    /// Made from the slug and the option values when left out.
    #[serde(default)]
    pub sku: Option<String>,
    /// A value for each option, by its name.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// Without a price it cannot be sold yet.
    #[serde(default)]
    pub price: Option<Money>,
    #[serde(default)]
    pub compare_at_price: Option<Money>,
    /// Units on the shelf; left out, an existing count stays.
    #[serde(default)]
    pub stock: Option<i64>,
    /// `deny` unless told, for a new variant.
    #[serde(default)]
    pub stock_policy: Option<PolicyBody>,
    #[serde(default, deserialize_with = "given")]
    pub barcode: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub weight_grams: Option<Option<i64>>,
    #[serde(default)]
    pub tax_class: Option<TaxClassBody>,
    #[serde(default)]
    pub requires_shipping: Option<bool>,
    /// The `src` of one of the product's images.
    #[serde(default, deserialize_with = "given")]
    pub image: Option<Option<String>>,
    /// A JSON object of at most 16 KiB and 5 levels.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Box<RawValue>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TranslationBody {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub subtitle: Option<String>,
    #[serde(default)]
    pub description_html: Option<String>,
    #[serde(default)]
    pub slug: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProductBody {
    pub title: String,
    #[serde(default)]
    pub subtitle: Option<String>,
    /// Made from the title when left out.
    #[serde(default)]
    pub slug: Option<String>,
    /// Unsafe HTML is taken out.
    #[serde(default)]
    pub description_html: String,
    /// `published`: as soon as prices and stock are confirmed. `draft` unless told.
    #[serde(default)]
    pub status: Option<StatusBody>,
    #[serde(default)]
    pub vendor: Option<String>,
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// The slug of a category.
    #[serde(default)]
    pub category: Option<String>,
    /// At most three.
    #[serde(default)]
    pub options: Vec<OptionBody>,
    pub variants: Vec<VariantBody>,
    #[serde(default)]
    pub images: Vec<ImageBody>,
    /// A JSON object of at most 16 KiB and 5 levels.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Box<RawValue>>,
    /// Texts in the shop's other languages, by language tag.
    #[serde(default)]
    pub translations: BTreeMap<String, TranslationBody>,
}

/// Fields that are left out stay as they are; a list that is given replaces the whole list; null takes away what may
/// be missing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductChangesBody {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub subtitle: Option<Option<String>>,
    #[serde(default)]
    pub slug: Option<String>,
    #[serde(default)]
    pub description_html: Option<String>,
    /// `draft` takes it out of the shop at once.
    #[serde(default)]
    pub status: Option<StatusBody>,
    #[serde(default, deserialize_with = "given")]
    pub vendor: Option<Option<String>>,
    #[serde(default, rename = "type", deserialize_with = "given")]
    pub kind: Option<Option<String>>,
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    pub category: Option<Option<String>>,
    #[serde(default)]
    pub options: Option<Vec<OptionBody>>,
    /// All variants: one that is left out is removed, what is left out of one stays. Needs `options` where the product's options are to change.
    #[serde(default)]
    pub variants: Option<Vec<VariantBody>>,
    #[serde(default)]
    pub images: Option<Vec<ImageBody>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Box<RawValue>>,
    /// An empty text takes a translation away.
    #[serde(default)]
    pub translations: BTreeMap<String, TranslationBody>,
}

fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_string()).filter(|t| !t.is_empty())
}

fn image(body: ImageBody) -> ImageContent {
    ImageContent { src: body.src, alt: trimmed(body.alt), stored: None }
}

fn check_images(images: &[ImageBody], faults: &mut Vec<Fault>) {
    for (i, image) in images.iter().enumerate() {
        let fine =
            ["https://", "http://", "sample:", "upload:"].iter().any(|scheme| image.src.starts_with(scheme));
        if !fine || image.src.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')) {
            let message = "must be an address beginning with https://";
            faults.push(Fault::new(format!("images[{i}].src"), "format", message));
        }
    }
}

/// The names of the options; values that are given must be those of the variants.
fn option_names(
    options: &[OptionBody],
    variants: Option<&[VariantBody]>,
    faults: &mut Vec<Fault>,
) -> Vec<String> {
    for (i, option) in options.iter().enumerate() {
        let (Some(values), Some(variants)) = (&option.values, variants) else { continue };
        for variant in variants {
            if let Some(value) = variant.options.get(&option.name)
                && !values.contains(value)
            {
                let message = format!("{value} is the value of a variant but is not listed");
                faults.push(Fault::new(format!("options[{i}].values"), "missing", message));
            }
        }
    }
    options.iter().map(|option| option.name.trim().to_string()).collect()
}

fn variant(
    i: usize,
    body: VariantBody,
    options: &[String],
    faults: &mut Vec<Fault>,
) -> (VariantPatch, Asked) {
    let at = |name: &str| format!("variants[{i}].{name}");
    for name in body.options.keys().filter(|name| !options.iter().any(|o| o == name.trim())) {
        faults.push(Fault::new(at("options"), "unknown", format!("{name} is no option of the product")));
    }
    let value = |name: &String| {
        let found = body.options.iter().find(|(known, _)| known.trim() == name);
        found.map(|(_, value)| value.trim().to_string())
    };
    let values: Vec<Option<String>> = options.iter().map(value).collect();
    let patch = VariantPatch {
        id: body.id,
        values,
        sku: trimmed(body.sku),
        barcode: body.barcode.map(trimmed),
        weight_grams: body.weight_grams,
        tax_class: body.tax_class.map(TaxClass::from),
        requires_shipping: body.requires_shipping,
        image: body.image,
        metadata: metadata(body.metadata, &at("metadata"), faults),
    };
    let asked = Asked {
        price: body.price,
        compare_at: body.compare_at_price,
        stock: body.stock,
        policy: body.stock_policy.map(StockPolicy::from),
    };
    (patch, asked)
}

fn translations(
    bodies: BTreeMap<String, TranslationBody>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<Locale, Translation> {
    let mut all = BTreeMap::new();
    for (tag, body) in bodies {
        let locale = Locale::new(&tag);
        if locale.as_str() != tag {
            let message = "must be a language tag such as de";
            faults.push(Fault::new(format!("translations.{tag}"), "format", message));
        }
        let translation = Translation {
            title: body.title,
            subtitle: body.subtitle,
            description_html: body.description_html.map(|html| safe_html(&html)),
            slug: body.slug,
        };
        all.insert(locale, translation);
    }
    all
}

pub(crate) fn metadata(raw: Option<Box<RawValue>>, field: &str, faults: &mut Vec<Fault>) -> Option<String> {
    match compact_metadata(&raw?) {
        Ok(text) => Some(text),
        Err(message) => {
            faults.push(Fault::new(field, "format", message));
            None
        }
    }
}

/// The translations of a category, which has no other texts than title and slug.
pub(crate) fn plain_translations(
    bodies: BTreeMap<String, TranslationBody>,
) -> Result<BTreeMap<Locale, Translation>, Vec<Fault>> {
    let mut faults = vec![];
    let all = translations(bodies, &mut faults);
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

impl NewProductBody {
    pub fn into_new(self, id: ProductId) -> Result<NewProduct, Vec<Fault>> {
        let mut faults = vec![];
        let options = option_names(&self.options, Some(&self.variants), &mut faults);
        check_images(&self.images, &mut faults);
        let (mut variants, mut asked) = (vec![], vec![]);
        for (i, body) in self.variants.into_iter().enumerate() {
            if body.id.is_some() {
                let message = "is chosen by the shop when a product is created";
                faults.push(Fault::new(format!("variants[{i}].id"), "unknown", message));
            }
            let (patch, one) = variant(i, body, &options, &mut faults);
            variants.push(patch.into_new());
            asked.push(one);
        }
        let new = NewProduct {
            id,
            content: Content {
                title: self.title.trim().to_string(),
                subtitle: trimmed(self.subtitle),
                description_html: safe_html(&self.description_html),
                vendor: trimmed(self.vendor),
                kind: trimmed(self.kind),
                tags: self.tags,
                category: None,
                options,
                variants,
                images: self.images.into_iter().map(image).collect(),
            },
            category: self.category,
            slug: self.slug,
            asked,
            metadata: metadata(self.metadata, "metadata", &mut faults),
            translations: translations(self.translations, &mut faults),
            publish: self.status == Some(StatusBody::Published),
        };
        if faults.is_empty() { Ok(new) } else { Err(faults) }
    }
}

impl ProductChangesBody {
    /// `present` are the names of the product's options now.
    pub fn into_changes(self, present: &[String]) -> Result<Changes, Vec<Fault>> {
        let mut faults = vec![];
        let options = self.options.as_deref().map(|o| option_names(o, self.variants.as_deref(), &mut faults));
        if let Some(images) = &self.images {
            check_images(images, &mut faults);
        }
        let names = options.clone().unwrap_or_else(|| present.to_vec());
        let variants = self.variants.map(|bodies| {
            let each = bodies.into_iter().enumerate();
            each.map(|(i, body)| variant(i, body, &names, &mut faults)).collect()
        });
        let changes = Changes {
            title: self.title.map(|title| title.trim().to_string()),
            subtitle: self.subtitle.map(trimmed),
            description_html: self.description_html.map(|html| safe_html(&html)),
            slug: self.slug,
            vendor: self.vendor.map(trimmed),
            kind: self.kind.map(trimmed),
            tags: self.tags,
            category: self.category,
            options,
            variants,
            images: self.images.map(|images| images.into_iter().map(image).collect()),
            metadata: metadata(self.metadata, "metadata", &mut faults),
            translations: translations(self.translations, &mut faults),
            publish: self.status.map(|status| status == StatusBody::Published),
        };
        if faults.is_empty() { Ok(changes) } else { Err(faults) }
    }
}
