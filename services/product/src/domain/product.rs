//! The product: its texts, variants and pictures, and how it takes in what the merchant says of it.

use super::content::{Content, ImageContent, TaxClass, VariantContent};
use super::texts::{Field, Texts};
use super::upload::Upload;
use hanse_kernel::{CategoryId, ChannelId, ImageId, Locale, ProductId, Timestamp, VariantId};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Where a product stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Draft,
    /// Visible in at least one channel.
    Published,
    Deleted,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Deleted => "deleted",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub id: ProductId,
    /// Of the row; 0 before it is stored for the first time.
    pub version: i64,
    /// How many events have been told of it.
    pub events: i64,
    /// Where it is published.
    pub channels: BTreeSet<ChannelId>,
    pub deleted: bool,
    pub texts: Texts,
    pub vendor: Option<String>,
    pub kind: Option<String>,
    pub tags: Vec<String>,
    pub category: Option<CategoryId>,
    pub option_count: u8,
    pub variants: Vec<Variant>,
    pub images: Vec<Image>,
    /// A JSON object, opaque here.
    pub metadata: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// For the first time.
    pub published_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub id: VariantId,
    pub sku: String,
    pub texts: Texts,
    pub barcode: Option<String>,
    pub weight_grams: Option<i64>,
    pub tax_class: TaxClass,
    pub requires_shipping: bool,
    pub image: Option<ImageId>,
    /// A JSON object, compact.
    pub metadata: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub id: ImageId,
    /// The address as the merchant gave it.
    pub src: String,
    /// Name in the media store, of a picture that our own source drew.
    pub media: Option<String>,
    /// What the merchant uploaded.
    pub upload: Option<Upload>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub texts: Texts,
}

impl Image {
    /// Where a browser gets it; none for an address that must not be shown on a secure page.
    pub fn url(&self) -> Option<String> {
        match (&self.upload, &self.media) {
            (Some(upload), _) => Some(format!("/media/{}", upload.name(upload.width))),
            (None, Some(name)) => Some(format!("/media/{name}")),
            (None, None) => self.src.starts_with("https://").then(|| self.src.clone()),
        }
    }

    /// Where a browser gets it for a place that is small.
    pub fn small_url(&self) -> Option<String> {
        match &self.upload {
            Some(upload) => Some(format!("/media/{}", upload.smallest())),
            None => self.url(),
        }
    }
}

impl Variant {
    /// One value per option, in `locale` or the shop's own language.
    pub fn values<'a>(&'a self, options: u8, locale: &Locale, own: &Locale) -> Vec<&'a str> {
        (0..options).map(|n| self.texts.best(locale, own, Field::Value(n)).unwrap_or_default()).collect()
    }
    /// `Green / S`; empty for a product without options.
    pub fn title(&self, options: u8, locale: &Locale, own: &Locale) -> String {
        self.values(options, locale, own).join(" / ")
    }
}

/// What became of the variants when content was taken in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// The variant of each variant in the content, in its order.
    pub variants: Vec<VariantId>,
    /// Those that did not exist before.
    pub created: BTreeSet<VariantId>,
    /// Those that are no more.
    pub removed: Vec<VariantId>,
}

impl Product {
    /// An empty draft.
    pub fn draft(id: ProductId, now: Timestamp) -> Self {
        Self {
            id,
            version: 0,
            events: 0,
            channels: BTreeSet::new(),
            deleted: false,
            texts: Texts::default(),
            vendor: None,
            kind: None,
            tags: vec![],
            category: None,
            option_count: 0,
            variants: vec![],
            images: vec![],
            metadata: "{}".into(),
            created_at: now,
            updated_at: now,
            published_at: None,
        }
    }

    pub fn status(&self) -> Status {
        match (self.deleted, self.channels.is_empty()) {
            (true, _) => Status::Deleted,
            (false, true) => Status::Draft,
            (false, false) => Status::Published,
        }
    }

    /// Makes it visible in `channel`; whether it was not before.
    pub fn publish(&mut self, channel: &ChannelId, now: Timestamp) -> bool {
        self.published_at.get_or_insert(now);
        self.channels.insert(channel.clone())
    }

    /// Takes it back to a draft; whether it was visible anywhere.
    pub fn withdraw(&mut self) -> bool {
        !std::mem::take(&mut self.channels).is_empty()
    }

    /// Ends its life: nothing but its id is left.
    pub fn delete(&mut self) {
        self.withdraw();
        self.deleted = true;
        self.texts = Texts::default();
        self.variants.clear();
        self.images.clear();
        self.tags.clear();
        self.category = None;
        self.metadata = "{}".into();
    }

    /// Names of the options.
    pub fn options<'a>(&'a self, locale: &Locale, own: &Locale) -> Vec<&'a str> {
        (0..self.option_count)
            .map(|n| self.texts.best(locale, own, Field::Option(n)).unwrap_or_default())
            .collect()
    }

    pub fn variant(&self, id: VariantId) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.id == id)
    }

    /// The variants that are meant, where there are such; see [`Meant`].
    pub fn recognise(&self, meant: &[Meant], own: &Locale) -> Vec<Option<&Variant>> {
        let found = recognise(&self.variants, self.option_count, own, meant);
        found.into_iter().map(|at| at.map(|at| &self.variants[at])).collect()
    }

    /// What has been said of it, in the language `own`: filled in again, it changes nothing.
    pub fn content(&self, own: &Locale) -> Content {
        let text = |field| self.texts.get(own, field).map(str::to_string);
        let src =
            |id: ImageId| self.images.iter().find(|image| image.id == id).map(|image| image.src.clone());
        Content {
            title: text(Field::Title).unwrap_or_default(),
            subtitle: text(Field::Subtitle),
            description_html: text(Field::Description).unwrap_or_default(),
            vendor: self.vendor.clone(),
            kind: self.kind.clone(),
            tags: self.tags.clone(),
            category: self.category,
            options: self.options(own, own).into_iter().map(str::to_string).collect(),
            variants: self
                .variants
                .iter()
                .map(|variant| VariantContent {
                    id: Some(variant.id),
                    values: variant
                        .values(self.option_count, own, own)
                        .into_iter()
                        .map(str::to_string)
                        .collect(),
                    sku: Some(variant.sku.clone()),
                    barcode: variant.barcode.clone(),
                    weight_grams: variant.weight_grams,
                    tax_class: variant.tax_class,
                    requires_shipping: variant.requires_shipping,
                    image: variant.image.and_then(src),
                    metadata: variant.metadata.clone(),
                })
                .collect(),
            images: self
                .images
                .iter()
                .map(|image| ImageContent {
                    src: image.src.clone(),
                    alt: image.texts.get(own, Field::Alt).map(str::to_string),
                    stored: None,
                })
                .collect(),
        }
    }

    /// Takes the content in, in the language `own`. Variants are recognised by id, SKU or values and keep their ids,
    /// pictures by their address; what the content does not name is removed. `new_id` makes ids for what is new.
    pub fn fill(&mut self, content: &Content, own: &Locale, new_id: &mut dyn FnMut() -> Uuid) -> Filled {
        self.texts.set(own, Field::Title, Some(&content.title));
        self.texts.set(own, Field::Subtitle, content.subtitle.as_deref());
        self.texts.set(own, Field::Description, Some(&content.description_html));
        for n in 0..3 {
            let name = content.options.get(usize::from(n)).map(String::as_str);
            self.texts.set(own, Field::Option(n), name);
        }
        self.vendor.clone_from(&content.vendor);
        self.kind.clone_from(&content.kind);
        self.tags.clone_from(&content.tags);
        self.category = content.category;
        let before = usize::from(self.option_count);
        self.option_count = u8::try_from(content.options.len()).unwrap_or(3).min(3);
        self.fill_images(content, own, new_id);
        self.fill_variants(content, before, own, new_id)
    }

    fn fill_images(&mut self, content: &Content, own: &Locale, new_id: &mut dyn FnMut() -> Uuid) {
        let mut old: BTreeMap<String, Image> =
            std::mem::take(&mut self.images).into_iter().map(|image| (image.src.clone(), image)).collect();
        let mut seen = BTreeSet::new();
        for given in content.images.iter().filter(|image| seen.insert(image.src.as_str())) {
            let mut image = old.remove(&given.src).unwrap_or_else(|| Image {
                id: ImageId::new(new_id()),
                src: given.src.clone(),
                media: None,
                upload: None,
                width: None,
                height: None,
                texts: Texts::default(),
            });
            if let Some(stored) = &given.stored {
                image.media = Some(stored.name.clone());
                (image.width, image.height) = (stored.width, stored.height);
            }
            image.texts.set(own, Field::Alt, given.alt.as_deref());
            self.images.push(image);
        }
    }

    fn fill_variants(
        &mut self,
        content: &Content,
        options_before: usize,
        own: &Locale,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Filled {
        let mut filled = Filled::default();
        let old = std::mem::take(&mut self.variants);
        let meant: Vec<Meant> = content.variants.iter().map(Meant::by).collect();
        let found = recognise(&old, u8::try_from(options_before).unwrap_or(3), own, &meant);
        let mut old: Vec<Option<Variant>> = old.into_iter().map(Some).collect();
        let found: Vec<Option<Variant>> =
            found.into_iter().map(|at| at.and_then(|at| old[at].take())).collect();
        let slug = self.texts.get(own, Field::Slug).unwrap_or_default().to_string();
        for (found, given) in found.into_iter().zip(&content.variants) {
            let mut variant = found.unwrap_or_else(|| {
                let id = VariantId::new(new_id());
                filled.created.insert(id);
                Variant {
                    id,
                    sku: made_sku(&slug, &given.values),
                    texts: Texts::default(),
                    barcode: None,
                    weight_grams: None,
                    tax_class: TaxClass::Standard,
                    requires_shipping: true,
                    image: None,
                    metadata: "{}".into(),
                }
            });
            if let Some(sku) = &given.sku {
                variant.sku.clone_from(sku);
            }
            for n in 0..3 {
                let value = given.values.get(usize::from(n)).map(String::as_str);
                variant.texts.set(own, Field::Value(n), value);
            }
            variant.barcode.clone_from(&given.barcode);
            variant.weight_grams = given.weight_grams;
            variant.tax_class = given.tax_class;
            variant.requires_shipping = given.requires_shipping;
            variant.metadata.clone_from(&given.metadata);
            let shows = |image: &&Image| given.image.as_ref() == Some(&image.src);
            variant.image = self.images.iter().find(shows).map(|image| image.id);
            filled.variants.push(variant.id);
            self.variants.push(variant);
        }
        filled.removed = old.into_iter().flatten().map(|variant| variant.id).collect();
        filled
    }
}

/// By what a merchant tells a variant from its neighbours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meant {
    pub id: Option<VariantId>,
    pub sku: Option<String>,
    /// One per option.
    pub values: Option<Vec<String>>,
}

impl Meant {
    fn by(content: &VariantContent) -> Self {
        Self { id: content.id, sku: content.sku.clone(), values: Some(content.values.clone()) }
    }
}

/// Finds the place of the variant that is meant, given the places that are taken.
type Likeness<'a> = &'a dyn Fn(&Meant, &BTreeSet<usize>) -> Option<usize>;

/// Which of `old` are meant, by their places; each is meant once at most. Ids go first, then SKUs, then values: a
/// weaker likeness must not take what a stronger one means.
fn recognise(old: &[Variant], options: u8, own: &Locale, meant: &[Meant]) -> Vec<Option<usize>> {
    let lower = |values: &[String]| values.iter().map(|value| value.to_lowercase()).collect::<Vec<_>>();
    let mut by_id: BTreeMap<VariantId, usize> = BTreeMap::new();
    let mut by_sku: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_values: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (at, variant) in old.iter().enumerate() {
        by_id.insert(variant.id, at);
        by_sku.insert(&variant.sku, at);
        let values: Vec<String> =
            variant.values(options, own, own).into_iter().map(str::to_lowercase).collect();
        by_values.entry(values).or_default().push(at);
    }
    let mut found: Vec<Option<usize>> = vec![None; meant.len()];
    let mut taken = BTreeSet::new();
    let likenesses: [Likeness<'_>; 3] = [
        &|one, _| by_id.get(&one.id?).copied(),
        &|one, _| by_sku.get(one.sku.as_deref()?).copied(),
        &|one, taken| {
            by_values.get(&lower(one.values.as_ref()?))?.iter().find(|at| !taken.contains(*at)).copied()
        },
    ];
    for likeness in likenesses {
        for (slot, one) in found.iter_mut().zip(meant).filter(|(slot, _)| slot.is_none()) {
            *slot = likeness(one, &taken).filter(|at| taken.insert(*at));
        }
    }
    found
}

/// An SKU for a variant that came without: `ENAMEL-MUG-GREEN-S`.
fn made_sku(slug: &str, values: &[String]) -> String {
    let mut sku = hanse_kernel::text::slug(&format!("{slug} {}", values.join(" "))).to_uppercase();
    sku.truncate(64);
    sku.trim_end_matches('-').to_string()
}

/// The same SKU made different by the variant's own id, for when somebody else has it.
pub fn distinct_sku(sku: &str, id: VariantId) -> String {
    let tail = id.uuid().simple().to_string().to_uppercase();
    // The end of a UUIDv7 is random, its beginning is the time.
    format!("{sku}-{}", &tail[tail.len() - 6..]).trim_start_matches('-').to_string()
}

#[cfg(test)]
#[path = "product_tests.rs"]
mod tests;
