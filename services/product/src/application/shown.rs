//! What shoppers see of a product, as JSON: parts that do not move are written once, moving parts are put in when they
//! are asked for.

use super::config::{EVERYTHING, ProductConfig};
use super::ports::{FoundPage, Rendered};
use crate::domain::category::Category;
use crate::domain::product::{Image, Product, Variant};
use crate::domain::search::{Place, Terms, fold, text_of_html};
use crate::domain::stock::Availability;
use crate::domain::texts::Field;
use crate::domain::upload::Upload;
use hanse_kernel::{CollectionId, Currency, Locale, VariantId};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Characters of a title that count for its place in the order.
const TITLE_KEY: usize = 80;

/// A product in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// A JSON object without its closing brace.
    pub json: String,
    /// What it is sorted by.
    pub title_key: String,
}

/// A variant on its product's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub variant: VariantId,
    /// `Green / S`, empty without options.
    pub title: String,
    /// Its own picture, else the product's first; empty when there is none to show.
    pub image_url: String,
    /// A JSON object without its closing brace.
    pub json: String,
}

#[derive(Serialize)]
struct CardImage<'a> {
    url: String,
    alt: &'a str,
    width: Option<i64>,
    height: Option<i64>,
    /// Of a picture that the shop has in several sizes.
    srcset: Option<String>,
}

#[derive(Serialize)]
struct CardJson<'a> {
    id: String,
    slug: &'a str,
    title: &'a str,
    subtitle: Option<&'a str>,
    category: Option<&'a str>,
    image: Option<CardImage<'a>>,
}

#[derive(Serialize)]
struct CategoryJson<'a> {
    slug: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct ImageJson<'a> {
    id: String,
    #[serde(flatten)]
    image: CardImage<'a>,
}

#[derive(Serialize)]
struct OptionJson<'a> {
    name: &'a str,
    values: Vec<&'a str>,
}

#[derive(Serialize)]
struct HeadJson<'a> {
    id: String,
    slug: &'a str,
    title: &'a str,
    subtitle: Option<&'a str>,
    description_html: &'a str,
    vendor: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    tags: &'a [String],
    category: Option<CategoryJson<'a>>,
    images: Vec<ImageJson<'a>>,
    options: Vec<OptionJson<'a>>,
}

#[derive(Serialize)]
struct VariantJson<'a> {
    id: String,
    sku: &'a str,
    title: &'a str,
    options: BTreeMap<&'a str, &'a str>,
    image_id: Option<String>,
}

/// The JSON object without its closing brace, to be continued.
fn open(value: &impl Serialize) -> String {
    // Only texts and numbers in structs: this cannot fail.
    let mut json = serde_json::to_string(value).unwrap_or_default();
    json.pop();
    json
}

/// Everything that is written about a product in one language. `line` is its category and those above it.
pub struct Artist<'a> {
    pub product: &'a Product,
    pub line: &'a [Category],
    pub config: &'a ProductConfig,
}

impl Artist<'_> {
    /// In every language of the shop.
    pub fn render(&self) -> Vec<Rendered> {
        self.config.locales.iter().map(|locale| self.render_in(locale)).collect()
    }

    /// The shelves that the product belongs on.
    pub fn scopes(&self, collections: &[CollectionId]) -> Vec<String> {
        std::iter::once(EVERYTHING.to_string())
            .chain(self.line.iter().map(|category| category.id.to_string()))
            .chain(collections.iter().map(ToString::to_string))
            .collect()
    }

    fn render_in(&self, locale: &Locale) -> Rendered {
        let (product, own) = (self.product, self.config.own());
        let text = |field| product.texts.best(locale, &own, field);
        let (slug, title) = (text(Field::Slug).unwrap_or_default(), text(Field::Title).unwrap_or_default());
        let shown: Vec<(&Image, String)> =
            product.images.iter().filter_map(|image| Some((image, image.url()?))).collect();
        let category = self.line.first().map(|category| CategoryJson {
            slug: category.texts.best(locale, &own, Field::Slug).unwrap_or_default(),
            title: category.texts.best(locale, &own, Field::Title).unwrap_or_default(),
        });
        let card = CardJson {
            id: product.id.to_string(),
            slug,
            title,
            subtitle: text(Field::Subtitle),
            category: category.as_ref().map(|category| category.slug),
            image: shown.first().map(|one| card_image(one, title, locale, &own)),
        };
        let card = Card { json: open(&card), title_key: fold(title).chars().take(TITLE_KEY).collect() };
        let options = product.options(locale, &own);
        let head = HeadJson {
            id: product.id.to_string(),
            slug,
            title,
            subtitle: text(Field::Subtitle),
            description_html: text(Field::Description).unwrap_or_default(),
            vendor: product.vendor.as_deref(),
            kind: product.kind.as_deref(),
            tags: &product.tags,
            category,
            images: shown
                .iter()
                .map(|one| ImageJson {
                    id: one.0.id.to_string(),
                    image: card_image(one, title, locale, &own),
                })
                .collect(),
            options: self.options(&options, locale, &own),
        };
        Rendered {
            locale: locale.clone(),
            slug: slug.to_string(),
            title: title.to_string(),
            card,
            head: open(&head),
            tail: product.metadata.clone(),
            labels: product.variants.iter().map(|v| self.label(v, &options, &shown, locale, &own)).collect(),
            terms: self.terms(locale, &own),
        }
    }

    fn options<'a>(&'a self, names: &[&'a str], locale: &Locale, own: &Locale) -> Vec<OptionJson<'a>> {
        let count = self.product.option_count;
        let rows: Vec<Vec<&str>> =
            self.product.variants.iter().map(|v| v.values(count, locale, own)).collect();
        let values = |n: usize| {
            let mut values: Vec<&str> = vec![];
            for row in &rows {
                if !values.contains(&row[n]) {
                    values.push(row[n]);
                }
            }
            values
        };
        names.iter().enumerate().map(|(n, name)| OptionJson { name, values: values(n) }).collect()
    }

    fn label(
        &self,
        variant: &Variant,
        options: &[&str],
        shown: &[(&Image, String)],
        locale: &Locale,
        own: &Locale,
    ) -> Label {
        let count = self.product.option_count;
        let title = variant.title(count, locale, own);
        let image = variant.image.and_then(|id| shown.iter().find(|(image, _)| image.id == id));
        let json = VariantJson {
            id: variant.id.to_string(),
            sku: &variant.sku,
            title: &title,
            options: options.iter().copied().zip(variant.values(count, locale, own)).collect(),
            image_id: image.map(|(image, _)| image.id.to_string()),
        };
        let json = open(&json);
        // Carts and orders show it small.
        let image_url = image.or(shown.first()).and_then(|(image, _)| image.small_url()).unwrap_or_default();
        Label { variant: variant.id, title, image_url, json }
    }

    fn terms(&self, locale: &Locale, own: &Locale) -> Terms {
        let product = self.product;
        let mut terms = Terms::default();
        let mut add = |text: Option<&str>, place| text.into_iter().for_each(|text| terms.add(text, place));
        add(product.texts.best(locale, own, Field::Title), Place::Title);
        add(product.texts.best(locale, own, Field::Subtitle), Place::Classification);
        for variant in &product.variants {
            add(Some(&variant.sku), Place::Sku);
            add(variant.barcode.as_deref(), Place::Sku);
        }
        add(product.vendor.as_deref(), Place::Classification);
        add(product.kind.as_deref(), Place::Classification);
        product.tags.iter().for_each(|tag| add(Some(tag), Place::Classification));
        for category in self.line {
            add(category.texts.best(locale, own, Field::Title), Place::Classification);
        }
        for variant in &product.variants {
            for value in variant.values(product.option_count, locale, own) {
                add(Some(value), Place::OptionValue);
            }
        }
        let description = product.texts.best(locale, own, Field::Description).map(text_of_html);
        add(description.as_deref(), Place::Description);
        terms
    }
}

/// A picture that says nothing of itself shows the product.
fn card_image<'a>(
    (image, url): &(&'a Image, String),
    title: &'a str,
    locale: &Locale,
    own: &Locale,
) -> CardImage<'a> {
    CardImage {
        url: url.clone(),
        alt: image.texts.best(locale, own, Field::Alt).unwrap_or(title),
        width: image.width,
        height: image.height,
        srcset: image.upload.as_ref().map(Upload::srcset),
    }
}

/// What of a listed product moves.
pub struct Moving<'a> {
    pub price_min: i64,
    pub price_max: i64,
    pub compare_at: Option<i64>,
    pub availability: &'a str,
}

fn push_money(out: &mut String, key: &str, amount: Option<i64>, currency: Currency) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    let _ = match amount {
        Some(amount) => {
            write!(out, ",\"{key}\":{{\"amount\":{amount},\"currency\":\"{}\"}}", currency.code())
        }
        None => write!(out, ",\"{key}\":null"),
    };
}

/// Continues a card and closes it.
pub fn push_card(out: &mut String, card: &str, moving: &Moving<'_>, currency: Currency, tax_included: bool) {
    out.push_str(card);
    push_money(out, "price", Some(moving.price_min), currency);
    push_money(out, "price_max", Some(moving.price_max), currency);
    push_money(out, "compare_at_price", moving.compare_at, currency);
    out.push_str(if tax_included { ",\"tax_included\":true" } else { ",\"tax_included\":false" });
    out.push_str(",\"availability\":\"");
    out.push_str(moving.availability);
    out.push_str("\"}");
}

/// The whole page.
pub fn page(found: &FoundPage, currency: Currency, tax_included: bool, low_stock: i64) -> String {
    use std::fmt::Write;
    let parts: usize = found.variants.iter().map(|v| v.part.len() + 160).sum();
    let mut out = String::with_capacity(found.head.len() + found.tail.len() + parts + 64);
    out.push_str(&found.head);
    out.push_str(",\"variants\":[");
    for (i, variant) in found.variants.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&variant.part);
        push_money(&mut out, "price", variant.amount, currency);
        push_money(&mut out, "compare_at_price", variant.compare_at, currency);
        out.push_str(",\"availability\":\"");
        out.push_str(Availability::of(variant.level, low_stock).name());
        // Writing to a String cannot fail.
        let _ = match variant.level.and_then(|level| level.shown_quantity()) {
            Some(quantity) => write!(out, "\",\"available_quantity\":{quantity}}}"),
            None => write!(out, "\",\"available_quantity\":null}}"),
        };
    }
    out.push_str(if tax_included { "],\"tax_included\":true" } else { "],\"tax_included\":false" });
    out.push_str(",\"metadata\":");
    out.push_str(&found.tail);
    out.push('}');
    out
}

/// Metadata as it comes: a JSON object, bounded in bytes and depth. What is stored is compact.
pub fn compact_metadata(raw: &RawValue) -> Result<String, &'static str> {
    const DEEPEST: usize = 5;
    fn depth(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            serde_json::Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }
    if raw.get().len() > 4 * crate::domain::content::limits::METADATA {
        return Err("must be at most 16 KiB of JSON");
    }
    let value: serde_json::Value = serde_json::from_str(raw.get()).map_err(|_| "must be a JSON object")?;
    let text = value.to_string();
    if !value.is_object() {
        Err("must be a JSON object")
    } else if text.len() > crate::domain::content::limits::METADATA {
        Err("must be at most 16 KiB of JSON")
    } else if depth(&value) > DEEPEST {
        Err("must be at most 5 levels deep")
    } else {
        Ok(text)
    }
}
