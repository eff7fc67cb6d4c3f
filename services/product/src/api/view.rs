//! Products and variants as a merchant sees them.

use crate::application::read_products::ProductView;
use crate::domain::intake::Answer;
use crate::domain::product::{Image, Variant};
use crate::domain::texts::Field;
use crate::domain::upload::Upload;
use hanse_kernel::{ImageId, Locale, Money, ProductId, Timestamp, VariantId};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminProduct {
    pub id: ProductId,
    /// Grows with every change; as in ETag.
    pub version: i64,
    /// `draft` or `published`.
    pub status: &'static str,
    /// Where it is published.
    pub channels: Vec<String>,
    /// Pricing or inventory have not answered the last change yet.
    pub pending: bool,
    /// What they refused of it.
    pub refusals: Vec<AdminRefusal>,
    pub slug: String,
    pub title: String,
    pub subtitle: Option<String>,
    pub description_html: String,
    pub vendor: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub tags: Vec<String>,
    pub category: Option<AdminCategoryName>,
    pub options: Vec<AdminOption>,
    pub variants: Vec<AdminVariant>,
    pub images: Vec<AdminImage>,
    #[schema(value_type = Object)]
    pub metadata: Box<RawValue>,
    pub translations: BTreeMap<String, AdminTranslation>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// For the first time.
    pub published_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminRefusal {
    /// `prices` or `stock`.
    pub of: &'static str,
    pub reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminCategoryName {
    pub slug: String,
    pub title: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminOption {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminVariant {
    pub id: VariantId,
    pub product_id: ProductId,
    pub product_title: String,
    pub sku: String,
    pub title: String,
    pub options: BTreeMap<String, String>,
    /// In the channel's own currency, as pricing told last.
    pub price: Option<Money>,
    pub compare_at_price: Option<Money>,
    /// In every currency.
    pub prices: Vec<AdminPrice>,
    /// What can still be promised, as inventory told last; null when nothing was told or stock is not counted.
    pub available_quantity: Option<i64>,
    /// `deny`, `continue` or `untracked`.
    pub stock_policy: Option<&'static str>,
    pub barcode: Option<String>,
    pub weight_grams: Option<i64>,
    /// `standard`, `reduced` or `zero`.
    pub tax_class: &'static str,
    pub requires_shipping: bool,
    pub image_id: Option<ImageId>,
    #[schema(value_type = Object)]
    pub metadata: Box<RawValue>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminPrice {
    pub channel: String,
    pub price: Money,
    pub compare_at_price: Option<Money>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminImage {
    pub id: ImageId,
    /// As it was given.
    pub src: String,
    /// Where shoppers get it; null when it is not shown.
    pub url: Option<String>,
    pub alt: Option<String>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// The sizes that it is there in, as an image's `srcset` has them; null when it was not uploaded here.
    pub srcset: Option<String>,
    /// Alternative texts in the shop's other languages, by language tag.
    pub alt_translations: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminTranslation {
    pub slug: Option<String>,
    pub title: Option<String>,
    pub subtitle: Option<String>,
    pub description_html: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminProductList {
    pub items: Vec<AdminProduct>,
    pub next_cursor: Option<String>,
    /// All products, drafts too, whatever is searched.
    pub total: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminVariantList {
    pub items: Vec<AdminVariant>,
    pub next_cursor: Option<String>,
}

pub(crate) fn variant(view: &ProductView, variant: &Variant) -> AdminVariant {
    let (product, own) = (&view.product, &view.own);
    let names = product.options(own, own).into_iter().map(str::to_string);
    let values = variant.values(product.option_count, own, own).into_iter().map(str::to_string);
    let prices: Vec<AdminPrice> = view
        .prices
        .iter()
        .filter(|known| known.variant == variant.id)
        .map(|known| AdminPrice {
            channel: known.channel.to_string(),
            price: Money::new(known.amount, known.currency),
            compare_at_price: known.compare_at.map(|minor| Money::new(minor, known.currency)),
        })
        .collect();
    let level = view.levels.get(&variant.id);
    AdminVariant {
        id: variant.id,
        product_id: product.id,
        product_title: product.texts.get(own, Field::Title).unwrap_or_default().to_string(),
        sku: variant.sku.clone(),
        title: variant.title(product.option_count, own, own),
        options: names.zip(values).collect(),
        price: prices.first().map(|p| p.price),
        compare_at_price: prices.first().and_then(|p| p.compare_at_price),
        prices,
        available_quantity: level.and_then(|level| level.shown_quantity()),
        stock_policy: level.map(|level| level.policy.name()),
        barcode: variant.barcode.clone(),
        weight_grams: variant.weight_grams,
        tax_class: variant.tax_class.name(),
        requires_shipping: variant.requires_shipping,
        image_id: variant.image,
        metadata: raw(&variant.metadata),
    }
}

fn options(view: &ProductView) -> Vec<AdminOption> {
    let (product, own) = (&view.product, &view.own);
    let names = product.options(own, own);
    let values = |n: usize| {
        let mut values: Vec<String> = vec![];
        for variant in &product.variants {
            let value = variant.values(product.option_count, own, own)[n].to_string();
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    };
    names
        .iter()
        .enumerate()
        .map(|(n, name)| AdminOption { name: (*name).into(), values: values(n) })
        .collect()
}

fn translation(view: &ProductView, locale: &Locale) -> AdminTranslation {
    let text = |field| view.product.texts.get(locale, field).map(str::to_string);
    AdminTranslation {
        slug: text(Field::Slug),
        title: text(Field::Title),
        subtitle: text(Field::Subtitle),
        description_html: text(Field::Description),
    }
}

pub(crate) fn image(view: &ProductView, image: &Image) -> AdminImage {
    let alt = |locale: &Locale| image.texts.get(locale, Field::Alt).map(str::to_string);
    let others = image.texts.locales().into_iter().filter(|locale| *locale != view.own);
    AdminImage {
        id: image.id,
        src: image.src.clone(),
        url: image.url(),
        alt: alt(&view.own),
        width: image.width,
        height: image.height,
        srcset: image.upload.as_ref().map(Upload::srcset),
        alt_translations: others.filter_map(|l| Some((l.as_str().to_string(), alt(&l)?))).collect(),
    }
}

pub(crate) fn product(view: &ProductView) -> AdminProduct {
    let (product, own) = (&view.product, &view.own);
    let text = |field| product.texts.get(own, field).map(str::to_string);
    let category = view.category.as_ref().map(|category| AdminCategoryName {
        slug: category.texts.get(own, Field::Slug).unwrap_or_default().to_string(),
        title: category.texts.get(own, Field::Title).unwrap_or_default().to_string(),
    });
    let refusals = view.intake.iter().flat_map(|intake| {
        [("prices", &intake.prices), ("stock", &intake.stock)].into_iter().filter_map(|(of, answer)| {
            match answer {
                Answer::Refused(reason) => Some(AdminRefusal { of, reason: reason.clone() }),
                _ => None,
            }
        })
    });
    let others = product.texts.locales().into_iter().filter(|locale| locale != own);
    AdminProduct {
        id: product.id,
        version: product.version,
        status: product.status().name(),
        channels: product.channels.iter().map(ToString::to_string).collect(),
        pending: view.intake.as_ref().is_some_and(|intake| intake.is_pending()),
        refusals: refusals.collect(),
        slug: text(Field::Slug).unwrap_or_default(),
        title: text(Field::Title).unwrap_or_default(),
        subtitle: text(Field::Subtitle),
        description_html: text(Field::Description).unwrap_or_default(),
        vendor: product.vendor.clone(),
        kind: product.kind.clone(),
        tags: product.tags.clone(),
        category,
        options: options(view),
        variants: product.variants.iter().map(|one| variant(view, one)).collect(),
        images: product.images.iter().map(|one| image(view, one)).collect(),
        metadata: raw(&product.metadata),
        translations: others
            .map(|locale| (locale.as_str().to_string(), translation(view, &locale)))
            .collect(),
        created_at: product.created_at,
        updated_at: product.updated_at,
        published_at: product.published_at,
    }
}

/// It was checked when it was stored; what is not JSON any more is shown as nothing.
fn raw(metadata: &str) -> Box<RawValue> {
    RawValue::from_string(metadata.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
